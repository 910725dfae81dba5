/* Tracees of facts about requests, with whom shim/fuzz/requests.c carries out verbs. */

import { hasEnded } from "../../../../core/stub/proc.ts";
import type { Stub } from "../../../../core/stub/stub.ts";
import { errnoName, errnoOf } from "../../../../lib/errno.ts";
import { hex, StopError } from "../../../../lib/errors.ts";
import { numbersOf } from "../../case/layout.ts";
import { CONSTANTS, LOOK_RECORD } from "../../case/records.ts";
import { FOLLOWED, PLACE } from "../../case/requests.ts";
import type { Machine } from "../../try/machine.ts";
import { loadFuzz } from "../../try/shim.ts";
import { mapPages } from "../../try/target.ts";
import type { RequestField } from "../fact.ts";
import { NEED_NAMES, obstacle } from "../needs.ts";
import type { Unmet } from "../verdict.ts";
import { stopText } from "./numbers.ts";
import { PLACES, type Place } from "./places.ts";
import { VERBS, type Verb, WAIT } from "./verbs.ts";

const WALL = 0x4000_0000;
/** In milliseconds. */
const PATIENCE = Number(WAIT.words[0]) / 1000;
const SIGKILL = 9;
const { offsets: AT, size: SIZE } = LOOK_RECORD;
const { LOST, SKIPS, YOURS } = numbersOf(FOLLOWED);
/** What a place has that nothing was written to. */
const NOTHING = 2;

/** Tracees of one fact, and what was seen last: struct stublab_look. */
export class Look {
  readonly #master: Stub;
  readonly #machine: Machine;
  readonly #stubs: Stub[] = [];
  readonly #view = new DataView(new ArrayBuffer(SIZE));
  readonly #words = new BigUint64Array(this.#view.buffer, AT.words, CONSTANTS.MOST_WORDS);

  constructor(master: Stub, machine: Machine) {
    this.#master = master;
    this.#machine = machine;
    this.#view.setBigUint64(AT.xstateLength, BigInt(machine.xstateLength), true);
  }

  /** Carries out verbs. Returns why the rest is skipped; undefined: it is not. */
  follow(verbs: readonly Verb[]): string | undefined {
    for (const it of verbs) {
      const words = BigUint64Array.from(it.words);
      this.#view.setInt32(AT.pid, this.#stubs.at(-1)?.pid ?? 0, true);
      const followed = loadFuzz().follow(this.#view, VERBS[it.verb], words, words.length);
      if (followed === LOST) throw this.#lost();
      const reason = followed === YOURS ? this.#do(it) : undefined;
      if (reason !== undefined) return reason;
      if (followed === SKIPS) return it.text;
    }
    return undefined;
  }

  /** Ends the tracees that were created after the first ones. */
  closeAfter(count: number): void {
    for (const stub of this.#stubs.splice(count)) close(stub);
  }

  get tracees(): number {
    return this.#stubs.length;
  }

  /** The fields that differ from what is expected. */
  compare(expected: readonly RequestField[]): Unmet[] {
    const words = new BigUint64Array(2);
    return expected.flatMap(({ field, place, word }) => {
      const { kind, offset } = place;
      const differs = loadFuzz().see(this.#view, PLACES[kind], offset, word, words);
      if (differs === 0) return [];
      const [wanted, seen] = [...words].map((word) => this.#text(kind, word));
      return [{ field, expected: wanted ?? "", seen: differs === NOTHING ? null : (seen ?? "") }];
    });
  }

  /** Does what takes stubs. Returns why the rest is skipped. */
  #do({ verb }: Verb): string | undefined {
    const [word = 0n, ...args] = this.#words;
    if (verb === "NEED") return obstacle(NEED_NAMES[Number(word)] ?? "XSAVE", this.#machine);
    if (verb === "TRACEE") this.#create();
    else if (verb === "ZOMBIE") waitForZombie(this.#stub.pid);
    else if (verb === "REAP")
      this.#stub.inject("wait4", this.#view.getInt32(AT.child, true), 0, WALL, 0);
    else {
      const { value, errno } = this.#stub.inject(word, ...args.slice(0, 6));
      const result = errno === null ? value : BigInt(-(errnoOf(errno) ?? 1));
      this.#view.setBigInt64(AT.result, result, true);
    }
    return undefined;
  }

  get #stub(): Stub {
    const stub = this.#stubs.at(-1);
    if (stub === undefined) throw new RangeError("there is no tracee");
    return stub;
  }

  /** Creates a tracee: a stub without a filter. It has the pages of code.ts. */
  #create(): void {
    const stub = this.#master.createStub();
    this.#stubs.push(stub);
    mapPages(stub);
  }

  /** A word at a place, for people. */
  #text(kind: Place["kind"], word: bigint): string | number {
    const number = Number(BigInt.asIntN(64, word));
    switch (kind) {
      case "result":
      case "kept":
        return number < 0 ? errnoName(-number) : number;
      case "stop":
      case "first":
        return stopText(number, (signal) => this.#master.tracer.signalName(signal));
      case "differs":
        return number < 0 ? "nowhere" : `at byte ${number}`;
      case "half":
      case "word":
        return hex(word);
      default:
        return number;
    }
  }

  #lost(): StopError {
    const kind = PLACE.values[this.#view.getUint32(AT.place, true)]?.[0] ?? "result";
    const [expected, seen] = [AT.expected, AT.seen].map((at) =>
      this.#text(kind, this.#view.getBigUint64(at, true)),
    );
    return new StopError(
      this.#stub.pid,
      `is not where it should be: expected ${expected}, got ${seen}`,
    );
  }
}

function waitForZombie(pid: number): void {
  const end = performance.now() + PATIENCE;
  while (!hasEnded(pid) && performance.now() < end);
}

/** Kills and reaps a stub, wherever it is. */
function close(stub: Stub): void {
  stub.tracer.shim.tgkill(stub.pid, stub.pid, SIGKILL);
  loadFuzz().drain(stub.pid);
  stub.thread.forget();
  stub.forgetIfDead();
}
