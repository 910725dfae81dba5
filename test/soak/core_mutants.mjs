// Changes one place after the other in the code of births, attaches, injections and ends, and reports each change that no test
// of the core finds: `npm run soak:core-mutants -- [--every N] [NAME…]`. NAMEs select source files.
//
// A change removes a call whose result is not used, negates a condition, or exchanges an operator. It is made in a copy of the
// project. A mutant that survives is a missing test, or code that changes nothing.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import ts from "typescript-5.9";
import { ROOMS } from "../../scripts/bindings.mjs";
import { HOST } from "../../scripts/compilers.mjs";
import { compileShims, shimOf } from "../../scripts/libraries.mjs";

const SOURCES = [
  ..."attach birth end injection stub thread_pool tracee"
    .split(" ")
    .map((name) => `src/core/stub/${name}.ts`),
  ..."fork run stub tracee wait".split(" ").map((name) => `shim/core/${name}.c`),
];
/** The tests that must find a change: first those that find most. */
const TESTS = [
  "/stub.test /failures. /rseq. /death. /scrub. /orphan.",
  "/memory. /signals. /outside_ /on_death. /deadline. /workers. /birth_lanes. /placement. /untried. /injection_lanes. /host_killed. /seccomp.",
].map((names) => names.split(" "));
/** What a mutated copy of the project reads. */
const PARTS = ["assembly", "build", "dist", "scripts", "shim", "src", "test", "package.json"];

const OPERATORS = new Map([
  ...[
    ["===", "!=="],
    ["!==", "==="],
    ["==", "!="],
    ["!=", "=="],
  ],
  ...[
    ["&&", "||"],
    ["||", "&&"],
    ["<", "<="],
    ["<=", "<"],
    [">", ">="],
    [">=", ">"],
  ],
]);

/** The changes of a file: what they replace, from which place on, and by what. */
const changesOf = (path, text) =>
  path.endsWith(".c") ? changesOfC(text) : changesOfTs(path, text);

function changesOfTs(path, text) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const changes = [];
  const replace = (node, by) => changes.push({ start: node.getStart(), end: node.getEnd(), by });
  const visit = (node) => {
    if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) {
      if (node.expression.expression.kind !== ts.SyntaxKind.SuperKeyword) replace(node, ";");
    }
    if (ts.isIfStatement(node) || ts.isWhileStatement(node)) {
      replace(node.expression, `!(${node.expression.getText()})`);
    }
    if (ts.isBinaryExpression(node)) {
      const other = OPERATORS.get(node.operatorToken.getText());
      if (other !== undefined) replace(node.operatorToken, other);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return changes;
}

/** The same by the form of lines, as clang-format leaves them. */
function changesOfC(text) {
  const patterns = [
    [/^[ \t]+(?!return\b)[a-z_]\w*\([^;{}]*\);$/gm, () => ";"],
    [
      /\b(?:if|while) \(([^;{}]*)\)(?= \{$|$)/gm,
      (whole, condition) => whole.replace(condition, `!(${condition})`),
    ],
    [/ (?:==|!=|&&|\|\||<=|>=|<|>) /g, (whole) => ` ${OPERATORS.get(whole.trim())} `],
  ];
  return patterns.flatMap(([pattern, by]) =>
    [...text.matchAll(pattern)].map((match) => {
      const [whole] = match;
      return { start: match.index, end: match.index + whole.length, by: by(...match) };
    }),
  );
}

/** Seconds that a file may take: its tests end sooner even at the lowest priority on a busy machine. */
const RUN_LIMIT = "240";

/** The run of tests under way. */
let child;

async function runTests(cwd, names) {
  child = spawn(process.execPath, ["test/run.mjs", ...names], {
    ...{ cwd, env: { ...process.env, RUN_LIMIT }, stdio: ["ignore", "pipe", "ignore"] },
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    output += chunk;
    // One test that fails is enough.
    if (/, \d+ failed \(/.test(output)) child.kill("SIGTERM");
  });
  const [status] = await once(child, "close");
  return { status, output };
}

/** What finds a change: a test, or the compiler; undefined if nothing does. */
async function findIn(copy, path) {
  if (path.endsWith(".c")) {
    try {
      await compileShims(HOST, copy);
    } catch {
      return "the compiler";
    }
  }
  for (const names of TESTS) {
    const { status, output } = await runTests(copy, names);
    if (status !== 0)
      return /^ *(?:FAIL|FAILED) .*$|^.* failed \(.*$/m.exec(output)?.[0].trim() ?? names[0];
  }
  return undefined;
}

const { values, positionals } = parseArgs({
  options: { every: { type: "string", default: "1" } },
  allowPositionals: true,
});
process.chdir(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const copy = mkdtempSync(join(tmpdir(), "stublab-mutants-"));
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    child?.kill("SIGTERM");
    process.exit(130);
  });
}
for (const part of PARTS) cpSync(part, join(copy, part), { recursive: true });
symlinkSync(join(process.cwd(), "node_modules"), join(copy, "node_modules"));
const libraries = ROOMS.map((room) => shimOf(HOST, room));

let [tried, survived, seen] = [0, 0, 0];
for (const path of SOURCES) {
  if (positionals.length > 0 && !positionals.some((name) => path.includes(name))) continue;
  const text = readFileSync(path, "utf8");
  for (const { start, end, by } of changesOf(path, text)) {
    if (seen++ % Number(values.every) !== 0) continue;
    tried++;
    writeFileSync(join(copy, path), text.slice(0, start) + by + text.slice(end));
    const finder = await findIn(copy, path);
    if (finder === undefined) survived++;
    const line = text.slice(0, start).split("\n").length;
    const told = text.slice(start, end).replace(/\s+/g, " ");
    console.log(
      `${finder ? "found   " : "SURVIVED"} ${path}:${line} ${told} -> ${by}  ${finder ?? ""}`,
    );
    for (const library of libraries) cpSync(library, join(copy, library));
  }
  writeFileSync(join(copy, path), text);
}
console.log(`${tried} changes, ${survived} survived`);
