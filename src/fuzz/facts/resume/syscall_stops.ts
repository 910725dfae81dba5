import type { Case } from "../../case/case.ts";
import { placeOf } from "../../case/code.ts";
import type { From } from "../../case/setups.ts";
import { type Expectation, type Row, setupFacts, TRAP_BRKPT } from "../fact.ts";
import { poke, setregs, show, type Words } from "../setups.ts";

const SYSCALL = placeOf("syscall");
const INT3 = placeOf("int3");
const [SCHED_YIELD, GETPID, RESTART, FORK, NONE] = [24n, 39n, 219n, 57n, 5000n];
const [ENOSYS, EINTR, ENXIO] = [-38n, -4n, -6n];
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
    "",
    ...arrival(all, { orig_rax: GETPID, rdi: 0x1000_2000n, rsi: 0n, rdx: 0n, r10: 0n }),
  );
  fact(
    "At a stop of a system call rip is after the SYSCALL, rcx = rip, r11 = eflags, cs and ss are 64-bit",
    ENTRY_64,
    "",
    ...arrival(all, {
      ...{ rip: SYSCALL + 2n, rcx: SYSCALL + 2n, r11: 0x202n, eflags: 0x202n },
      ...{ cs: 0x33n, ss: 0x2bn },
    }),
  );
  fact(
    "On the way in rax is -ENOSYS",
    ENTRY_64,
    "W15",
    ...arrival(["entry", "sysemu"], { rax: ENOSYS }),
  );
  fact(
    "At an entry stop the low half of orig_rax is the number of the call, and rax is not",
    "syscall_get_nr, arch/x86/include/asm/syscall.h",
    "R30",
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
    "syscall_get_nr, arch/x86/include/asm/syscall.h",
    "R31",
    ["24", entry({ orig_rax: SCHED_YIELD, rax: 77n }), trap({ rax: 0n, rip: INT3 + 1n })],
    ["the upper half is ignored", entry({ orig_rax: wide, rax: 77n }), trap({ rax: 0n })],
  );
  fact(
    "restart_syscall with nothing to restart returns -EINTR",
    "do_no_restart_syscall, kernel/signal.c",
    "R32",
    ["at an entry stop", entry({ orig_rax: RESTART, rax: 77n }), trap({ rax: EINTR })],
    ["by SYSCALL", call({ rax: RESTART }), trap({ rax: EINTR })],
  );
  fact(
    "From an entry stop PTRACE_SYSCALL stops on the way out, also of a call that is refused",
    EXIT,
    "R34",
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
    "report_single_step, kernel/entry/common.c",
    "R35",
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
    ENTER,
    "R33",
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
    "",
    ...[0n, 77n, -38n, -512n, -513n, -516n, 1n << 63n].map((rax): Row => {
      const it = setregs({ rax, orig_rax: GETPID }, { from: "exit", on: "CONT" });
      return [show(rax), it, trap({ rax, rip: INT3 + 1n })];
    }),
  );
  fact("From an exit stop rcx and r11 can be set", ENTRY_64, "", [
    "",
    setregs({ rcx: 1n, r11: 2n }, { from: "exit", on: "CONT" }),
    trap({ rcx: 1n, r11: 2n }),
  ]);
  fact("SYSCALL stores rip in rcx", "SYSCALL, SDM volume 2", "R37", [
    "",
    call({ rax: SCHED_YIELD, rcx: 5n }),
    trap({ rcx: SYSCALL + 2n, rip: SYSCALL + 3n }),
  ]);
  fact(
    "SYSCALL stores eflags in r11",
    "SYSCALL, SDM volume 2",
    "R38",
    ...[0x246n, 0x44602n].map((eflags): Row => {
      return [
        show(eflags),
        call({ rax: NONE, eflags }),
        trap({ r11: eflags, eflags, rax: ENOSYS }),
      ];
    }),
  );
  fact("An exception stores -1 in orig_rax", "arch/x86/entry/entry_64.S", "R53", [
    "",
    call({ rax: SCHED_YIELD, orig_rax: 3n }),
    trap({ orig_rax: -1n }),
  ]);
  const six = { rdi: -1n, rsi: 1n << 63n, rdx: 9n, r10: 0x1234_5678_9abc_def0n, r8: 0n, r9: 12n };
  const kept = { rbx: 1n, rbp: 2n, r12: 3n, r13: 4n, r14: 5n, r15: 6n };
  fact(
    "PTRACE_SYSCALL, SYSEMU and SYSEMU_SINGLESTEP stop on the way in, with number and arguments unchanged",
    ENTER,
    "R39",
    ...(["SYSCALL", "SYSEMU", "SYSEMU_SINGLESTEP"] as const).flatMap((on): Row[] =>
      [SCHED_YIELD, 0n, -1n, (1n << 63n) - 1n, 0xffff_ffff_0000_0001n].map((rax): Row => {
        const stopped = { ...six, ...kept, rax: ENOSYS, orig_rax: rax, rip: SYSCALL + 2n };
        return [
          `${on}, rax = ${show(rax)}`,
          call({ ...six, ...kept, rax }, on),
          { stop: "call", stopped },
        ];
      }),
    ),
  );
  fact(
    "rip - 2 and another number, written at a SYSEMU stop, make the next call",
    ENTER,
    "R39",
    ...[GETPID, NONE].map((rax): Row => {
      const it = setregs({ ...six, rax }, { from: "sysemu", on: "SYSEMU", code: "syscall" });
      const stopped = { ...six, rax: ENOSYS, orig_rax: rax, rip: SYSCALL + 2n };
      return [`rax = ${rax}`, it, { stop: "call", stopped }];
    }),
  );
  fact(
    "A call is made with any rsp",
    ENTRY_64,
    "R31",
    ...[0n, 7n, 1n << 63n, -1n, 0xffff_8000_0000_0000n].map((rsp): Row => {
      return [`rsp = ${show(rsp)}`, call({ rax: SCHED_YIELD, rsp }), trap({ rax: 0n, rsp })];
    }),
  );
  fact(
    "A call keeps DF, NT and AC, all arguments, and the callee-saved registers",
    ENTRY_64,
    "R31",
    ...[0x400n, 0x4000n, 0x40000n].map((flag): Row => {
      const eflags = 0x202n | flag;
      return [`eflags = ${show(eflags)}`, call({ rax: SCHED_YIELD, eflags }), trap({ eflags })];
    }),
    ["registers", call({ ...six, ...kept, rax: SCHED_YIELD }), trap({ ...six, ...kept })],
  );
  fact(
    "INT 0x80 makes the call of the low half of rax, and keeps rcx and r11",
    "do_int80_emulation, arch/x86/entry/syscall_32.c",
    "R58",
    [
      "CONT",
      setregs({ rax: 20_000n, rcx: 1n, r11: 2n }, { on: "CONT", code: "int80" }),
      trap({ rcx: 1n, r11: 2n, rip: placeOf("int80") + 3n }),
      "32-bit calls",
    ],
    [
      "SYSCALL",
      setregs({ rax: -2n, rcx: 9n }, { on: "SYSCALL", code: "int80" }),
      { stop: "call", stopped: { orig_rax: 0xffff_fffen, rcx: 9n } },
      "32-bit calls",
    ],
  );
  const UPROBES = "arch/x86/kernel/uprobes.c";
  fact("uprobe outside of a probe is -ENXIO, and no filter sees it", `uprobe, ${UPROBES}`, "R68", [
    "",
    call({ rax: 336n }),
    trap({ rax: ENXIO }),
    "uprobe",
  ]);
  fact("uretprobe outside of a probe is SIGILL", `uretprobe, ${UPROBES}`, "R70", [
    "",
    call({ rax: 335n }),
    { stop: "SIGILL", code: 128, stopped: { rax: -1n } },
    "uretprobe",
  ]);
});
