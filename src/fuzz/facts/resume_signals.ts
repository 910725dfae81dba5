import type { Case } from "../case/case.ts";
import { placeOf } from "../case/code.ts";
import { type Fact, SI_KERNEL, setregs, show, tellOf } from "./fact.ts";

const tell = tellOf("signals when resumed");

const INT3 = placeOf("int3");
const ENDS = [1, 2, 3, 4, 6, 8, 11, 13, 14, 15, 16, 24, 26, 29, 31, 33, 64] as const;
const IGNORED = [17, 18, 23, 28] as const;

function* facts(): Generator<Fact> {
  const go = (signal: number, from: Case["from"] = "signal") =>
    setregs({}, { on: "CONT", from, signal });
  for (const signal of [65, 128, 2 ** 31, 2 ** 32 - 1]) {
    yield tell(
      `A signal of ${show(BigInt(signal))} is EIO, and nothing is resumed`,
      "R1",
      go(signal),
      { resumeError: "EIO" },
    );
  }
  yield tell("A signal of 65 is EIO at an entry stop, too", "R1", go(65, "entry"), {
    resumeError: "EIO",
  });
  for (const signal of ENDS) {
    yield tell(
      `Signal ${signal}, which ends a process, ends it without another stop`,
      "get_signal, kernel/signal.c",
      go(signal),
      {
        killedBy: signal,
      },
    );
  }
  yield tell("SIGKILL ends it", "complete_signal, kernel/signal.c", go(9), { killedBy: 9 });
  for (const signal of IGNORED) {
    yield tell(`Signal ${signal}, which does nothing, does nothing`, "R3", go(signal), {
      stop: "SIGTRAP",
      stopped: { rip: INT3 + 1n },
    });
  }
  yield tell("SIGSTOP stops it before anything has run", "R5", go(19), {
    stop: "SIGSTOP",
    stopped: { rip: INT3 },
  });
  for (const from of ["entry", "exit", "sysemu"] as const) {
    yield tell(
      `From a stop "${from}" a signal has a stop of its own, before anything has run: SI_KERNEL`,
      "R8",
      go(15, from),
      {
        stop: "SIGTERM",
        code: SI_KERNEL,
        stopped: { rip: INT3 },
      },
    );
    yield tell(`From a stop "${from}" a signal with a handler has one, too`, "R8", go(10, from), {
      stop: "SIGUSR1",
      stopped: { rip: INT3 },
    });
  }
  yield tell("From a group-stop a signal is not looked at", "R7", go(15, "group"), {
    stop: "SIGTRAP",
    stopped: { rip: INT3 + 1n },
  });
  yield tell("From a group-stop a signal with a handler is not looked at", "R7", go(10, "group"), {
    stop: "SIGTRAP",
    stopped: { rip: INT3 + 1n },
  });
}

export const resumeSignals: readonly Fact[] = [...facts()];
