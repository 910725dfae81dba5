import type { Case } from "../case/case.ts";
import { placeOf } from "../case/code.ts";
import { type Expectation, type Fact, poke, setregs, show, TRAP_BRKPT, tellOf } from "./fact.ts";

const tell = tellOf("system call stops");

const SYSCALL = placeOf("syscall");
const [SCHED_YIELD, GETPID, RESTART, FORK, NONE] = [24n, 39n, 219n, 57n, 5000n];
const [ENOSYS, EINTR] = [-38n, -4n];
const ENTRY = "syscall_trace_enter, kernel/entry/common.c";

/** What is there at a stop that nothing has been written at. */
function* onArrival(): Generator<Fact> {
  for (const from of ["entry", "sysemu", "exit"] as const) {
    const at = (name: string, rule: string, written: Expectation["written"]) =>
      tell(`At a stop "${from}" ${name}`, rule, poke([], { from }), written ? { written } : {});
    yield at("orig_rax is the number", ENTRY, { orig_rax: GETPID });
    yield at("rip is behind the SYSCALL", "SYSCALL, SDM volume 2", { rip: SYSCALL + 2n });
    yield at("rcx is rip", "SYSCALL, SDM volume 2", { rcx: SYSCALL + 2n });
    yield at("r11 is eflags", "SYSCALL, SDM volume 2", { r11: 0x202n, eflags: 0x202n });
    yield at(
      "cs and ss are those of 64-bit programs",
      "entry_SYSCALL_64, arch/x86/entry/entry_64.S",
      {
        cs: 0x33n,
        ss: 0x2bn,
      },
    );
    yield at("the arguments are as they were", ENTRY, {
      rdi: 0x1000_2000n,
      rsi: 0n,
      rdx: 0n,
      r10: 0n,
    });
    if (from !== "exit") yield at("rax is -ENOSYS", "W15", { rax: ENOSYS });
  }
}

/** What is written at an entry stop decides what runs. */
function* atEntry(): Generator<Fact> {
  const go = (words: Record<string, bigint>, on: Case["on"] = "CONT") =>
    setregs(words, { from: "entry", on });
  const rip = placeOf("int3");
  for (const [number, rax, what] of [
    [SCHED_YIELD, 0n, "sched_yield answers 0"],
    [RESTART, EINTR, "restart_syscall answers -EINTR, for nothing is to be restarted"],
    [NONE, ENOSYS, "a call that does not exist is -ENOSYS"],
    [FORK, ENOSYS, "a call that the filter refuses is -ENOSYS"],
  ] as const) {
    yield tell(
      `At an entry stop the number is orig_rax: ${what}`,
      ENTRY,
      go({ orig_rax: number, rax: 77n }),
      {
        stop: "SIGTRAP",
        stopped: { rax, rip: rip + 1n },
      },
    );
  }
  for (const [word, what] of [
    [-1n, "-1"],
    [0xffff_ffffn, "0xffffffff, whose low half is -1,"],
  ] as const) {
    yield tell(
      `At an entry stop orig_rax = ${what} is a call as well: the filter is asked, and answers -ENOSYS`,
      ENTRY,
      go({ orig_rax: word, rax: 77n }),
      {
        stop: "SIGTRAP",
        stopped: { rax: ENOSYS },
      },
    );
  }
  yield tell(
    "At an entry stop rax does not choose the call",
    ENTRY,
    go({ orig_rax: NONE, rax: SCHED_YIELD }),
    {
      stop: "SIGTRAP",
      stopped: { rax: ENOSYS },
    },
  );
  yield tell(
    "At an entry stop the number is the low half of orig_rax",
    "syscall_get_nr, arch/x86/include/asm/syscall.h",
    go({ orig_rax: (1n << 32n) | SCHED_YIELD, rax: 77n }),
    {
      stop: "SIGTRAP",
      stopped: { rax: 0n },
    },
  );
  yield tell(
    "From an entry stop PTRACE_SYSCALL stops on the way out",
    "R34",
    go({ orig_rax: SCHED_YIELD }, "SYSCALL"),
    {
      stop: "call",
      stopped: { rax: 0n, orig_rax: SCHED_YIELD, rip },
    },
  );
  yield tell(
    "It stops on the way out of a call that is refused, too",
    "R34",
    go({ orig_rax: -1n, rax: 5n }, "SYSCALL"),
    {
      stop: "call",
      stopped: { rax: ENOSYS, orig_rax: -1n, rip },
    },
  );
  yield tell(
    "From an entry stop PTRACE_SINGLESTEP traps on the way out: TRAP_BRKPT, where the code goes on",
    "R35",
    go({ orig_rax: SCHED_YIELD }, "SINGLESTEP"),
    {
      stop: "SIGTRAP",
      code: TRAP_BRKPT,
      address: rip,
      stopped: { rax: 0n, rip },
    },
  );
  yield tell(
    "rip that is written at an entry stop is where the code goes on",
    ENTRY,
    setregs({ orig_rax: -1n, rip: placeOf("nops") }, { from: "entry", on: "SINGLESTEP" }),
    {
      stop: "SIGTRAP",
      stopped: { rip: placeOf("nops") },
    },
  );
}

/** A call that SYSEMU stopped is not run. */
function* atSysemu(): Generator<Fact> {
  for (const on of ["CONT", "SYSCALL", "SYSEMU"] as const) {
    const it = setregs({ orig_rax: SCHED_YIELD, rax: 77n }, { from: "sysemu", on });
    yield tell(`From a SYSEMU stop PTRACE_${on} does not run the call: rax stays`, "R33", it, {
      stop: on === "SYSCALL" ? "call" : "SIGTRAP",
      stopped: { rax: 77n },
    });
  }
  const skipped = setregs({ rax: GETPID, orig_rax: GETPID }, { from: "sysemu", on: "CONT" });
  yield tell("From a SYSEMU stop the number in rax is not run, either", "R33", skipped, {
    stop: "SIGTRAP",
    stopped: { rax: GETPID },
  });
}

function* atExit(): Generator<Fact> {
  for (const rax of [0n, 77n, -38n, -512n, -513n, -516n, 1n << 63n]) {
    yield tell(
      `From an exit stop rax = ${show(rax)} reaches the program`,
      ENTRY,
      setregs({ rax, orig_rax: GETPID }, { from: "exit", on: "CONT" }),
      {
        stop: "SIGTRAP",
        stopped: { rax, rip: placeOf("int3") + 1n },
      },
    );
  }
  yield tell(
    "From an exit stop rcx and r11 are the program's own again",
    "entry_SYSCALL_64, arch/x86/entry/entry_64.S",
    setregs({ rcx: 1n, r11: 2n }, { from: "exit", on: "CONT" }),
    {
      stop: "SIGTRAP",
      stopped: { rcx: 1n, r11: 2n },
    },
  );
}

/** A SYSCALL that runs because RIP was set to one. */
function* running(): Generator<Fact> {
  const go = (words: Record<string, bigint>, on: Case["on"] = "CONT") =>
    setregs(words, { on, code: "syscall" });
  yield tell("SYSCALL puts rip into rcx", "R37", go({ rax: SCHED_YIELD, rcx: 5n }), {
    stop: "SIGTRAP",
    stopped: { rcx: SYSCALL + 2n, rip: SYSCALL + 3n },
  });
  yield tell("SYSCALL puts eflags into r11", "R38", go({ rax: SCHED_YIELD, eflags: 0x246n }), {
    stop: "SIGTRAP",
    stopped: { r11: 0x246n, eflags: 0x246n },
  });
  yield tell(
    "What is no call leaves orig_rax = -1",
    "R53",
    go({ rax: SCHED_YIELD, orig_rax: 3n }),
    {
      stop: "SIGTRAP",
      stopped: { orig_rax: -1n },
    },
  );
  for (const [rax, result] of [
    [SCHED_YIELD, 0n],
    [RESTART, EINTR],
    [NONE, ENOSYS],
    [-1n, ENOSYS],
  ] as const) {
    yield tell(
      `SYSCALL with rax = ${show(rax)} answers ${show(result)}`,
      "do_syscall_64, arch/x86/entry/syscall_64.c",
      go({ rax }),
      {
        stop: "SIGTRAP",
        stopped: { rax: result },
      },
    );
  }
  for (const on of ["SYSCALL", "SYSEMU", "SYSEMU_SINGLESTEP"] as const) {
    yield tell(`PTRACE_${on} stops on the way into a call`, "R39", go({ rax: SCHED_YIELD }, on), {
      stop: "call",
      stopped: { rax: ENOSYS, orig_rax: SCHED_YIELD, rip: SYSCALL + 2n, rcx: SYSCALL + 2n },
    });
  }
  for (const rsp of [0n, 7n, 1n << 63n, -1n, 0xffff_8000_0000_0000n]) {
    yield tell(
      `A call is made whatever rsp is: ${show(rsp)}`,
      "entry_SYSCALL_64, arch/x86/entry/entry_64.S",
      go({ rax: SCHED_YIELD, rsp }),
      {
        stop: "SIGTRAP",
        stopped: { rax: 0n, rsp },
      },
    );
  }
  for (const [flag, name] of [
    [0x400n, "DF"],
    [0x4000n, "NT"],
    [0x40000n, "AC"],
  ] as const) {
    yield tell(
      `${name} survives a call`,
      "entry_SYSCALL_64, arch/x86/entry/entry_64.S",
      go({ rax: SCHED_YIELD, eflags: 0x202n | flag }),
      {
        stop: "SIGTRAP",
        stopped: { eflags: 0x202n | flag },
      },
    );
  }
  const registers = { rbx: 1n, rbp: 2n, r12: 3n, r13: 4n, r14: 5n, r15: 6n };
  yield tell(
    "A call keeps the registers that are to be kept, and its arguments",
    "entry_SYSCALL_64, arch/x86/entry/entry_64.S",
    go({ rax: SCHED_YIELD, ...registers, rdi: 7n, rsi: 8n, rdx: 9n, r10: 10n, r8: 11n, r9: 12n }),
    {
      stop: "SIGTRAP",
      stopped: { ...registers, rdi: 7n, rsi: 8n, rdx: 9n, r10: 10n, r8: 11n, r9: 12n },
    },
  );
  yield tell(
    "INT 0x80 leaves rcx and r11 alone",
    "do_int80_emulation, arch/x86/entry/syscall_32.c",
    setregs({ rax: 20_000n, rcx: 1n, r11: 2n }, { on: "CONT", code: "int80" }),
    {
      stop: "SIGTRAP",
      stopped: { rcx: 1n, r11: 2n, rip: placeOf("int80") + 3n },
    },
    "32-bit calls",
  );
}

export const syscallStops: readonly Fact[] = [
  ...onArrival(),
  ...atEntry(),
  ...atSysemu(),
  ...atExit(),
  ...running(),
];
