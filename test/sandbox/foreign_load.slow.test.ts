import type { BreakKind } from "../../src/labs/compare/record.ts";
import {
  assembleWasm,
  breakOf,
  compareFile,
  type ModuleRow,
  moduleFile,
  moduleOf,
  newPath,
  script,
} from "../support/foreign_modules.ts";

const load = suite("foreign encoders: loading");

/** The time limit for every refusal and every report of a break, in milliseconds. */
const LIMIT = 60_000;

const VALUE = '(func (export "waitValue") (param i32) (result i32) (i32.const 0))';

function refuses(what: string, file: () => string, kind: BreakKind, message: RegExp): void {
  load(`${what}: ${kind}`, async () => {
    const { broken, milliseconds } = await breakOf(file());
    assert.equal([broken.name, broken.arch, broken.kind], [null, null, kind], broken.message);
    assert.match(broken.message, message);
    assert.ok(milliseconds < LIMIT, `took ${milliseconds} ms`);
    const gone = () => childrenOf(process.pid).filter(isAlive).length === 0;
    assert.ok(await eventually(gone, 1000), "its process is left");
  });
}

/** The registers of a block, as a message lists them. */
const BLOCK = [...openEncoder("assembly").constants.keys()]
  .filter((name) => name.startsWith("REG_"))
  .join(", ");

// What is refused for its memory would loop if it were started.
for (const row of jsonLines<ModuleRow>("sandbox/loading"))
  refuses(row.what, () => moduleOf(row), row.kind, new RegExp(row.message));

refuses(
  "missing names for blocks: every name is listed",
  () => moduleFile(".mjs", "export const rewindSyscall = () => {};\nexport const REG_rip = 128;"),
  "refused",
  new RegExp(
    `lacks ENCODER_ABI, REGISTERS_SIZE, ${BLOCK.replace("REG_rip, ", "")}, memory, which \\w+ needs$`,
  ),
);
refuses("a directory", () => made("mkdir", ".wasm"), "refused", /is not a regular file/);
refuses("a FIFO", () => made("mkfifo", ".mjs"), "refused", /is not a regular file/);

for (const [what, piece] of [
  ["objects", "new Array(1e5).fill(all)"],
  ["buffers", "new Uint8Array(64 << 20).fill(1)"],
] as const) {
  load(`unlimited allocation of ${what} at import`, async () => {
    const { broken } = await breakOf(script(`const all = []; for (;;) all.push(${piece});`));
    // On a slow machine the time limit comes first.
    assert.match(broken.message, /was killed by SIG|Array buffer allocation failed|within 2000 ms/);
  });
}

function made(command: string, ending: string): string {
  const path = newPath(ending);
  if (command === "mkdir") mkdirSync(path);
  else execFileSync(command, [path]);
  return path;
}

load("side effects of the code are contained", async () => {
  const file = script(`
    import { spawn, execFileSync } from "node:child_process";
    import { Worker } from "node:worker_threads";
    console.log("to stdout");
    console.error("to stderr");
    const failures = [];
    for (const make of [() => spawn("sleep", ["86399"], { detached: true }), () => execFileSync("true")]) {
      try { make(); } catch ({ code }) { failures.push(code); }
    }
    await new Promise((resolve) => new Worker("", { eval: true }).on("exit", resolve));
    if (failures.join() !== "EPERM,EPERM") throw new Error(failures.join());
    export const cloneExitSignal = (word) => Number(word & 255n);`);
  const { report } = await compareFile(file);
  assert.equal(report.broken, []);
  assert.equal(report.disagreements, []);
  assert.is(report.cases, 2000);
});

load("constants may be functions, as C and Rust can only export these", async () => {
  const abi = '(func (export "ENCODER_ABI") (result i32) (i32.const 2))';
  const wrong = '(func (export "WNOHANG") (result i32) (i32.const 2))';
  const trap = '(func (export "sideEffect") unreachable)';
  const bytes = assembleWasm(`(module ${abi} ${wrong} ${trap} ${VALUE})`);
  const { report } = await compareFile(moduleFile(".wasm", bytes));
  assert.equal(
    report.disagreements.filter(({ name }) => name === null).map(({ field }) => field),
    ["WNOHANG"],
  );
});
