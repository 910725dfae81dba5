import { placeOf } from "../../../case/amd64/code.ts";
import type { From } from "../../../case/arch.ts";
import type { Case } from "../../../case/case.ts";
import { breaks, by, callStop, each, type Row, setupFacts, trap } from "../../fact.ts";
import type { Words } from "../../words.ts";
import { pokeAt, setregs } from "../setups.ts";
import { ENTRY_64, SINGLE_STEP, SYSCALL_ENTER, SYSCALL_GET_NR } from "../sources.ts";

const SYSCALL = placeOf("syscall");
const [INT3, NOP] = [placeOf("int3"), placeOf("nops")];
const END = INT3 + 1n;
const ALL = ["entry", "sysemu", "exit"] as const;
const [SCHED_YIELD, GETPID, RESTART, FORK, NONE] = [24n, 39n, 219n, 57n, 5000n];
/** The number of sched_yield, with an upper half that is ignored. */
const WIDE = 0xffff_ffff_0000_0000n | SCHED_YIELD;
const [ENOSYS, EINTR] = [-38n, -4n];
const RESULTS = [0n, 77n, -38n, -512n, -513n, -516n, 1n << 63n];
const EXIT = "syscall_exit_work, kernel/entry/common.c";

/** What is there at a stop before anything is written. */
const arrival = (froms: readonly From[], written: Words): Row[] =>
  each('at a stop "%"', froms, (from) => [pokeAt({ from }), { written }]);

/** Words that are written at an entry stop. */
const entry = (words: Words, on: Case["on"] = "CONT") => setregs(words, { from: "entry", on });
/** A number there, and an rax that is not a result. */
const number = (orig_rax: bigint) => entry({ orig_rax, rax: 77n });
/** The exit stop after it. */
const exits = (name: string, words: Words, stopped: Words): Row => [
  name,
  entry(words, "SYSCALL"),
  callStop({ ...words, ...stopped }),
];
const exit = (words: Words) => setregs(words, { from: "exit", on: "CONT" });
const call = (words: Words) => setregs(words, { on: "CONT", code: "syscall" });
const sysemu = (words: Words, on: Case["on"]) => setregs(words, { from: "sysemu", on });

export const syscallStops = setupFacts("system call stops", {
  "At a stop of a system call orig_rax is the number, and the arguments are unchanged": [
    SYSCALL_ENTER,
    ...arrival(ALL, { orig_rax: GETPID, rdi: 0x1000_2000n, rsi: 0n, rdx: 0n, r10: 0n }),
  ],
  "At a stop of a system call rip is after the SYSCALL, rcx = rip, r11 = eflags, cs and ss are 64-bit":
    [
      ENTRY_64,
      ...arrival(ALL, {
        ...{ rip: SYSCALL + 2n, rcx: SYSCALL + 2n, r11: 0x202n, eflags: 0x202n },
        ...{ cs: 0x33n, ss: 0x2bn },
      }),
    ],
  "At an entry stop and a SYSEMU stop rax is -ENOSYS": [
    by(ENTRY_64, "W15"),
    ...arrival(["entry", "sysemu"], { rax: ENOSYS }),
  ],
  "At an entry stop the low half of orig_rax is the number of the call, and rax is not": [
    by(SYSCALL_GET_NR, "R30"),
    ["getpid by rax", entry({ orig_rax: NONE, rax: GETPID }), trap({ rax: ENOSYS, rip: END })],
    ["no such call", number(NONE), trap({ rax: ENOSYS, rip: END })],
    ["fork, which the filter denies", number(FORK), trap({ rax: ENOSYS })],
    ["-1, which the filter denies", number(-1n), trap({ rax: ENOSYS })],
    ["0xffffffff", number(0xffff_ffffn), trap({ rax: ENOSYS })],
  ],
  "At an entry stop orig_rax = 24 makes the call sched_yield": [
    by(SYSCALL_GET_NR, "R31"),
    ["24", number(SCHED_YIELD), trap({ rax: 0n, rip: END })],
    ["the upper half is ignored", number(WIDE), trap({ rax: 0n })],
  ],
  "restart_syscall with nothing to restart returns -EINTR": [
    by("do_no_restart_syscall, kernel/signal.c", "R32"),
    ["at an entry stop", number(RESTART), trap({ rax: EINTR })],
    ["by SYSCALL", call({ rax: RESTART }), trap({ rax: EINTR })],
  ],
  "From an entry stop PTRACE_SYSCALL stops on the way out, also of a call that is refused": [
    by(EXIT, "R34"),
    exits("sched_yield", { orig_rax: SCHED_YIELD }, { rax: 0n, rip: INT3 }),
    exits("the upper half of the number is kept", { orig_rax: WIDE }, { rax: 0n }),
    exits("-1", { orig_rax: -1n, rax: 5n }, { rax: ENOSYS, rip: INT3 }),
  ],
  "From an entry stop PTRACE_SINGLESTEP traps on the way out: TRAP_BRKPT, si_addr = rip": [
    by(SINGLE_STEP, "R35"),
    ["sched_yield", entry({ orig_rax: SCHED_YIELD }, "SINGLESTEP"), breaks(INT3, { rax: 0n })],
    ["at the rip that was written", entry({ orig_rax: -1n, rip: NOP }, "SINGLESTEP"), breaks(NOP)],
  ],
  "After a SYSEMU stop no request runs the call: rax is kept": [
    by(SYSCALL_ENTER, "R33"),
    ...each("%", ["CONT", "SYSCALL", "SYSEMU", "SINGLESTEP", "SYSEMU_SINGLESTEP"], (on) => [
      sysemu({ orig_rax: SCHED_YIELD, rax: 77n }, on),
      { stop: on === "SYSCALL" ? "call" : "SIGTRAP", stopped: { rax: 77n } },
    ]),
    ["a number in rax", sysemu({ rax: GETPID, orig_rax: GETPID }, "CONT"), trap({ rax: GETPID })],
  ],
  "From an exit stop rax is the result of the call, even a restart code": [
    EXIT,
    ...each("%", RESULTS, (rax) => [exit({ rax, orig_rax: GETPID }), trap({ rax, rip: END })]),
  ],
  "From an exit stop rcx and r11 can be set": [
    ENTRY_64,
    ["", exit({ rcx: 1n, r11: 2n }), trap({ rcx: 1n, r11: 2n })],
  ],
});
