// Time limit: 240 s
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Batch } from "../src/fuzz/case/batch.ts";
import { type Case, type CaseDocument, formatCase, parseCase } from "../src/fuzz/case/case.ts";
import { CODES } from "../src/fuzz/case/code.ts";
import { FROMS, ONS, WAYS } from "../src/fuzz/case/setups.ts";
import { Generator } from "../src/fuzz/draw/generate.ts";
import { Examiner } from "../src/fuzz/examiner.ts";
import { exportC } from "../src/fuzz/tell/export_c.ts";
import { hasTool } from "./processes.ts";

/** How often each program runs, and how many generated cases are tried. */
const RUNS = 20;
const GENERATED = process.env.SOAK ? 400 : 12;

const folder = mkdtempSync(join(tmpdir(), "stublab-test-"));
const examiner = new Examiner();

const programs = suite("fuzz: programs in C");
programs.after(() => {
  examiner.close();
  rmSync(folder, { recursive: true, force: true });
});

type Document = Partial<CaseDocument>;

/** -ERESTARTSYS */
const RESTART = "0xfffffffffffffe00";
const RESTARTED = { code: "nops", registers: { rax: RESTART, orig_rax: "0x1" } } as const;
const PAIRS = [
  { offset: "0x18", word: "0x1f80" },
  { offset: "0xa0", word: "0x123456789abcdef0" },
  { offset: "0xfffffffffffffffc", word: "0x5" },
];
const INFO = ["0x1", "0x0", "0x0", "0x27", "0x1", "0x2", "0x3", "0x4", "0x5", "0x6", "0x0"];

function pairs(...words: [offset: number, word: string][]): Document {
  const rows = words.map(([offset, word]) => ({ offset: `0x${offset.toString(16)}`, word }));
  return { way: "POKEUSER", pairs: rows };
}

function image(at: string, ...words: [offset: number, word: string][]): Document {
  return {
    ...pairs(...words),
    way: "SIGRETURN",
    frame: { uc_flags: "0x0", fpstate: true, image: at },
  };
}

/** All kinds of cases, and all that makes a program longer. */
const SPREAD: Readonly<Record<string, Document>> = {
  "a restart": RESTARTED,
  "a restart that a handler meets": { ...RESTARTED, signal: "SIGUSR1" },
  "a handler that restarts": { ...RESTARTED, from: "group", on: "SYSCALL", signal: "SIGUSR2" },
  "a signal that kills": { code: "nops", signal: "SIGKILL" },
  "a signal of a terminal": { code: "nops", signal: "SIGTSTP" },
  "a signal that does not exist": { code: "nops", signal: 65 },
  "no stop": { code: "spin" },
  "no resume": { on: "NONE", registers: { r15: "0x7" } },
  "a refused selector": { registers: { cs: "0x10", eflags: "0xad7" } },
  "rip elsewhere": { registers: { rip: "0x401000" } },
  "rsp elsewhere": { code: "stack", registers: { rsp: "0x7fffffffe000" } },
  "32 bits": { on: "SINGLESTEP", code: "int80", registers: { cs: "0x23", rax: "0x14" } },
  "a 32-bit SYSCALL": { code: "syscall", registers: { cs: "0x23", rsp: "0x10002000" } },
  "a refused call": {
    from: "entry",
    on: "SYSCALL",
    code: "syscall",
    registers: { orig_rax: "0x39" },
  },
  "a pid": { code: "syscall", registers: { rax: "0x27" } },
  "a prefix": {
    way: "SETREGSET",
    from: "exit",
    registers: { r15: "0x7", rip: "0x0" },
    length: 120,
  },
  "an odd length": { way: "SETREGSET", from: "exit", code: "nops", length: 121 },
  "no pairs": pairs(),
  pairs: pairs([80, "0x9"], [144, "0xfff"], [136, "0x10"], [0, "0x1"]),
  "pairs after an exit": {
    ...pairs([80, "0x1"], [128, "0x10000100"]),
    from: "exit",
    on: "SINGLESTEP",
  },
  "a breakpoint on code": pairs([128, "0x100000c0"], [848, "0x100000c2"], [904, "0x1"]),
  "a breakpoint on the stack": {
    ...pairs([128, "0x10000240"], [872, "0x10006ff8"], [904, "0xd0000040"]),
    from: "exit",
  },
  "a refused breakpoint": pairs([848, "0x10004001"], [904, "0x50001"]),
  "a refused pair": { ...pairs([0, "0x1"], [3, "0x1"]), from: "entry" },
  "floating point": { way: "SETFPREGS", pairs: PAIRS },
  "floating point as it is": { way: "SETFPREGS" },
  "an XSAVE area": { way: "XSTATE", pairs: PAIRS, length: 832 },
  "an XSAVE area as it is": { way: "XSTATE", length: 8192 },
  "a short XSAVE area": { way: "XSTATE", pairs: PAIRS, length: 512 },
  "a mask": { way: "SIGMASK", words: ["0xffffffffffffffff"] },
  "half a mask": { way: "SIGMASK", words: ["0x1"], length: 4 },
  "a blocked signal": { way: "SIGMASK", words: ["0x210"], signal: "SIGUSR1" },
  "a system call's words": { from: "entry", way: "SYSCALL_INFO", words: INFO },
  "the same without a system call": { way: "SYSCALL_INFO", words: INFO },
  "a call that is dispatched": {
    way: "DISPATCH",
    words: ["0x1", "0x0", "0x0", "0x0", "0x10000080", "0x27"],
  },
  "a selector that allows a call": {
    way: "DISPATCH",
    on: "SYSCALL",
    words: ["0x2", "0x10002003", "0x10000080", "0x10", "0x100002c0", "0x27"],
  },
  "a selector elsewhere": {
    way: "DISPATCH",
    words: ["0x1", "0x401000", "0x0", "0x0", "0x10000080", "0x27"],
  },
  "a dispatch that is refused": {
    way: "DISPATCH",
    words: ["0x0", "0x1", "0x0", "0x0", "0x0", "0x0"],
  },
  "sigreturn into 32 bits": {
    way: "SIGRETURN",
    code: "inc32",
    registers: { cs: "0x20", ss: "0x33", rsp: "0x3", r15: "0x7" },
    frame: { uc_flags: "0x4", fpstate: false },
  },
  "sigreturn with an image": image("0x10004000"),
  "an image that is taken": image("0x10004000", [0, "0x300"], [160, "0x5"], [0x960, "0x9"]),
  "an image that is refused": image("0x10004000", [0x208, "0x1"], [160, "0x5"]),
  "an image that is misplaced": image("0x10004004"),
  "an image that ends elsewhere": image("0x10007f00", [0x1d0, "0x0"], [160, "0x5"]),
  "sigreturn with floating point": { way: "SIGRETURN", frame: { uc_flags: "0x0", fpstate: true } },
  ...Object.fromEntries(
    CODES.flatMap(({ name }): [string, Document][] => [
      [`code ${name}`, { code: name, on: name === "spin" ? "SINGLESTEP" : "CONT" }],
      [
        `sigreturn, code ${name}`,
        { way: "SIGRETURN", code: name, registers: { rax: "0x27", eflags: "0x40c97" } },
      ],
    ]),
  ),
  ...Object.fromEntries(
    FROMS.flatMap((from) =>
      ONS.map((on): [string, Document] => {
        const registers = { rax: "0x27", orig_rax: "0x27", eflags: "0x54ed7" };
        return [`from ${from}, on ${on}`, { from, on, code: "nops", registers }];
      }),
    ),
  ),
};

const caseOf = (document: Document): Case => parseCase({ schema: "stublab.case/1", ...document });

/** Writes the program of a case and returns its path without ".c". */
function write(name: string, it: Case): string {
  const program = join(folder, name.replaceAll(/\W+/g, "_"));
  const text = exportC(examiner.examine(it), { machine: examiner.machine });
  writeFileSync(`${program}.c`, text);
  return program;
}

const STRICT = ["-std=c11", "-Wall", "-Wextra", "-Werror"];

function compile(program: string, compiler: string, ...flags: string[]): void {
  const args = [...flags, ...STRICT, "-o", program, `${program}.c`];
  execFileSync(compiler, args, { stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs a program `RUNS` times at once; each run must show what was predicted, and what was seen. */
async function expectSame(program: string, it: Case): Promise<void> {
  const run = () =>
    new Promise<string>((resolve) => {
      execFile(program, (error, stdout, stderr) => {
        const status = error === null ? 0 : (error.code ?? error.signal);
        resolve(`${stdout}${stderr}exit status: ${status}`);
      });
    });
  const outputs = await Promise.all(Array.from({ length: RUNS }, run));
  const same = "\n0 fields are not as predicted, and 0 not as seen there\nexit status: 0";
  const other = outputs.find((output) => !output.endsWith(same));
  assert.is(other, undefined, `${JSON.stringify(formatCase(it))}\n${other}`);
}

for (const [name, document] of Object.entries(SPREAD)) {
  programs(`${name}: the outcome is the same ${RUNS} times`, async () => {
    const it = caseOf(document);
    const program = write(name, it);
    compile(program, process.env.CC || "cc");
    await expectSame(program, it);
  });
}

programs(`${GENERATED} generated cases: the outcome is the same ${RUNS} times`, async () => {
  using batch = new Batch(1);
  const generator = new Generator(11n, undefined, examiner.machine);
  for (let index = 0; index < GENERATED; index++) {
    // The first are the seeds, which resemble the cases above.
    generator.generate(batch, 0, 5000 + index);
    const it = batch.at(0);
    const program = write(`generated ${index}`, it);
    compile(program, process.env.CC || "cc");
    await expectSame(program, it);
    rmSync(program);
  }
});

/** A case for each way, and cases that need the other parts of the template. */
const KINDS = new Map([
  ...Object.values(SPREAD).map((document): [string, Document] => [
    document.way ?? "SETREGS",
    document,
  ]),
  ...["a restart that a handler meets", "rip elsewhere", "from exit, on SYSCALL", "32 bits"].map(
    (name): [string, Document] => [name, SPREAD[name] ?? {}],
  ),
]);

/** The kernel's headers are no part of musl. */
const MUSL = ["x86_64-linux-gnu", ""].flatMap((name) => ["-idirafter", `/usr/include/${name}`]);

for (const [compiler, ...flags] of [["gcc"], ["clang"], ["musl-gcc", ...MUSL]] as const) {
  const withCompiler = hasTool(compiler) ? programs : programs.skip;
  withCompiler(`${compiler} compiles each kind without a warning`, async () => {
    for (const [name, document] of KINDS) {
      const it = caseOf(document);
      const program = write(`${compiler} ${name}`, it);
      compile(program, compiler, ...flags);
      await expectSame(program, it);
    }
  });
}

const withTidy = hasTool("clang-tidy") ? programs : programs.skip;
withTidy("clang-tidy finds nothing in any kind", () => {
  assert.ok(WAYS.every((way) => KINDS.has(way)));
  const sources = [...KINDS].map(([name, document]) => `${write(name, caseOf(document))}.c`);
  const rules = ["--config-file=.clang-tidy", "--quiet"];
  const { status, stdout } = spawnSync("clang-tidy", [...rules, ...sources, "--", "-std=c11"]);
  assert.is(status, 0, String(stdout));
});

programs.run();
