import { placeOf } from "../../../case/amd64/code.ts";
import type { From } from "../../../case/arch.ts";
import { by, each, type Row, setupFacts, trap } from "../../fact.ts";
import { JOBCTL, REPORT_SYSCALL } from "../../sources.ts";
import { show } from "../../words.ts";
import { setregs } from "../setups.ts";

const rip = placeOf("int3");
const ENDS = [1, 2, 3, 4, 6, 8, 11, 13, 14, 15, 16, 24, 26, 29, 31, 33, 64] as const;
const GET_SIGNAL = "get_signal, kernel/signal.c";
const FROMS = ["entry", "exit", "sysemu"] as const;

const go = (signal: number, from: From = "signal") =>
  setregs({ rax: 7n }, { on: "CONT", from, signal });

const outcome = (signals: readonly number[], expected: Row[2], from?: From): Row[] =>
  signals.map((signal) => [`signal ${show(BigInt(signal))}`, go(signal, from), expected]);
/** Signals after which the INT3 is what stops the tracee. */
const nothing = (signals: readonly number[], from?: From) =>
  outcome(signals, { ...trap({ rip: rip + 1n }), code: "SI_KERNEL" }, from);

export const signals = setupFacts("signals when resumed", {
  "A signal above 64 is EIO, and the tracee stays stopped": [
    by("valid_signal, include/linux/signal.h", "R1"),
    ...outcome([65, 128, 2 ** 31, 2 ** 32 - 1], { resumeError: "EIO" }),
    ["at an entry stop", go(65, "entry"), { resumeError: "EIO" }],
  ],
  "A signal whose default is to end the process ends it without another stop": [
    by(GET_SIGNAL, "R2 R78"),
    ...each("signal %", ENDS, (signal) => [go(signal), { killedBy: signal }]),
  ],
  "A signal that is ignored by default does nothing": [
    by("sig_kernel_ignore, include/linux/signal.h", "R3"),
    ...nothing([17, 18, 23, 28]),
  ],
  "SIGTSTP, SIGTTIN and SIGTTOU do nothing in an orphaned process group": [
    by(GET_SIGNAL, "R4"),
    ...nothing([20, 21, 22]),
  ],
  "SIGSTOP stops before anything runs": [
    by("do_signal_stop, kernel/signal.c", "R5"),
    ["", go(19), { stop: "SIGSTOP", stopped: { rip, rax: 7n } }],
  ],
  "From a stop of a system call a signal is sent: it has its own stop, si_code SI_KERNEL, before anything runs":
    [
      by(REPORT_SYSCALL, "R8"),
      ...FROMS.flatMap((at) => [
        ...each('SIGTERM, from "%"', [at], (from) => [
          go(15, from),
          { stop: "SIGTERM", code: "SI_KERNEL", stopped: { rip } },
        ]),
        ...each('SIGUSR1, which has a handler, from "%"', [at], (from) => [
          go(10, from),
          { stop: "SIGUSR1", stopped: { rip } },
        ]),
      ]),
      ["SIGSEGV", go(11, "exit"), { stop: "SIGSEGV", code: "SI_KERNEL", address: 0n }],
    ],
  "From a stop of a system call SIGKILL ends the process without a stop of its own": [
    by("complete_signal, kernel/signal.c", "R9"),
    ...each('from "%"', FROMS, (from) => [go(9, from), { killedBy: 9 }]),
  ],
  "From a group-stop a signal is ignored": [
    by(JOBCTL, "R7"),
    ...nothing([10, 11, 15, 19], "group"),
  ],
});
