// What a file of tests, or a host of test/hosts, need not write: imports of the names that test/support/globals.ts
// declares, and `SUITE.run()`.

import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const GLOBALS = fileURLToPath(new URL("support/globals.ts", import.meta.url));

/** The import of each declared name, for a file in a folder. */
const IMPORTS = importsOf(readFileSync(GLOBALS, "utf8"));

function importsOf(text) {
  const modules = new Map(
    [...text.matchAll(/^import type \* as (\w+) from "(.*)";$/gm)].map(([, name, path]) => [
      name,
      path.startsWith(".") ? resolve(dirname(GLOBALS), path) : path,
    ]),
  );
  const names = text.matchAll(/^ {2}(const|namespace) (\w+)\W+(?:const \w+: )?typeof (\w+)\./gm);
  return [...names].map(([, kind, name, module]) => ({
    name,
    what: kind === "namespace" ? `* as ${name}` : `{ ${name} }`,
    module: modules.get(module),
  }));
}

/** Names that a file imports or declares itself, at its top. */
const OWN =
  /^(?:import ([^"]*) from|(?:export )?(?:(?:(?:async )?function\*?|class) (\w+)|(?:const|let) (\w+|[{[][^=]*=)))/gm;
/** The first of two names of an import or of a pattern, which names nothing here. */
const RENAMED = /\w+(?: as |: )/g;
/** What names nothing: comments, and texts in which nothing is inserted. */
const SILENT = /^\s*\/\/.*$|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"/gm;
const SUITE = /^const (\w+) = suite(?:<.*>)?\(/gm;

/** The text of a test file, with the same lines, and what it leaves out: imports before it, runs of its suites after it. */
export function withPrelude(text, path) {
  const named = [...text.matchAll(OWN)].map((own) => own.slice(1).join().replace(RENAMED, ""));
  const own = new Set(named.flatMap((names) => names.match(/\w+/g)));
  const code = text.replace(SILENT, "");
  const isUsed = (name) => new RegExp(`(?<!\\w|(?<!\\.\\.)\\.)${name}\\b`).test(code);
  const before = IMPORTS.filter(({ name }) => !own.has(name) && isUsed(name)).map(
    ({ what, module }) => `import ${what} from "${specifier(module, path)}"; `,
  );
  const suites = [...text.matchAll(SUITE)].map(([, name]) => `${name}.run();`);
  const after = suites.filter((run) => !text.includes(run));
  return `${before.join("")}${text}${after.join(" ")}\n`;
}

const specifier = (module, path) =>
  module.startsWith("/") ? `./${relative(dirname(resolve(path)), module)}` : module;

/** For esbuild. */
export const prelude = {
  name: "prelude",
  setup({ onLoad }) {
    onLoad({ filter: /\.test\.ts$|\/hosts\/\w+\.ts$/ }, ({ path }) => ({
      contents: withPrelude(readFileSync(path, "utf8"), path),
      loader: "ts",
    }));
  },
};
