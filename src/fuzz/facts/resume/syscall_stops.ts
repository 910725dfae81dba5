import type { Case } from "../../case/case.ts";
import { placeOf } from "../../case/code.ts";
import type { From } from "../../case/setups.ts";
import { by, type Expectation, type Row, setupFacts, TRAP_BRKPT } from "../fact.ts";
import { poke, setregs, show, type Words } from "../setups.ts";

const SYSCALL = placeOf("syscall");
const INT3 = placeOf("int3");
const [SCHED_YIELD, GETPID, RESTART, FORK, NONE] = [24n, 39n, 219n, 57n, 5000n];
const [ENOSYS, EINTR] = [-38n, -4n];
const ENTER = "syscall_trace_enter, kernel/entry/common.c";
const EXIT = "syscall_exit_work, kernel/entry/common.c";
const ENTRY_64 = "entry_SYSCALL_64, arch/x86/entry/entry_64.S";

/** What is there at a stop before anything is written. */
const arrival = (froms: readonly From[], written: Words): Row[] =>
  froms.map((from) => [`at a stop "${from}"`, poke([], { from }), { written }]);

/** Words that are written at an entry stop. */
const entry = (words: Words, on: Case["on"] = "CONT") => setregs(words, { from: "entry", on });
/** A SYSCALL that runs because RIP was set to one. */
const call = (words: Words, on: Case["on"] = "CONT") => setregs(words, { on, code: "syscall" });
const sysemu = (words: Words, on: Case["on"]) => setregs(words, { from: "sysemu", on });
const trap = (stopped: Words): Expectation => ({ stop: "SIGTRAP", stopped });

export const syscallStops = setupFacts("system call stops", (fact) => {
  const all = ["entry", "sysemu", "exit"] as const;
  fact(
    "At a stop of a system call orig_rax is the number, and the arguments are unchanged",
    ENTER,
    ...arrival(all, { orig_rax: GETPID, rdi: 0x1000_2000n, rsi: 0n, rdx: 0n, r10: 0n }),
  );
  fact(
    "At a stop of a system call rip is after the SYSCALL, rcx = rip, r11 = eflags, cs and ss are 64-bit",
    ENTRY_64,
    ...arrival(all, {
      ...{ rip: SYSCALL + 2n, rcx: SYSCALL + 2n, r11: 0x202n, eflags: 0x202n },
      ...{ cs: 0x33n, ss: 0x2bn },
    }),
  );
  fact(
    "At an entry stop and a SYSEMU stop rax is -ENOSYS",
    by(ENTRY_64, "W15"),
    ...arrival(["entry", "sysemu"], { rax: ENOSYS }),
  );
  fact(
    "At an entry stop the low half of orig_rax is the number of the call, and rax is not",
    by("syscall_get_nr, arch/x86/include/asm/syscall.h", "R30"),
    [
      "getpid by rax",
      entry({ orig_rax: NONE, rax: GETPID }),
      trap({ rax: ENOSYS, rip: INT3 + 1n }),
    ],
    ["no such call", entry({ orig_rax: NONE, rax: 77n }), trap({ rax: ENOSYS, rip: INT3 + 1n })],
    ["fork, which the filter denies", entry({ orig_rax: FORK, rax: 77n }), trap({ rax: ENOSYS })],
    ["-1, which the filter denies", entry({ orig_rax: -1n, rax: 77n }), trap({ rax: ENOSYS })],
    ["0xffffffff", entry({ orig_rax: 0xffff_ffffn, rax: 77n }), trap({ rax: ENOSYS })],
  );
  const yields = { stop: "call", stopped: { rax: 0n, orig_rax: SCHED_YIELD, rip: INT3 } } as const;
  const wide = 0xffff_ffff_0000_0000n | SCHED_YIELD;
  fact(
    "At an entry stop orig_rax = 24 makes the call sched_yield",
    by("syscall_get_nr, arch/x86/include/asm/syscall.h", "R31"),
    ["24", entry({ orig_rax: SCHED_YIELD, rax: 77n }), trap({ rax: 0n, rip: INT3 + 1n })],
    ["the upper half is ignored", entry({ orig_rax: wide, rax: 77n }), trap({ rax: 0n })],
  );
  fact(
    "restart_syscall with nothing to restart returns -EINTR",
    by("do_no_restart_syscall, kernel/signal.c", "R32"),
    ["at an entry stop", entry({ orig_rax: RESTART, rax: 77n }), trap({ rax: EINTR })],
    ["by SYSCALL", call({ rax: RESTART }), trap({ rax: EINTR })],
  );
  fact(
    "From an entry stop PTRACE_SYSCALL stops on the way out, also of a call that is refused",
    by(EXIT, "R34"),
    ["sched_yield", entry({ orig_rax: SCHED_YIELD }, "SYSCALL"), yields],
    [
      "the upper half of the number is kept",
      entry({ orig_rax: wide }, "SYSCALL"),
      { stop: "call", stopped: { rax: 0n, orig_rax: wide } },
    ],
    [
      "-1",
      entry({ orig_rax: -1n, rax: 5n }, "SYSCALL"),
      { stop: "call", stopped: { rax: ENOSYS, orig_rax: -1n, rip: INT3 } },
    ],
  );
  const nops = placeOf("nops");
  const step = { stop: "SIGTRAP", code: TRAP_BRKPT } as const;
  fact(
    "From an entry stop PTRACE_SINGLESTEP traps on the way out: TRAP_BRKPT, si_addr = rip",
    by("report_single_step, kernel/entry/common.c", "R35"),
    [
      "sched_yield",
      entry({ orig_rax: SCHED_YIELD }, "SINGLESTEP"),
      { ...step, address: INT3, stopped: { rax: 0n, rip: INT3 } },
    ],
    [
      "at the rip that was written",
      entry({ orig_rax: -1n, rip: nops }, "SINGLESTEP"),
      { ...step, address: nops, stopped: { rip: nops } },
    ],
  );
  fact(
    "After a SYSEMU stop no request runs the call: rax is kept",
    by(ENTER, "R33"),
    ...(["CONT", "SYSCALL", "SYSEMU", "SINGLESTEP", "SYSEMU_SINGLESTEP"] as const).map(
      (on): Row => {
        const stop = on === "SYSCALL" ? "call" : "SIGTRAP";
        return [
          on,
          sysemu({ orig_rax: SCHED_YIELD, rax: 77n }, on),
          { stop, stopped: { rax: 77n } },
        ];
      },
    ),
    ["a number in rax", sysemu({ rax: GETPID, orig_rax: GETPID }, "CONT"), trap({ rax: GETPID })],
  );
  fact(
    "From an exit stop rax is the result of the call, even a restart code",
    EXIT,
    ...[0n, 77n, -38n, -512n, -513n, -516n, 1n << 63n].map((rax): Row => {
      const it = setregs({ rax, orig_rax: GETPID }, { from: "exit", on: "CONT" });
      return [show(rax), it, trap({ rax, rip: INT3 + 1n })];
    }),
  );
  fact("From an exit stop rcx and r11 can be set", ENTRY_64, [
    "",
    setregs({ rcx: 1n, r11: 2n }, { from: "exit", on: "CONT" }),
    trap({ rcx: 1n, r11: 2n }),
  ]);
});
