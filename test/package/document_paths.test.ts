// Files that documents and comments name are there.

const paths = suite("documents: names of files");

const FOLDERS = ["assembly", "bench", "docs", "examples", "scripts", "shim", "src", "test"];
const files = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => `/${folder}/${path}`),
).concat("/README.md", "/CHANGELOG.md", "/CONTRIBUTING.md");
/** A path in backticks, with at most one list of alternatives: `stub/{attach,birth}.ts`. */
const NAMED = /`((?:[\w.-]+\/)*(?:\w+|\w*\{[\w,]+\})\.(?:ts|mjs|c|h|S|md|patch))`/g;

function alternatives(path: string): string[] {
  const [, before = "", list = "", after = ""] = /^(.*)\{(.*)\}(.*)$/.exec(path) ?? [];
  return list === "" ? [path] : list.split(",").map((each) => `${before}${each}${after}`);
}

/** What commands write, and a file of the kernel. */
const OTHERS = ["kselftest.h", "../kselftest.h", "report.md", "repro.c", "selftest.c"];
/** Files of the kernel that comments name. */
const OF_KERNEL = ["scripts/syscall.tbl", "scripts/checkpatch.pl"];

paths("each is the end of a path of the repository", () => {
  const documents = files.filter((path) =>
    /^\/(README|CHANGELOG|CONTRIBUTING|docs\/.*|src\/.*)\.md$/.test(path),
  );
  const missing = documents.flatMap((document) =>
    [...readFileSync(`.${document}`, "utf8").matchAll(NAMED)]
      .flatMap(([, path = ""]) => alternatives(path))
      .map((path) => path.replace("ARCH", "amd64").replace("NAME", "host"))
      .filter((path) => !path.startsWith("build/") && !OTHERS.includes(path))
      .filter((path) => !files.some((own) => own.endsWith(`/${path}`)))
      .map((path) => `${document}: ${path}`),
  );
  assert.equal(missing, []);
});

/** A path from the root of the repository, in a line that imports nothing. */
const FROM_ROOT =
  /^(?!.*\b(?:from|import|#include)\b).*?(?<![\w./"])((?:assembly|scripts|shim|src)\/[\w/]+\.\w+)/gm;

paths("so is each that a comment of a source names from the root", () => {
  const sources = files.filter((path) =>
    /^\/(assembly|bench|scripts|shim|src)\/.*\.\w+$/.test(path),
  );
  const missing = sources.flatMap((source) =>
    [...readFileSync(`.${source}`, "utf8").matchAll(FROM_ROOT)]
      .map(([, path = ""]) => path.replace(/ARCH|NAME/, "amd64"))
      .filter((path) => !files.includes(`/${path}`) && !OF_KERNEL.includes(path))
      .map((path) => `${source}: ${path}`),
  );
  assert.equal(missing, []);
});
