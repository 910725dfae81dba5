import { fromInt, type Judge, narrows, undecided } from "./judge.ts";
import type { Statuses, Truth } from "./statuses.ts";

/** The functions that read a status word, and what they read. */
const READERS = [
  ["waitKind", "kind"],
  ["waitValue", "value"],
  ["waitEvent", "event"],
  ["waitCoreDumped", "core"],
] as const satisfies readonly (readonly [string, keyof Truth])[];

const STOPPED = 2;
const LAST_SIGNAL = 64;

export function statusJudges(statuses: Statuses): Judge[] {
  const readers = READERS.map(
    ([name, member]): Judge => ({
      name,
      asked:
        "status words of real processes, and how each was produced: exits, kills, stops, events",
      /** The observed words in turn. */
      draw(_random, input, _enumerated, index) {
        const known = [...statuses.words.keys()];
        input.put("status", fromInt(known[index % known.length] ?? 0));
      },
      judge(input, answered) {
        const truth = statuses.words.get(input.int("status"));
        if (truth === undefined) return undecided("wait4 reported this word for no process here");
        return answered.returns(fromInt(truth[member]));
      },
    }),
  );
  const stop: Judge = {
    name: "encodeStop",
    asked: "sent the signal to a traced stub; the status word of its stop",
    draw(random, input, enumerated) {
      if (!narrows(random, enumerated)) return;
      input.put("signal", BigInt(random.below(LAST_SIGNAL) + 1));
    },
    judge(input, answered) {
      const signal = input.int("signal");
      for (const [status, { kind, value }] of statuses.words) {
        if (kind === STOPPED && value === signal) return answered.returns(fromInt(status));
      }
      return undecided("SIGKILL, and numbers that are not signals, stop no process");
    },
  };
  return [...readers, stop];
}
