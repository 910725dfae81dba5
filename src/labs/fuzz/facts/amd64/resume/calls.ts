import { placeOf } from "../../../case/amd64/code.ts";
import type { Case } from "../../../case/case.ts";
import { by, callStop, each, pairs, setupFacts, trap } from "../../fact.ts";
import type { Words } from "../../words.ts";
import { setregs } from "../setups.ts";
import { ENTRY_64, SYSCALL_ENTER } from "../sources.ts";

const SYSCALL = placeOf("syscall");
const [SCHED_YIELD, NONE] = [24n, 5000n];
const [ENOSYS, ENXIO, EPROTO] = [-38n, -6n, -71n];
const MANUAL = "SYSCALL, SDM volume 2";
const ILLEGAL = { stop: "SIGILL", code: "SI_KERNEL", stopped: { rax: -1n } } as const;
const AFTER_INT80 = { rcx: 1n, r11: 2n, rip: placeOf("int80") + 3n };
/** The low half of -2. */
const LOW = 0xffff_fffen;
const IA32 = "32-bit calls";
const UPROBES = "arch/x86/kernel/uprobes.c";

/** A SYSCALL that runs because RIP was set to one. */
const call = (words: Words, on: Case["on"] = "CONT") => setregs(words, { on, code: "syscall" });
const yields = (words: Words) => call({ ...words, rax: SCHED_YIELD });
const int80 = (words: Words, on: Case["on"]) => setregs(words, { on, code: "int80" });

/** Values of rsp where no stack is. */
const STACKS = [0n, 7n, 1n << 63n, -1n, 0xffff_8000_0000_0000n];
/** DF, NT and AC. */
const FLAGS = [0x602n, 0x4202n, 0x40202n];
const ON = ["SYSCALL", "SYSEMU", "SYSEMU_SINGLESTEP"] as const;
const NUMBERS = [SCHED_YIELD, 0n, -1n, (1n << 63n) - 1n, 0xffff_ffff_0000_0001n];
const six = { rdi: -1n, rsi: 1n << 63n, rdx: 9n, r10: 0x1234_5678_9abc_def0n, r8: 0n, r9: 12n };
const kept = { rbx: 1n, rbp: 2n, r12: 3n, r13: 4n, r14: 5n, r15: 6n };
const all = { ...six, ...kept };

export const calls = setupFacts("system calls", {
  "SYSCALL stores rip in rcx": [
    by(MANUAL, "R37"),
    ["", yields({ rcx: 5n }), trap({ rcx: SYSCALL + 2n, rip: SYSCALL + 3n })],
  ],
  "SYSCALL stores eflags in r11": [
    by(MANUAL, "R38"),
    ...each("%", [0x246n, 0x44602n], (eflags) => [
      call({ rax: NONE, eflags }),
      trap({ r11: eflags, eflags, rax: ENOSYS }),
    ]),
  ],
  "An exception stores -1 in orig_rax": [
    by("arch/x86/entry/entry_64.S", "R53"),
    ["", yields({ orig_rax: 3n }), trap({ orig_rax: -1n })],
  ],
  "PTRACE_SYSCALL, SYSEMU and SYSEMU_SINGLESTEP stop on the way in, with number and arguments unchanged":
    [
      by(SYSCALL_ENTER, "R39"),
      ...each("%, rax = %", pairs(ON, NUMBERS), ([on, rax]) => [
        call({ ...all, rax }, on),
        callStop({ ...all, rax: ENOSYS, orig_rax: rax, rip: SYSCALL + 2n }),
      ]),
    ],
  "rip - 2 and another number, written at a SYSEMU stop, make the next call": [
    by(SYSCALL_ENTER, "R39"),
    ...each("rax = %", [39, 5000], (number) => [
      setregs({ ...six, rax: BigInt(number) }, { from: "sysemu", on: "SYSEMU", code: "syscall" }),
      callStop({ ...six, rax: ENOSYS, orig_rax: BigInt(number), rip: SYSCALL + 2n }),
    ]),
  ],
  "A call is made with any rsp": [
    by(ENTRY_64, "R31"),
    ...each("rsp = %", STACKS, (rsp) => [yields({ rsp }), trap({ rax: 0n, rsp })]),
  ],
  "A call keeps DF, NT and AC, all arguments, and the callee-saved registers": [
    by(ENTRY_64, "R31"),
    ...each("eflags = %", FLAGS, (eflags) => [yields({ eflags }), trap({ eflags })]),
    ["registers", yields(all), trap(all)],
  ],
  "INT 0x80 makes the call of the low half of rax, and keeps rcx and r11": [
    by("do_int80_emulation, arch/x86/entry/syscall_32.c", "R58"),
    ["CONT", int80({ rax: 20_000n, rcx: 1n, r11: 2n }, "CONT"), trap(AFTER_INT80), IA32],
    [
      "SYSCALL",
      int80({ rax: -2n, rcx: 9n }, "SYSCALL"),
      callStop({ orig_rax: LOW, rcx: 9n }),
      IA32,
    ],
  ],
  "uprobe outside of a probe is -ENXIO, and no filter sees it": [
    by(`uprobe, ${UPROBES}`, "R68"),
    ["", call({ rax: 336n }), trap({ rax: ENXIO }), "uprobe"],
  ],
  "From Linux 7.2 on uprobe outside of a probe is -EPROTO, and no filter sees it": [
    by(`uprobe, ${UPROBES}`, "R105"),
    ["", call({ rax: 336n }), trap({ rax: EPROTO }), "uprobe with EPROTO"],
  ],
  "uretprobe outside of a probe is SIGILL": [
    by(`uretprobe, ${UPROBES}`, "R70"),
    ["", call({ rax: 335n }), ILLEGAL, "uretprobe"],
  ],
});
