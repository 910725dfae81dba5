import { CONSTANT, placeOf, STACK } from "../../case/code.ts";
import {
  by,
  type Expectation,
  type Row,
  SI_KERNEL,
  setupFacts,
  TRAP_BRKPT,
  TRAP_TRACE,
} from "../fact.ts";
import { setregs, type Words } from "../setups.ts";

const TF = 0x302n;
const NOPS = placeOf("nops");
const SYSCALL = placeOf("syscall");
const DEBUG = "exc_debug_user, arch/x86/kernel/traps.c";
const REPORT = "report_single_step, kernel/entry/common.c";
const STEP = "enable_single_step, arch/x86/kernel/step.c";

/** A trap after an instruction of a piece of code. */
const traced = (code: string, size: bigint, more: Words = {}): Expectation => {
  const rip = placeOf(code) + size;
  return { stop: "SIGTRAP", code: TRAP_TRACE, address: rip, stopped: { rip, ...more } };
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

export const singleStep = setupFacts("single-step", (fact) => {
  const on = "SINGLESTEP";
  fact(
    "A single-step traps after one instruction: SIGTRAP, TRAP_TRACE, si_addr = rip",
    by(DEBUG, "R40"),
    ...(["SINGLESTEP", "SYSEMU_SINGLESTEP"] as const).flatMap((on) =>
      INSTRUCTIONS.map(([name, code, size, words, stopped]): Row => {
        return [`${on}: ${name}`, setregs(words, { on, code }), traced(code, size, stopped)];
      }),
    ),
    ...(["exit", "group"] as const).map((from): Row => {
      return [`from "${from}"`, setregs({}, { from, on, code: "nops" }), traced("nops", 1n)];
    }),
    [
      "TF under PTRACE_CONT, which stays set",
      setregs({ eflags: TF }, { on: "CONT", code: "nops" }),
      traced("nops", 1n, { eflags: TF }),
    ],
  );
  fact(
    "TF that PTRACE_SINGLESTEP has set is not visible at the stop",
    by("get_flags, arch/x86/kernel/ptrace.c", "R41"),
    ["", setregs({}, { on, code: "nops" }), traced("nops", 1n, { eflags: 0x202n })],
  );
  fact("TF that the program has is visible at the stop", by(STEP, "R40"), [
    "",
    setregs({ eflags: TF }, { on, code: "nops" }),
    traced("nops", 1n, { eflags: TF }),
  ]);
  const breaks = (rip: bigint, more: Words = {}): Expectation => {
    return { stop: "SIGTRAP", code: TRAP_BRKPT, address: rip, stopped: { rip, ...more } };
  };
  fact(
    "PTRACE_SINGLESTEP on the way out of a call traps at once: TRAP_BRKPT",
    by(REPORT, "R35"),
    [
      "over SYSCALL, which is made",
      setregs({ rax: 24n }, { on, code: "syscall" }),
      breaks(SYSCALL + 2n, { rax: 0n, eflags: 0x202n }),
    ],
    ...(["entry", "sysemu"] as const).map((from): Row => {
      return [`from "${from}"`, setregs({}, { from, on, code: "nops" }), breaks(NOPS)];
    }),
  );
  fact("PTRACE_SYSEMU_SINGLESTEP does not trap on the way out of a call", by(REPORT, "R36"), [
    "",
    setregs({}, { from: "entry", on: "SYSEMU_SINGLESTEP", code: "nops" }),
    traced("nops", 1n),
  ]);
  fact("PTRACE_SINGLESTEP over SYSCALL leaves TF in r11", by("SYSCALL, SDM volume 2", "R38"), [
    "",
    setregs({ rax: 1000n }, { on, code: "syscall" }),
    { stop: "SIGTRAP", stopped: { r11: TF, eflags: 0x202n } },
  ]);
  fact(
    "TF of the program does not trap after SYSCALL, but after the next instruction",
    by("SYSCALL, SDM volume 2", "R42"),
    [
      "",
      setregs({ rax: 24n, eflags: TF }, { on: "CONT", code: "syscall" }),
      { stop: "SIGTRAP", stopped: { rax: 0n, rip: SYSCALL + 3n, eflags: TF } },
    ],
  );
  fact(
    "PTRACE_SYSEMU_SINGLESTEP stops on the way into a call",
    by("syscall_trace_enter, kernel/entry/common.c", "R39"),
    [
      "",
      setregs({ rax: 24n }, { on: "SYSEMU_SINGLESTEP", code: "syscall" }),
      { stop: "call", stopped: { rip: SYSCALL + 2n, rax: -38n } },
    ],
  );
  fact(
    "A single-step over INT3 is the stop of the INT3",
    by("exc_int3, arch/x86/kernel/traps.c", "R43"),
    [
      "",
      setregs({}, { on }),
      { stop: "SIGTRAP", code: SI_KERNEL, stopped: { rip: placeOf("int3") + 1n } },
    ],
  );
  fact(
    "A single-step over UD2 is SIGILL",
    by("handle_invalid_op, arch/x86/kernel/traps.c", "R44"),
    ["", setregs({}, { on, code: "ud2" }), { stop: "SIGILL", stopped: { rip: placeOf("ud2") } }],
  );
  fact(
    "A single-step over HLT is SIGSEGV",
    by("exc_general_protection, arch/x86/kernel/traps.c", "R45"),
    ["", setregs({}, { on, code: "hlt" }), { stop: "SIGSEGV", stopped: { rip: placeOf("hlt") } }],
  );
  const movss = {
    stop: "SIGTRAP",
    code: SI_KERNEL,
    stopped: { rip: placeOf("movss") + 3n },
  } as const;
  fact(
    "MOV SS delays a trap: the INT3 after it runs as well",
    by("MOV, SDM volume 2", "R55"),
    ["SINGLESTEP", setregs({ rax: 0x2bn }, { on, code: "movss" }), movss],
    ["TF", setregs({ rax: 0x2bn, eflags: TF }, { on: "CONT", code: "movss" }), movss],
  );
});
