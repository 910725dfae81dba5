import type { BreakKind } from "../../src/labs/compare/record.ts";
import {
  assembleWasm,
  breakOf,
  compareFile,
  moduleFile,
  newPath,
  script,
  wasm,
} from "../support/foreign_modules.ts";

const load = suite("foreign encoders: loading");

/** The time limit for every refusal and every report of a break, in milliseconds. */
const LIMIT = 60_000;

const VALUE = '(func (export "waitValue") (param i32) (result i32) (i32.const 0))';
const SIGINFO =
  '(func (export "encodeSiginfo") (param i32 i32 i32 i64 i64 i64) (result i32) (i32.const 0))';
const LOOP = "(func $loop (loop $again (br $again))) (start $loop)";

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

const empty = "\0asm\x01\0\0\0";
refuses(
  "no exports",
  () => moduleFile(".wasm", empty),
  "refused",
  /lacks ENCODER_ABI, every function of the ABI$/,
);
refuses("no function", () => wasm(""), "refused", /lacks every function of the ABI/);
refuses(
  "a global as a function",
  () => wasm('(global (export "waitValue") i32 (i32.const 1))'),
  "refused",
  /exports waitValue, which is not a function/,
);
refuses(
  "a memory that is a function",
  () => wasm(`(func (export "memory")) ${SIGINFO}`, ""),
  "refused",
  /exports a memory that is not an ArrayBuffer/,
);
refuses(
  "no memory for an area",
  () => wasm(SIGINFO, ""),
  "refused",
  /lacks memory, which \w+ needs$/,
);
refuses(
  "missing names for blocks: every name is listed",
  () => moduleFile(".mjs", "export const rewindSyscall = () => {};\nexport const REG_rip = 128;"),
  "refused",
  new RegExp(
    `lacks ENCODER_ABI, REGISTERS_SIZE, ${BLOCK.replace("REG_rip, ", "")}, memory, which \\w+ needs$`,
  ),
);
refuses(
  "a parameter too few",
  () => wasm('(func (export "encodeClone") (param i64) (result i64) (i64.const 0))'),
  "refused",
  /encodeClone with 1 parameter, expected encodeClone\(flags: i64, exitSignal: i32\)/,
);
refuses(
  "an import that is not a function",
  () => wasm(VALUE, '(import "env" "abort" (func)) (import "env" "seed" (global i32))'),
  "refused",
  /imports env\.seed; an encoder imports nothing but functions, which trap$/,
);
refuses(
  "another version",
  () => moduleFile(".mjs", "export const ENCODER_ABI = 3;"),
  "refused",
  /has version 3 of the ABI, not 2/,
);
refuses(
  "another machine",
  () => script("export const ENCODER_MACHINE = 243;\nexport const waitValue = () => 0;"),
  "refused",
  /is for ENCODER_MACHINE 243/,
);
refuses(
  "a heap past the end",
  () => script("export const heap = 65535;\nexport const signalSet = () => 0n;"),
  "refused",
  /leaves the host less than 4096 bytes/,
);

for (const [what, memory, message] of [
  ["memory with room to grow", '(memory (export "memory") 1 2)', /1 pages, and a maximum of 2/],
  ["memory without a maximum", '(memory (export "memory") 1)', /1 pages, and no maximum/],
  ["2 GB of memory", '(memory (export "memory") 32768 32768)', /2147483648 bytes of memory/],
  ["shared memory", '(memory (export "memory") 1 1 shared)', /shared/],
] as const) {
  // It would loop if it were started.
  refuses(what, () => wasm(`${VALUE} ${LOOP}`, memory), "refused", message);
}
for (const [what, text, message] of [
  ["a Memory that can grow", "new WebAssembly.Memory({ initial: 1, maximum: 2 })", /can grow/],
  ["an ArrayBuffer that can grow", "new ArrayBuffer(65536, { maxByteLength: 1 << 20 })", /grow/],
  [
    "a SharedArrayBuffer",
    "new SharedArrayBuffer(65536)",
    /exports a memory that is not an ArrayBuffer/,
  ],
  ["512 MB", "new ArrayBuffer(512 << 20)", /536870912 bytes of memory/],
] as const) {
  const body = `export const memory = ${text};\nexport const waitValue = () => 0;`;
  const file = () => moduleFile(".mjs", `export const ENCODER_ABI = 2;\n${body}`);
  refuses(`an ES module with ${what}`, file, "refused", message);
}

refuses("text", () => moduleFile(".wasm", "(module)"), "refused", /is not a WebAssembly module/);
refuses("an empty file", () => moduleFile(".wasm", ""), "refused", /is not a WebAssembly module/);
refuses("another ending", () => moduleFile(".txt", ""), "refused", /ends in \.wasm, \.mjs or \.js/);
refuses("a directory", () => made("mkdir", ".wasm"), "refused", /is not a regular file/);
refuses("a FIFO", () => made("mkfifo", ".mjs"), "refused", /is not a regular file/);
refuses(
  "no JavaScript",
  () => moduleFile(".mjs", "\nexport const"),
  "refused",
  /SyntaxError: .* in line 2$/,
);
refuses("an exception", () => script("throw new Error('boom')"), "refused", /Error: boom/);
refuses("an exception of null", () => script("throw undefined"), "refused", /threw undefined/);
refuses("null that is thrown", () => script("throw null"), "refused", /threw null/);
refuses(
  "an object that throws when it is looked at",
  () => script("throw new Proxy(new Error(), { get() { throw this; } });"),
  "refused",
  /threw an object/,
);
refuses(
  "an exception with control characters",
  () => script(`throw new Error("\\x1b[2J\\x9b\\n" + "x".repeat(2 ** 20));`),
  "refused",
  /: Error: \\x1b\[2J\\x9b\\nx{294}$/,
);
refuses(
  "an unhandled rejection",
  () => script(`Promise.reject(new Error("boom\\x1b")); await new Promise(() => {});`),
  "crash",
  /^exited with status 1: Error: boom\\x1b$/,
);
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
refuses(
  "a start function that traps",
  () => wasm(`${VALUE} (func $trap unreachable) (start $trap)`),
  "refused",
  /RuntimeError: unreachable/,
);
refuses("a start that never ends", () => wasm(`${VALUE} ${LOOP}`), "loop", /within 2000 ms/);
refuses("a loop at import", () => script("for (;;);"), "loop", /within 2000 ms/);
refuses(
  "a promise that is never settled",
  () => script("await new Promise(() => {});"),
  "loop",
  /2000/,
);
refuses("an exit at import", () => script("process.exit(7);"), "crash", /^exited with status 7$/);
refuses(
  "a kill at import",
  () => script("process.kill(process.pid, 'SIGKILL');"),
  "crash",
  /^was killed by SIGKILL$/,
);
refuses(
  "a stop at import",
  () => script("process.kill(process.pid, 'SIGSTOP');"),
  "loop",
  /within 2000 ms/,
);
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
