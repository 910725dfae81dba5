import { CONSTANT, placeOf, STACK } from "../../../case/amd64/code.ts";
import type { From } from "../../../case/arch.ts";
import { breaks, by, callStop, type Expectation, each, setupFacts, trap } from "../../fact.ts";
import type { Words } from "../../words.ts";
import { setregs } from "../setups.ts";
import { INT3, PROTECTION, SINGLE_STEP, SYSCALL_ENTER, UD2 } from "../sources.ts";

const TF = { eflags: 0x302n };
const SYSCALL = placeOf("syscall");
const DEBUG = "exc_debug_user, arch/x86/kernel/traps.c";
const STEP = "enable_single_step, arch/x86/kernel/step.c";
const MANUAL = "SYSCALL, SDM volume 2";

const step = (code: string, words: Words = {}) => setregs(words, { on: "SINGLESTEP", code });
const stepFrom = (from: From) => setregs({}, { from, on: "SINGLESTEP", code: "nops" });
const cont = (code: string, words: Words) => setregs(words, { on: "CONT", code });

/** A trap after an instruction of a piece of code. */
const traced = (code: string, size: bigint, more: Words = {}): Expectation => {
  const rip = placeOf(code) + size;
  return { stop: "SIGTRAP", code: "TRAP_TRACE", address: rip, stopped: { rip, ...more } };
};

/** Instructions, their sizes, and registers before and after. */
const INSTRUCTIONS: readonly (readonly [string, code: string, bigint, Words, Words])[] = [
  ["a NOP", "nops", 1n, {}, {}],
  ["a jump to itself", "spin", 0n, {}, {}],
  ["a load", "load", 3n, {}, { rax: CONSTANT }],
  ["a store", "store", 3n, { rdi: STACK }, {}],
  ["PUSHF", "pushf", 1n, {}, { rsp: STACK - 8n }],
  ["PUSH", "stack", 1n, {}, { rsp: STACK - 8n }],
  ["DIV", "div", 3n, { rdi: 7n, rax: 100n }, { rax: 14n, rdx: 2n }],
  ["DIV of 128 bits", "div", 3n, { rdi: 7n, rdx: 6n, rax: -1n }, { rax: -1n, rdx: 6n }],
  ["the last instruction of a page", "edge", 1n, {}, {}],
];
const movss = { ...trap({ rip: placeOf("movss") + 3n }), code: "SI_KERNEL" } as const;
const [on, SYSEMU] = ["SINGLESTEP", "SYSEMU_SINGLESTEP"] as const;

export const singleStep = setupFacts("single-step", {
  "A single-step traps after one instruction: SIGTRAP, TRAP_TRACE, si_addr = rip": [
    by(DEBUG, "R40"),
    ...[on, SYSEMU].flatMap((on) =>
      each(`${on}: %`, INSTRUCTIONS, ([, code, size, words, stopped]) => [
        setregs(words, { on, code }),
        traced(code, size, stopped),
      ]),
    ),
    ...each('from "%"', ["exit", "group"], (from) => [stepFrom(from), traced("nops", 1n)]),
    ["TF under PTRACE_CONT, which stays set", cont("nops", TF), traced("nops", 1n, TF)],
  ],
  "TF that PTRACE_SINGLESTEP has set is not visible at the stop": [
    by("get_flags, arch/x86/kernel/ptrace.c", "R41"),
    ["", step("nops"), traced("nops", 1n, { eflags: 0x202n })],
  ],
  "TF that the program has is visible at the stop": [
    by(STEP, "R40"),
    ["", step("nops", TF), traced("nops", 1n, TF)],
  ],
  "PTRACE_SINGLESTEP on the way out of a call traps at once: TRAP_BRKPT": [
    by(SINGLE_STEP, "R35"),
    [
      "over SYSCALL, which is made",
      step("syscall", { rax: 24n }),
      breaks(SYSCALL + 2n, { rax: 0n, eflags: 0x202n }),
    ],
    ...each('from "%"', ["entry", "sysemu"], (from) => [stepFrom(from), breaks(placeOf("nops"))]),
  ],
  "PTRACE_SYSEMU_SINGLESTEP does not trap on the way out of a call": [
    by(SINGLE_STEP, "R36"),
    ["", setregs({}, { from: "entry", on: SYSEMU, code: "nops" }), traced("nops", 1n)],
  ],
  "PTRACE_SINGLESTEP over SYSCALL leaves TF in r11": [
    by(MANUAL, "R38"),
    ["", step("syscall", { rax: 1000n }), trap({ r11: TF.eflags, eflags: 0x202n })],
  ],
  "TF of the program does not trap after SYSCALL, but after the next instruction": [
    by(MANUAL, "R42"),
    ["", cont("syscall", { rax: 24n, ...TF }), trap({ rax: 0n, rip: SYSCALL + 3n, ...TF })],
  ],
  "PTRACE_SYSEMU_SINGLESTEP stops on the way into a call": [
    by(SYSCALL_ENTER, "R39"),
    [
      "",
      setregs({ rax: 24n }, { on: SYSEMU, code: "syscall" }),
      callStop({ rip: SYSCALL + 2n, rax: -38n }),
    ],
  ],
  "A single-step over INT3 is the stop of the INT3": [
    by(INT3, "R43"),
    ["", setregs({}, { on }), { ...trap({ rip: placeOf("int3") + 1n }), code: "SI_KERNEL" }],
  ],
  "A single-step over UD2 is SIGILL": [
    by(UD2, "R44"),
    ["", step("ud2"), { stop: "SIGILL", stopped: { rip: placeOf("ud2") } }],
  ],
  "A single-step over HLT is SIGSEGV": [
    by(PROTECTION, "R45"),
    ["", step("hlt"), { stop: "SIGSEGV", stopped: { rip: placeOf("hlt") } }],
  ],
  "MOV SS delays a trap: the INT3 after it runs as well": [
    by("MOV, SDM volume 2", "R55"),
    ["SINGLESTEP", step("movss", { rax: 0x2bn }), movss],
    ["TF", cont("movss", { rax: 0x2bn, ...TF }), movss],
  ],
});
