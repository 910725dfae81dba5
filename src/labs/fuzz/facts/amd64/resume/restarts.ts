import { placeOf } from "../../../case/amd64/code.ts";
import type { From } from "../../../case/arch.ts";
import type { Case } from "../../../case/case.ts";
import { by, callStop, each, type Row, setupFacts, trap } from "../../fact.ts";
import { setregs } from "../setups.ts";
import { DO_SIGNAL, HANDLE_SIGNAL, SYSCALL_GET_NR } from "../sources.ts";

const NOPS = placeOf("nops");
/** A number in orig_rax of which no call is made: rip - 2 is an INT3. */
const NUMBER = 777n;
const EINTR = -4n;
const [RESTART_SYSCALL, SCHED_YIELD] = [219n, 24n];

// linux/errno.h
const CODES = {
  ...{ ERESTARTSYS: -512n, ERESTARTNOINTR: -513n, ERESTARTNOHAND: -514n },
  ...{ ENOIOCTLCMD: -515n, ERESTART_RESTARTBLOCK: -516n },
} as const;
type Code = keyof typeof CODES;
const RESTARTED = ["ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND"] as const;
const NAMES = [...RESTARTED, "ENOIOCTLCMD", "ERESTART_RESTARTBLOCK"] as const;

interface At {
  readonly from?: From;
  readonly on?: Case["on"];
  readonly signal?: number;
  readonly number?: bigint;
}

/** A restart code in rax, at code that makes no call. */
function go(rax: bigint, { from = "signal", on = "CONT", signal = 0, number = NUMBER }: At = {}) {
  return setregs({ rax, orig_rax: number }, { from, on, signal, code: "nops" });
}

/** Whether rip went back by 2, to an INT3, is seen by where the code stops. */
const back = (rax: bigint) => trap({ rax, rip: NOPS - 1n });
const stays = (rax: bigint) => trap({ rax, rip: NOPS + 17n });

const STOPS = ["signal", "group"] as const;
const SIGUSR1 = { signal: 10, what: "" };
const SA_RESTART = { signal: 12, what: " with SA_RESTART" };
const HANDLERS = [SIGUSR1, SA_RESTART];

/** What the frame of a handler has. */
function framed(code: Code, { signal, what }: typeof SIGUSR1, rax: bigint, rip: bigint): Row {
  const stopped = { rip: placeOf("handler") + 1n, rax: 0n };
  const expected = { ...trap(stopped), frame: { rax, rip } };
  return [`-${code}, a handler${what}`, go(CODES[code], { signal }), expected];
}

/** The call of orig_rax, made again: rip is after a SYSCALL. */
const rip = placeOf("syscall") + 2n;
const again = (rax: bigint, on: Case["on"]) => setregs({ rax, orig_rax: SCHED_YIELD, rip }, { on });

export const restarts = setupFacts("restarts", {
  "Without a handler -ERESTARTSYS, -ERESTARTNOINTR and -ERESTARTNOHAND restart: rax = orig_rax, rip -= 2":
    [
      by(DO_SIGNAL, "R10"),
      ...STOPS.flatMap((from) =>
        each(`-%, from "${from}"`, RESTARTED, (code) => [go(CODES[code], { from }), back(NUMBER)]),
      ),
      ...each("PTRACE_%", ["SINGLESTEP", "SYSEMU", "SYSEMU_SINGLESTEP", "SYSCALL"], (on) => [
        go(-512n, { on }),
        back(NUMBER),
      ]),
    ],
  "Without a handler -ERESTART_RESTARTBLOCK restarts with rax = restart_syscall": [
    by(DO_SIGNAL, "R11"),
    ...each('from "%"', STOPS, (from) => [go(-516n, { from }), back(RESTART_SYSCALL)]),
  ],
  "No other value of rax restarts": [
    DO_SIGNAL,
    ...each(
      "rax = %",
      [-511n, -515n, -517n, -4n, 0n, 0xffff_fe00n, 0x7fff_ffff_ffff_fe00n],
      (rax) => [go(rax), stays(rax)],
    ),
  ],
  "A restart copies all 64 bits of orig_rax to rax": [
    by(DO_SIGNAL, "R10"),
    ...each("%", [0n, 1n << 32n], (number) => [go(-512n, { number }), back(number)]),
    ["-2", go(-512n, { number: -2n }), back(-2n), "negative restarts"],
  ],
  "If the low half of orig_rax is -1, nothing restarts": [
    by(SYSCALL_GET_NR, "R12"),
    ...each("%", [(1n << 63n) - 1n, -1n, 0xffff_ffffn], (number) => [
      go(-512n, { number }),
      stays(-512n),
    ]),
    ...HANDLERS.map(({ signal, what }): Row => {
      const it = go(-512n, { signal, number: -1n });
      return [`a handler${what}`, it, { stop: "SIGTRAP", frame: { rax: -512n, rip: NOPS } }];
    }),
  ],
  "Before Linux 5.14 nothing restarts if the low half of orig_rax is negative": [
    by("arch_do_signal, arch/x86/kernel/signal.c, 5.10", "R103"),
    ...each("%", [-2n, 0x8000_0000n, (1n << 63n) - 2n], (number) => [
      go(-512n, { number }),
      stays(-512n),
      "no negative restarts",
    ]),
  ],
  "With a handler -ERESTARTNOHAND and -ERESTART_RESTARTBLOCK become -EINTR": [
    by(HANDLE_SIGNAL, "R13"),
    ...HANDLERS.flatMap((handler) => [
      framed("ERESTARTNOHAND", handler, EINTR, NOPS),
      framed("ERESTART_RESTARTBLOCK", handler, EINTR, NOPS),
    ]),
  ],
  "With a handler -ERESTARTSYS becomes -EINTR": [
    by(HANDLE_SIGNAL, "R14"),
    framed("ERESTARTSYS", SIGUSR1, EINTR, NOPS),
  ],
  "-ERESTARTNOINTR, and -ERESTARTSYS with SA_RESTART, restart after the handler": [
    by(HANDLE_SIGNAL, "R15"),
    framed("ERESTARTSYS", SA_RESTART, NUMBER, NOPS - 2n),
    ...HANDLERS.map((handler) => framed("ERESTARTNOINTR", handler, NUMBER, NOPS - 2n)),
  ],
  "With a handler -ENOIOCTLCMD is kept": [
    HANDLE_SIGNAL,
    ...HANDLERS.map((handler) => framed("ENOIOCTLCMD", handler, -515n, NOPS)),
  ],
  "From a stop of a system call, with no signal pending, restart codes reach the program": [
    "exit_to_user_mode_loop, kernel/entry/common.c",
    ...(["exit", "sysemu"] as const).flatMap((from) =>
      each(`-%, from "${from}"`, NAMES, (code) => [go(CODES[code], { from }), stays(CODES[code])]),
    ),
  ],
  "After a SYSCALL a restart makes the call of orig_rax again": [
    by(DO_SIGNAL, "R10"),
    ["CONT", again(-512n, "CONT"), trap({ rax: 0n, rip: rip + 1n, rcx: rip })],
    ...each("SYSCALL, -%", RESTARTED, (code) => [
      again(CODES[code], "SYSCALL"),
      callStop({ orig_rax: SCHED_YIELD, rax: -38n, rip }),
    ]),
  ],
  "After a SYSCALL -ERESTART_RESTARTBLOCK calls restart_syscall": [
    by(DO_SIGNAL, "R11"),
    ["CONT", again(-516n, "CONT"), trap({ rax: EINTR, rip: rip + 1n })],
    ["SYSCALL", again(-516n, "SYSCALL"), callStop({ orig_rax: RESTART_SYSCALL, rax: -38n, rip })],
  ],
});
