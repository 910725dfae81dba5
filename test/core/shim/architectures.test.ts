// Imports go down only: cli, labs, fast and sandbox, core, lib. What depends on an architecture is in a file or folder named
// after it; others choose it by a machine/index.ts, or by an arch.ts.

const NAMES = /(?<![a-z0-9])(amd64|arm64)(?![a-z0-9])/;

const architectures = suite("architectures");

const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => `src/${name}`);

/** The files that a file imports, or exports again. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g);
  return [...found].map(([, path = ""]) => join(dirname(file), path));
}

const namesOf = (file: string) => NAMES.exec(file.replaceAll("_", "."))?.[1];

architectures("no other file imports one that is named after an architecture", () => {
  const wrong = files
    .filter((file) => !/\/(arch|machine\/index)\.ts$/.test(file))
    .flatMap((file) => importsOf(file).map((path) => ({ file, path })))
    .filter(({ file, path }) => {
      const name = namesOf(path);
      return name !== undefined && namesOf(file) !== name;
    });
  lists(wrong, [], ({ file, path }) => `${file} imports ${path}`);
});

/** The rooms that a room may import; a lab imports no other lab. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  core: ["lib"],
  fast: ["core", "lib"],
  sandbox: ["core", "lib"],
};
const BELOW_LABS = ["fast", "sandbox", "core", "lib"];

const roomOf = (file: string) => /^src\/(labs\/\w+|\w+)\//.exec(file)?.[1];

architectures("no room imports one above it or beside it", () => {
  const wrong = files.flatMap((file) => {
    const room = roomOf(file);
    if (room === undefined || room === "cli") return [];
    const allowed = [room, ...(BELOW[room] ?? BELOW_LABS)];
    const others = importsOf(file).filter((path) => path.startsWith("src/"));
    return others
      .filter((path) => !allowed.includes(roomOf(path) ?? ""))
      .map((path) => `${file} imports ${path}`);
  });
  assert.equal(wrong, []);
});

architectures("guests change memory by their subprocess only: no call is injected past it", () => {
  const past = files.filter(
    (file) =>
      file.startsWith("src/labs/guest/") &&
      /\.(stub|thread|inject)\b/.test(readFileSync(file, "utf8")),
  );
  assert.equal(past, []);
});

architectures("no file of assembly/ that both architectures share imports one of either", () => {
  const shared = readdirSync("assembly", { recursive: true, encoding: "utf8" })
    .map((name) => `assembly/${name}`)
    .filter((file) => file.endsWith(".ts") && namesOf(file) === undefined);
  assert.ok(shared.includes("assembly/model/rule.ts"));
  const wrong = shared.flatMap((file) =>
    importsOf(file).flatMap((path) => (namesOf(path) === undefined ? [] : [`${file}: ${path}`])),
  );
  assert.equal(wrong, []);
});
