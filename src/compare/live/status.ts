import type { Random } from "../../cases/random.ts";
import type { FunctionName } from "../../encoder/abi.ts";
import type { RecordLayout } from "../record.ts";
import { expect, fromInt, type Judge, type Judgement, narrows, toInt, undecided } from "./judge.ts";
import type { Statuses, Truth } from "./statuses.ts";

const ASKED = "status words of real processes: exits, kills, stops, events; what was really done";

/** A function that reads a status word, and the part of the truth that it reads. */
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
export class StatusJudge implements Judge {
  readonly name: Reader;
  readonly asked = ASKED;
  readonly layout: RecordLayout;
  readonly #statuses: Statuses;

  constructor(name: Reader, layout: RecordLayout, statuses: Statuses) {
    this.name = name;
    this.layout = layout;
    this.#statuses = statuses;
  }

  /** One of the words that were seen, by turns. */
  draw(_random: Random, input: BigUint64Array, _enumerated: boolean, index: number): void {
    const known = [...this.#statuses.words.keys()];
    input[this.layout.field("status").at] = fromInt(known[index % known.length] ?? 0);
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const truth = this.#statuses.words.get(toInt(input[this.layout.field("status").at]));
    if (truth === undefined) return undecided("no process here made wait4 tell this word");
    const meant = truth[READ[this.name]];
    return expect(this.name, fromInt(meant), answered[this.layout.result] ?? 0n);
  }
}

/** encodeStop: a stub was stopped by the signal. */
export class StopJudge implements Judge {
  readonly name = "encodeStop";
  readonly asked = "sent the signal to a traced stub; the status word of its stop";
  readonly layout: RecordLayout;
  readonly #statuses: Statuses;

  constructor(layout: RecordLayout, statuses: Statuses) {
    this.layout = layout;
    this.#statuses = statuses;
  }

  draw(random: Random, input: BigUint64Array, enumerated: boolean): void {
    if (!narrows(random, enumerated)) return;
    input[this.layout.field("signal").at] = BigInt(random.below(LAST_SIGNAL) + 1);
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const signal = toInt(input[this.layout.field("signal").at]);
    for (const [status, { kind, value }] of this.#statuses.words) {
      if (kind === STOPPED && value === signal) {
        return expect(this.name, fromInt(status), answered[this.layout.result] ?? 0n);
      }
    }
    return undecided("nothing is stopped by SIGKILL, or by what is no signal");
  }
}

const STOPPED = 2;
const LAST_SIGNAL = 64;
