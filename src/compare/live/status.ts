import type { Random } from "../../cases/random.ts";
import type { FunctionName } from "../../encoder/abi.ts";
import type { RecordLayout } from "../record.ts";
import { FunctionJudge } from "./function_judge.ts";
import { fromInt, type Judgement, narrows, undecided } from "./judge.ts";
import type { Statuses, Truth } from "./statuses.ts";

const ASKED =
  "status words of real processes, and how each was produced: exits, kills, stops, events";

/** A function that reads a status word. */
type Reader = Extract<FunctionName, "waitKind" | "waitValue" | "waitEvent" | "waitCoreDumped">;

const READ: Readonly<Record<Reader, keyof Truth>> = {
  waitKind: "kind",
  waitValue: "value",
  waitEvent: "event",
  waitCoreDumped: "core",
};

export const STATUS_READERS: readonly Reader[] = [
  "waitKind",
  "waitValue",
  "waitEvent",
  "waitCoreDumped",
];

/** waitKind, waitValue, waitEvent, waitCoreDumped. */
export class StatusJudge extends FunctionJudge<Statuses> {
  readonly name: Reader;
  readonly asked = ASKED;

  constructor(name: Reader, layout: RecordLayout, statuses: Statuses) {
    super(layout, statuses);
    this.name = name;
  }

  /** The observed words in turn. */
  draw(_random: Random, input: BigUint64Array, _enumerated: boolean, index: number): void {
    const known = [...this.kernel.words.keys()];
    this.put(input, "status", fromInt(known[index % known.length] ?? 0));
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const truth = this.kernel.words.get(this.int(input, "status"));
    if (truth === undefined) return undecided("wait4 reported this word for no process here");
    const meant = truth[READ[this.name]];
    return this.expectResult(fromInt(meant), answered);
  }
}

/** encodeStop: the status word of a stub that the signal stopped. */
export class StopJudge extends FunctionJudge<Statuses> {
  readonly name = "encodeStop";
  readonly asked = "sent the signal to a traced stub; the status word of its stop";

  draw(random: Random, input: BigUint64Array, enumerated: boolean): void {
    if (!narrows(random, enumerated)) return;
    this.put(input, "signal", BigInt(random.below(LAST_SIGNAL) + 1));
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const signal = this.int(input, "signal");
    for (const [status, { kind, value }] of this.kernel.words) {
      if (kind === STOPPED && value === signal) {
        return this.expectResult(fromInt(status), answered);
      }
    }
    return undecided("SIGKILL, and numbers that are not signals, stop no process");
  }
}

const STOPPED = 2;
const LAST_SIGNAL = 64;
