// Each file that the core's README names has the function that it names there.

const readme = suite("core/README.md");

const text = readFileSync("src/core/README.md", "utf8");
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
  const path = /^(shim|assembly)\//.test(file) ? file : `src/core/${file}`;
  if (!existsSync(path)) return [`there is no ${path}`];
  const defines = DEFINITIONS[file.replace(/.*\./, "")]?.(name);
  return defines?.test(readFileSync(path, "utf8")) ? [] : [`${path} has no ${name}`];
}

readme("each hop of a drawing is there", () => {
  const hops = [...text.matchAll(HOP)];
  assert.ok(hops.length > 40, `${hops.length} hops`);
  assert.equal(
    hops.flatMap(([, file = "", name = ""]) => missing(file, name)),
    [],
  );
});

readme("so is each function of the table of signals", () => {
  const named = [...text.matchAll(IN_PROSE)].flatMap(([, names = "", file = ""]) =>
    [...names.matchAll(/\w+/g)].map(([name]) => ({ file, name })),
  );
  assert.ok(named.length > 8, `${named.length} names`);
  assert.equal(
    named.flatMap(({ file, name }) => missing(file, name)),
    [],
  );
});
