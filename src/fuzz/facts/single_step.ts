import { CONSTANT, placeOf, STACK } from "../case/code.ts";
import {
  type Expectation,
  type Fact,
  SI_KERNEL,
  setregs,
  TRAP_BRKPT,
  TRAP_TRACE,
  tellOf,
} from "./fact.ts";

const tell = tellOf("single-step");

const TF = 0x302n;

/** A step over a piece of code, and where it comes to. */
function* steps(): Generator<Fact> {
  const traced = (code: string, size: bigint, more: Expectation["stopped"] = {}): Expectation => ({
    stop: "SIGTRAP",
    code: TRAP_TRACE,
    address: placeOf(code) + size,
    stopped: { rip: placeOf(code) + size, ...more },
  });
  for (const [name, code, size, words, stopped] of [
    ["a NOP", "nops", 1n, {}, {}],
    ["a jump to itself", "spin", 0n, {}, {}],
    ["a load", "load", 3n, {}, { rax: CONSTANT }],
    ["a store", "store", 3n, { rdi: STACK }, {}],
    ["PUSHF", "pushf", 1n, {}, { rsp: STACK - 8n }],
    ["PUSH", "stack", 1n, {}, { rsp: STACK - 8n }],
    ["DIV", "div", 3n, { rdi: 7n, rax: 100n }, { rax: 14n, rdx: 2n }],
    ["the last instruction of a page", "edge", 1n, {}, {}],
  ] as const) {
    for (const on of ["SINGLESTEP", "SYSEMU_SINGLESTEP"] as const) {
      const it = setregs(words, { on, code });
      yield tell(
        `PTRACE_${on} over ${name}: TRAP_TRACE behind it`,
        "R40",
        it,
        traced(code, size, stopped),
      );
    }
  }
}

function* flag(): Generator<Fact> {
  yield tell(
    "TF that PTRACE_SINGLESTEP set is not seen",
    "R41",
    setregs({}, { on: "SINGLESTEP", code: "nops" }),
    {
      stop: "SIGTRAP",
      stopped: { eflags: 0x202n },
    },
  );
  yield tell(
    "TF that the registers have is seen, under PTRACE_SINGLESTEP as well",
    "enable_single_step, arch/x86/kernel/step.c",
    setregs({ eflags: TF }, { on: "SINGLESTEP", code: "nops" }),
    {
      stop: "SIGTRAP",
      code: TRAP_TRACE,
      stopped: { eflags: TF, rip: placeOf("nops") + 1n },
    },
  );
  yield tell(
    "TF under PTRACE_CONT traps after one instruction, and stays set",
    "R40",
    setregs({ eflags: TF }, { on: "CONT", code: "nops" }),
    {
      stop: "SIGTRAP",
      code: TRAP_TRACE,
      address: placeOf("nops") + 1n,
      stopped: { eflags: TF, rip: placeOf("nops") + 1n },
    },
  );
}

function* calls(): Generator<Fact> {
  const syscall = placeOf("syscall");
  const step = setregs({ rax: 24n }, { on: "SINGLESTEP", code: "syscall" });
  yield tell(
    "PTRACE_SINGLESTEP over SYSCALL: TRAP_BRKPT behind it, and the call is made",
    "R35",
    step,
    {
      stop: "SIGTRAP",
      code: TRAP_BRKPT,
      address: syscall + 2n,
      stopped: { rax: 0n, rip: syscall + 2n },
    },
  );
  yield tell("PTRACE_SINGLESTEP over SYSCALL leaves TF in r11", "R38", step, {
    stop: "SIGTRAP",
    stopped: { r11: TF, eflags: 0x202n },
  });
  yield tell(
    "TF under PTRACE_CONT does not trap behind SYSCALL, but after the next instruction",
    "R42",
    setregs({ rax: 24n, eflags: TF }, { on: "CONT", code: "syscall" }),
    {
      stop: "SIGTRAP",
      stopped: { rax: 0n, rip: syscall + 3n },
    },
  );
  yield tell(
    "PTRACE_SYSEMU_SINGLESTEP stops on the way into a call, not behind it",
    "R39",
    setregs({ rax: 24n }, { on: "SYSEMU_SINGLESTEP", code: "syscall" }),
    {
      stop: "call",
      stopped: { rip: syscall + 2n, rax: -38n },
    },
  );
}

/** Instructions after which there is another stop, or none. */
function* others(): Generator<Fact> {
  const on = "SINGLESTEP";
  yield tell("PTRACE_SINGLESTEP over INT3: that of the INT3", "R43", setregs({}, { on }), {
    stop: "SIGTRAP",
    code: SI_KERNEL,
    stopped: { rip: placeOf("int3") + 1n },
  });
  yield tell(
    "PTRACE_SINGLESTEP over UD2: SIGILL, and rip stays",
    "R44",
    setregs({}, { on, code: "ud2" }),
    {
      stop: "SIGILL",
      stopped: { rip: placeOf("ud2") },
    },
  );
  yield tell(
    "PTRACE_SINGLESTEP over HLT: SIGSEGV, and rip stays",
    "R45",
    setregs({}, { on, code: "hlt" }),
    {
      stop: "SIGSEGV",
      stopped: { rip: placeOf("hlt") },
    },
  );
  yield tell(
    "PTRACE_SINGLESTEP over MOV SS: the instruction behind it runs as well",
    "R55",
    setregs({ rax: 0x2bn }, { on, code: "movss" }),
    {
      stop: "SIGTRAP",
      code: SI_KERNEL,
      stopped: { rip: placeOf("movss") + 3n },
    },
  );
  for (const from of ["entry", "sysemu"] as const) {
    yield tell(
      `From a stop "${from}" PTRACE_SINGLESTEP traps before an instruction runs`,
      "R35",
      setregs({}, { from, on, code: "nops" }),
      {
        stop: "SIGTRAP",
        code: TRAP_BRKPT,
        stopped: { rip: placeOf("nops") },
      },
    );
  }
  for (const from of ["exit", "group"] as const) {
    yield tell(
      `From a stop "${from}" PTRACE_SINGLESTEP traps after an instruction`,
      "R40",
      setregs({}, { from, on, code: "nops" }),
      { stop: "SIGTRAP", code: TRAP_TRACE, stopped: { rip: placeOf("nops") + 1n } },
    );
  }
}

export const singleStep: readonly Fact[] = [...steps(), ...flag(), ...calls(), ...others()];
