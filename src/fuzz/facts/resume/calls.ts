import type { Case } from "../../case/case.ts";
import { placeOf } from "../../case/code.ts";
import { by, type Expectation, type Row, setupFacts } from "../fact.ts";
import { setregs, show, type Words } from "../setups.ts";

const SYSCALL = placeOf("syscall");
const [SCHED_YIELD, GETPID, NONE] = [24n, 39n, 5000n];
const [ENOSYS, ENXIO] = [-38n, -6n];
const ENTER = "syscall_trace_enter, kernel/entry/common.c";
const ENTRY_64 = "entry_SYSCALL_64, arch/x86/entry/entry_64.S";

/** A SYSCALL that runs because RIP was set to one. */
const call = (words: Words, on: Case["on"] = "CONT") => setregs(words, { on, code: "syscall" });
const trap = (stopped: Words): Expectation => ({ stop: "SIGTRAP", stopped });

export const calls = setupFacts("system calls", (fact) => {
  fact("SYSCALL stores rip in rcx", by("SYSCALL, SDM volume 2", "R37"), [
    "",
    call({ rax: SCHED_YIELD, rcx: 5n }),
    trap({ rcx: SYSCALL + 2n, rip: SYSCALL + 3n }),
  ]);
  fact(
    "SYSCALL stores eflags in r11",
    by("SYSCALL, SDM volume 2", "R38"),
    ...[0x246n, 0x44602n].map((eflags): Row => {
      return [
        show(eflags),
        call({ rax: NONE, eflags }),
        trap({ r11: eflags, eflags, rax: ENOSYS }),
      ];
    }),
  );
  fact("An exception stores -1 in orig_rax", by("arch/x86/entry/entry_64.S", "R53"), [
    "",
    call({ rax: SCHED_YIELD, orig_rax: 3n }),
    trap({ orig_rax: -1n }),
  ]);
  const six = { rdi: -1n, rsi: 1n << 63n, rdx: 9n, r10: 0x1234_5678_9abc_def0n, r8: 0n, r9: 12n };
  const kept = { rbx: 1n, rbp: 2n, r12: 3n, r13: 4n, r14: 5n, r15: 6n };
  fact(
    "PTRACE_SYSCALL, SYSEMU and SYSEMU_SINGLESTEP stop on the way in, with number and arguments unchanged",
    by(ENTER, "R39"),
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
    by(ENTER, "R39"),
    ...[GETPID, NONE].map((rax): Row => {
      const it = setregs({ ...six, rax }, { from: "sysemu", on: "SYSEMU", code: "syscall" });
      const stopped = { ...six, rax: ENOSYS, orig_rax: rax, rip: SYSCALL + 2n };
      return [`rax = ${rax}`, it, { stop: "call", stopped }];
    }),
  );
  fact(
    "A call is made with any rsp",
    by(ENTRY_64, "R31"),
    ...[0n, 7n, 1n << 63n, -1n, 0xffff_8000_0000_0000n].map((rsp): Row => {
      return [`rsp = ${show(rsp)}`, call({ rax: SCHED_YIELD, rsp }), trap({ rax: 0n, rsp })];
    }),
  );
  fact(
    "A call keeps DF, NT and AC, all arguments, and the callee-saved registers",
    by(ENTRY_64, "R31"),
    ...[0x400n, 0x4000n, 0x40000n].map((flag): Row => {
      const eflags = 0x202n | flag;
      return [`eflags = ${show(eflags)}`, call({ rax: SCHED_YIELD, eflags }), trap({ eflags })];
    }),
    ["registers", call({ ...six, ...kept, rax: SCHED_YIELD }), trap({ ...six, ...kept })],
  );
  fact(
    "INT 0x80 makes the call of the low half of rax, and keeps rcx and r11",
    by("do_int80_emulation, arch/x86/entry/syscall_32.c", "R58"),
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
  fact(
    "uprobe outside of a probe is -ENXIO, and no filter sees it",
    by(`uprobe, ${UPROBES}`, "R68"),
    ["", call({ rax: 336n }), trap({ rax: ENXIO }), "uprobe"],
  );
  fact("uretprobe outside of a probe is SIGILL", by(`uretprobe, ${UPROBES}`, "R70"), [
    "",
    call({ rax: 335n }),
    { stop: "SIGILL", code: 128, stopped: { rax: -1n } },
    "uretprobe",
  ]);
});
