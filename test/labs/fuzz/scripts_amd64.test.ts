import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseCase } from "../../../src/labs/fuzz/case/case.ts";
import { Examiner } from "../../../src/labs/fuzz/examiner.ts";

const scripts = suite("fuzz: what the kernel keeps from one step of a case to the next");

const examiner = new Examiner();
scripts.after(() => examiner.close());

/** offsetof(struct user, regs.…) and, from 848 on, the debug registers. */
const [RIP, EFLAGS, FS_BASE, FS, DR0, DR7] = [128, 144, 168, 200, 848, 904];
const CODE = 0x1000_0000;
const [INT3, NOPS] = [CODE + 0x40, CODE + 0xc0];
const hex = (word: number) => `0x${word.toString(16)}`;

/** A step that pokes words, and is resumed. */
const poke = (on: string, ...pairs: readonly (readonly [offset: number, word: number])[]) => ({
  ...{ way: "POKEUSER", on },
  pairs: pairs.map(([offset, word]) => ({ offset: hex(offset), word: hex(word) })),
});
const mask = (blocked: number, change: object = {}) => ({
  ...{ way: "SIGMASK", words: [hex(blocked)], length: 8 },
  ...change,
});
const resume = (change: object = {}) => ({ ...poke("CONT"), ...change });
const bit = (signal: number) => 2 ** (signal - 1);
const [SIGTRAP, SIGSEGV] = [5, 11];
const [SI_USER, SI_KERNEL, TRAP_TRACE, TRAP_HWBKPT] = [0n, 0x80n, 2n, 4n];
const stopped = (signal: number) => BigInt((signal << 8) | 0x7f);

/** What it shows, the steps, and words of the outcome of the last one. */
const ROWS: readonly (readonly [string, readonly object[], Readonly<Record<string, bigint>>])[] = [
  [
    "a selector is written without its base, which was written before",
    [poke("CONT", [FS_BASE, 0x1000]), poke("CONT", [FS, 0x2b]), poke("NONE")],
    { "written.fs": 0x2bn, "written.fs_base": 0x1000n },
  ],
  [
    "a blocked signal keeps its siginfo, and a fault that raises it is dropped",
    [mask(bit(SIGSEGV), { signal: "SIGSEGV" }), poke("CONT", [RIP, 0])],
    { status: stopped(SIGSEGV), signal: BigInt(SIGSEGV), code: SI_USER },
  ],
  [
    "the fault has unblocked it",
    [mask(bit(SIGSEGV)), poke("CONT", [RIP, 0]), mask(0, { length: 0, on: "NONE" })],
    { "written.mask": 0n },
  ],
  [
    "a signal of a call is taken first, and that of its single-step at the next resume",
    [{ from: "entry", on: "SINGLESTEP", signal: "SIGSEGV" }, resume()],
    { status: stopped(SIGTRAP), code: 1n, "stopped.rip": BigInt(INT3) },
  ],
  [
    "control of breakpoints that is refused leaves an address, which nothing enables",
    [poke("NONE", [DR0, NOPS + 1], [DR7, 0x2_0001]), poke("CONT", [RIP, NOPS])],
    { "stopped.rip": BigInt(NOPS + 17), code: SI_KERNEL },
  ],
  [
    "accepted control stays if the next is refused",
    [
      poke("NONE", [DR0, NOPS + 1], [DR7, 1]),
      poke("NONE", [DR7, 0x2_0004]),
      poke("CONT", [RIP, NOPS]),
    ],
    { "stopped.rip": BigInt(NOPS + 1), code: TRAP_HWBKPT },
  ],
  [
    "debug register 6 says which breakpoint it was",
    [poke("CONT", [DR0 + 8, NOPS + 1], [DR7, 4], [RIP, NOPS]), poke("NONE", [DR7, 0])],
    { "written.dr6": 0xffff_0ff2n },
  ],
  [
    "and that it was a single-step",
    [poke("SINGLESTEP", [RIP, NOPS]), poke("NONE", [DR0, NOPS])],
    { "written.dr6": 0xffff_4ff0n },
  ],
  [
    "two single-steps are two instructions, and TF stays hidden",
    [poke("SINGLESTEP", [RIP, NOPS]), poke("SINGLESTEP")],
    { "stopped.rip": BigInt(NOPS + 2), "stopped.eflags": 0x202n, code: TRAP_TRACE },
  ],
  [
    "TF that the tracer has written stays, and traps again",
    [poke("CONT", [RIP, NOPS], [EFLAGS, 0x302]), resume()],
    { "stopped.rip": BigInt(NOPS + 2), "stopped.eflags": 0x302n },
  ],
  [
    "a signal at a group-stop is ignored, and the next one is not",
    [resume({ signal: "SIGSTOP" }), resume({ signal: "SIGUSR1", on: "CONT" })],
    { status: stopped(SIGTRAP), "stopped.rip": BigInt(INT3 + 1) },
  ],
  [
    "a signal at the entry of a handler is ignored",
    [resume({ signal: "SIGUSR1", on: "SINGLESTEP" }), resume({ signal: "SIGKILL" })],
    { status: stopped(SIGTRAP), code: SI_KERNEL },
  ],
  [
    "a write to a register survives a resume that is refused",
    [resume(), { ...poke("CONT", [RIP, NOPS]), signal: 65 }, poke("NONE")],
    { "written.rip": BigInt(NOPS) },
  ],
  [
    "in 32-bit code NT_PRSTATUS has words of 32 bits",
    [
      { on: "NONE", registers: { cs: "0x23" } },
      { way: "SETREGSET", on: "NONE", registers: { r15: "0x200000001" }, length: 8 },
    ],
    { "written.rbx": 1n, "written.rcx": 2n, "written.r15": 0n },
  ],
];

for (const [name, [first, ...others], fields] of ROWS) {
  scripts(name, () => {
    const steps = [{ from: "signal", ...first }, ...others];
    const last = steps.pop();
    const outcome = examiner.examine(
      parseCase({ schema: "stublab.case/1", ...last, before: steps }),
    );
    assert.equal(outcome.differences, []);
    assert.is(outcome.before.length, others.length);
    const seen = Object.fromEntries(
      Object.keys(fields).map((field) => [field, outcome.seen.get(field)]),
    );
    assert.equal(seen, fields);
  });
}

scripts.run();
