// Time limit: 240 s
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BASELINE } from "../src/fuzz/case/baseline.ts";
import { Batch } from "../src/fuzz/case/batch.ts";
import { type Case, formatCase, readSetup } from "../src/fuzz/case/case.ts";
import { CODES, placeOf } from "../src/fuzz/case/code.ts";
import type { Fields } from "../src/fuzz/case/fields.ts";
import { FROMS, indexOf, ONS } from "../src/fuzz/case/setups.ts";
import { Generator } from "../src/fuzz/draw/generate.ts";
import { readThisMachine } from "../src/fuzz/predict/predict.ts";
import { exportC } from "../src/fuzz/tell/export_c.ts";
import { Observer } from "../src/fuzz/try/observer.ts";
import { openEncoder } from "../src/index.ts";
import { hasTool } from "./processes.ts";

const RUNS = 20;
const { constants } = openEncoder("assembly");
const folder = mkdtempSync(join(tmpdir(), "stublab-test-"));
const observer = new Observer();
const machine = readThisMachine();

const programs = suite("fuzz: programs in C");
programs.after(() => {
  observer.close();
  rmSync(folder, { recursive: true, force: true });
});

const NOTHING = { pairs: [], words: [], length: 0, signal: 0 } as const;

function block(code: string, registers: Readonly<Record<string, bigint>> = {}): bigint[] {
  const words = [...BASELINE];
  words[indexOf("rip")] = placeOf(code);
  for (const [name, word] of Object.entries(registers)) words[indexOf(name)] = word;
  return words;
}

function setregs(
  from: Case["from"],
  on: Case["on"],
  code: string,
  registers: Readonly<Record<string, bigint>> = {},
  signal = 0,
): Case {
  return { ...NOTHING, way: "SETREGS", from, on, signal, block: block(code, registers) };
}

function poke(from: Case["from"], on: Case["on"], ...pairs: [bigint, bigint][]): Case {
  return {
    ...NOTHING,
    way: "POKEUSER",
    from,
    on,
    block: [],
    pairs: pairs.map(([offset, word]) => ({ offset, word })),
  };
}

const RESTART = -512n & (2n ** 64n - 1n);

/** A spread over all kinds, and over what makes the program longer. */
function* spread(): Iterable<[string, Case]> {
  for (const { name } of CODES) {
    // The first system call of the baseline is read(0, …), which the filter refuses.
    yield [`code ${name}`, setregs("signal", name === "spin" ? "SINGLESTEP" : "CONT", name)];
  }
  for (const from of FROMS) {
    for (const on of ONS) {
      yield [
        `${from}, ${on}`,
        setregs(from, on, "nops", { rax: 39n, orig_rax: 39n, eflags: 0x54fd7n & ~0x100n }),
      ];
    }
  }
  yield ["a restart", setregs("signal", "CONT", "nops", { rax: RESTART, orig_rax: 1n })];
  yield ["a handler", setregs("signal", "CONT", "nops", { rax: RESTART, orig_rax: 1n }, 10)];
  yield ["a handler that restarts", setregs("group", "SYSCALL", "nops", { r15: 3n }, 12)];
  yield ["death", setregs("signal", "CONT", "nops", {}, 9)];
  yield ["a signal that is none", setregs("signal", "CONT", "nops", {}, 65)];
  yield ["no end", setregs("signal", "CONT", "spin")];
  yield ["a refused selector", setregs("signal", "CONT", "int3", { cs: 0x10n, eflags: 0xad7n })];
  yield ["rip elsewhere", setregs("signal", "CONT", "int3", { rip: 0x40_1000n })];
  yield ["rsp elsewhere", setregs("signal", "CONT", "stack", { rsp: 0x7fff_ffff_e000n })];
  yield ["32 bits", setregs("signal", "SINGLESTEP", "int80", { cs: 0x23n, rax: 20n })];
  yield ["a call that is refused", setregs("entry", "SYSCALL", "syscall", { orig_rax: 57n })];
  yield ["a pid", setregs("signal", "CONT", "syscall", { rax: 39n })];
  const length = { ...NOTHING, from: "exit", on: "CONT", way: "SETREGSET" } as const;
  yield ["a prefix", { ...length, block: block("nops", { r15: 7n, rip: 0n }), length: 120 }];
  yield ["an odd length", { ...length, block: block("nops"), length: 121 }];
  yield ["pairs", poke("signal", "CONT", [80n, 9n], [144n, 0xfffn], [136n, 0x10n], [0n, 1n])];
  yield ["pairs after an exit", poke("exit", "SINGLESTEP", [80n, 1n], [128n, placeOf("ud2")])];
  yield ["a pair that is refused", poke("entry", "CONT", [0n, 1n], [3n, 1n])];
  const other = { ...NOTHING, from: "signal", on: "CONT", block: [] } as const;
  const pairs = [
    { offset: 24n, word: 0x1f80n },
    { offset: 160n, word: 0x1234_5678_9abc_def0n },
    { offset: 2n ** 64n - 4n, word: 5n },
  ];
  yield ["floating point", { ...other, way: "SETFPREGS", pairs }];
  yield ["XMM", { ...other, way: "XSTATE", pairs, length: 832 }];
  yield ["a short XSAVE area", { ...other, way: "XSTATE", pairs, length: 512 }];
  const frame = { ucFlags: 0, fpstate: false } as const;
  for (const { name } of CODES) {
    const it = setregs("signal", "CONT", name, { rax: 39n, eflags: 0x4_0e97n & ~0x200n });
    yield [`sigreturn, code ${name}`, { ...it, way: "SIGRETURN", frame }];
  }
  const odd = setregs("signal", "CONT", "inc32", { cs: 0x20n, ss: 0x33n, rsp: 3n, r15: 7n });
  yield ["sigreturn into 32 bits", { ...odd, way: "SIGRETURN", frame: { ...frame, ucFlags: 4 } }];
  yield [
    "sigreturn, floating point",
    { ...odd, way: "SIGRETURN", frame: { ...frame, fpstate: true } },
  ];
  yield ["floating point as it is", { ...other, way: "SETFPREGS", pairs: [] }];
  yield ["an XSAVE area as it is", { ...other, way: "XSTATE", pairs: [], length: 8192 }];
  yield [
    "a 32-bit SYSCALL",
    setregs("signal", "CONT", "syscall", { cs: 0x23n, rsp: 0x1000_2000n }),
  ];
  yield ["a mask", { ...other, way: "SIGMASK", words: [0xffff_ffff_ffff_ffffn], length: 8 }];
  yield [
    "a signal that is blocked",
    { ...other, way: "SIGMASK", words: [0x210n], length: 8, signal: 10 },
  ];
  yield ["half a mask", { ...other, way: "SIGMASK", words: [1n], length: 4 }];
  const info = [1n, 0n, 0n, 39n, 1n, 2n, 3n, 4n, 5n, 6n, 0n];
  yield [
    "a system call's words",
    { ...other, from: "entry", way: "SYSCALL_INFO", words: info, length: 88 },
  ];
  yield [
    "the same where there is none",
    { ...other, way: "SYSCALL_INFO", words: info, length: 88 },
  ];
}

/** The exit status and the output of a program. */
function run(program: string): Promise<[status: number | string, output: string]> {
  return new Promise((resolve) => {
    execFile(program, (error, stdout, stderr) => {
      const status = error === null ? 0 : (error.code ?? String(error.signal));
      resolve([status, stdout + stderr]);
    });
  });
}

function build(
  name: string,
  it: Case,
  stable: Fields,
  [compiler, ...more]: readonly [string, ...string[]] = [process.env.CC || "cc"],
): string {
  const text = exportC({ it, predicted: stable, stable, differences: [] }, { machine });
  const program = join(folder, name.replaceAll(/\W+/g, "_"));
  writeFileSync(`${program}.c`, text);
  const flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-o", program, `${program}.c`];
  execFileSync(compiler, [...more, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  return program;
}

for (const [name, it] of spread()) {
  programs(`${name}: compiles without a warning, and sees the same ${RUNS} times`, async () => {
    const { stable } = observer.observe(it);
    const program = build(name, it, stable);
    const results = await Promise.all(Array.from({ length: RUNS }, () => run(program)));
    const wrong = results.find(([status]) => status !== 0);
    assert.is(wrong, undefined, `status ${wrong?.[0]}\n${wrong?.[1]}`);
  });
}

/** The kernel's headers are no part of musl. */
const MUSL = [
  "musl-gcc",
  "-idirafter",
  "/usr/include/x86_64-linux-gnu",
  "-idirafter",
  "/usr/include",
] as const;
const withMusl = hasTool(MUSL[0]) ? programs : programs.skip;

withMusl("with another libc they see the same", async () => {
  for (const [name, it] of spread()) {
    if (!["a handler", "XMM", "rip elsewhere", "32 bits", "exit, SYSCALL"].includes(name)) continue;
    const { stable } = observer.observe(it);
    const program = build(`musl ${name}`, it, stable, MUSL);
    const [status, output] = await run(program);
    assert.is(status, 0, `${name}: ${output}`);
  }
});

/** How many of the cases that the fuzzer makes are tried, beside those above. */
const GENERATED = process.env.SOAK ? 400 : 12;

programs(`${GENERATED} generated cases: they compile, and see the same ${RUNS} times`, async () => {
  const batch = new Batch(1);
  const generator = new Generator(11n, undefined, { xstateLength: 2432 });
  for (let index = 0; index < GENERATED; index++) {
    // The first are the seeds, of which each has its like above.
    generator.generate(batch, 0, 5000 + index);
    const it = readSetup(batch, 0);
    const { stable } = observer.observe(it);
    const program = build(`generated ${index}`, it, stable);
    const results = await Promise.all(Array.from({ length: RUNS }, () => run(program)));
    const wrong = results.find(([status]) => status !== 0);
    const told = JSON.stringify(formatCase(it, constants));
    assert.is(wrong, undefined, `${told}\nstatus ${wrong?.[0]}\n${wrong?.[1]}`);
    rmSync(program);
  }
});

programs.run();
