// Each file that the README of a lane names has the function that it names there.

const readme = suite("README.md of a lane");

const ROOMS = ["core", "fast"];
const HOP = /^[ │]+((?:[\w]+\/)+\w+\.(?:ts|c|h|S)) +(\w+)/gm;
const IN_PROSE = /((?:`#?\w+`(?:, )?)+) in `((?:\w+\/)+\w+\.(?:ts|c|h|S))`/g;

/** What a definition of a name looks like, by the ending of its file. */
const DEFINITIONS: Readonly<Record<string, (name: string) => RegExp>> = {
  ts: (name) =>
    new RegExp(
      `^(export )?(function|interface) ${name}\\b|^  ((protected|override|static) )*#?${name}[<(]`,
      "m",
    ),
  c: (name) => new RegExp(`^[a-z_(].*\\b${name}\\([^;]*$`, "m"),
  h: (name) => new RegExp(`^[a-z_(].*\\b${name}\\([^;]*$`, "m"),
  S: (name) => new RegExp(`^${name}:`, "m"),
};

function missing(file: string, name: string): string[] {
  const path = /^(src|shim|assembly)\//.test(file) ? file : `src/core/${file}`;
  if (!existsSync(path)) return [`there is no ${path}`];
  const defines = DEFINITIONS[file.replace(/.*\./, "")]?.(name);
  return defines?.test(readFileSync(path, "utf8")) ? [] : [`${path} has no ${name}`];
}

for (const room of ROOMS) {
  const text = readFileSync(`src/${room}/README.md`, "utf8");

  readme(`${room}: each hop of a drawing is there`, () => {
    const hops = [...text.matchAll(HOP)];
    assert.ok(hops.length > 35, `${hops.length} hops`);
    assert.equal(
      hops.flatMap(([, file = "", name = ""]) => missing(file, name)),
      [],
    );
  });

  readme(`${room}: so is each function of its tables and its text`, () => {
    const named = [...text.matchAll(IN_PROSE)].flatMap(([, names = "", file = ""]) =>
      [...names.matchAll(/\w+/g)].map(([name]) => ({ file, name })),
    );
    assert.ok(named.length > 6, `${named.length} names`);
    assert.equal(
      named.flatMap(({ file, name }) => missing(file, name)),
      [],
    );
  });
}
