import { placeOf } from "../../case/code.ts";
import type { From } from "../../case/setups.ts";
import { by, type Row, SI_KERNEL, setupFacts } from "../fact.ts";
import { setregs, show } from "../setups.ts";

const INT3 = placeOf("int3");
const ENDS = [1, 2, 3, 4, 6, 8, 11, 13, 14, 15, 16, 24, 26, 29, 31, 33, 64] as const;
const GET_SIGNAL = "get_signal, kernel/signal.c";
const JOBCTL = "do_jobctl_trap, kernel/signal.c";

const go = (signal: number, from: From = "signal") =>
  setregs({ rax: 7n }, { on: "CONT", from, signal });
const runs = { stop: "SIGTRAP", code: SI_KERNEL, stopped: { rip: INT3 + 1n } } as const;

const each = (signals: readonly number[], expected: Row[2], from?: From): Row[] =>
  signals.map((signal) => [`signal ${show(BigInt(signal))}`, go(signal, from), expected]);

export const signals = setupFacts("signals when resumed", (fact) => {
  fact(
    "A signal above 64 is EIO, and the tracee stays stopped",
    by("valid_signal, include/linux/signal.h", "R1"),
    ...each([65, 128, 2 ** 31, 2 ** 32 - 1], { resumeError: "EIO" }),
    ["at an entry stop", go(65, "entry"), { resumeError: "EIO" }],
  );
  fact(
    "A signal whose default is to end the process ends it without another stop",
    by(GET_SIGNAL, "R2 R78"),
    ...ENDS.map((signal): Row => [`signal ${signal}`, go(signal), { killedBy: signal }]),
  );
  fact(
    "A signal that is ignored by default does nothing",
    by("sig_kernel_ignore, include/linux/signal.h", "R3"),
    ...each([17, 18, 23, 28], runs),
  );
  fact(
    "SIGTSTP, SIGTTIN and SIGTTOU do nothing in an orphaned process group",
    by(GET_SIGNAL, "R4"),
    ...each([20, 21, 22], runs),
  );
  fact("SIGSTOP stops before anything runs", by("do_signal_stop, kernel/signal.c", "R5"), [
    "",
    go(19),
    { stop: "SIGSTOP", stopped: { rip: INT3, rax: 7n } },
  ]);
  const froms = ["entry", "exit", "sysemu"] as const;
  fact(
    "From a stop of a system call a signal is sent: it has its own stop, si_code SI_KERNEL, before anything runs",
    by("ptrace_report_syscall, include/linux/ptrace.h", "R8"),
    ...froms.flatMap((from): Row[] => [
      [
        `SIGTERM, from "${from}"`,
        go(15, from),
        { stop: "SIGTERM", code: SI_KERNEL, stopped: { rip: INT3 } },
      ],
      [
        `SIGUSR1, which has a handler, from "${from}"`,
        go(10, from),
        { stop: "SIGUSR1", stopped: { rip: INT3 } },
      ],
    ]),
    ["SIGSEGV", go(11, "exit"), { stop: "SIGSEGV", code: SI_KERNEL, address: 0n }],
  );
  fact(
    "From a stop of a system call SIGKILL ends the process without a stop of its own",
    by("complete_signal, kernel/signal.c", "R9"),
    ...froms.map((from): Row => [`from "${from}"`, go(9, from), { killedBy: 9 }]),
  );
  fact(
    "From a group-stop a signal is ignored",
    by(JOBCTL, "R7"),
    ...each([10, 11, 15, 19], runs, "group"),
  );
});
