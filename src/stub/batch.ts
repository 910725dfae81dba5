import { constants } from "node:os";
import { InputError, StateError, SyscallError } from "../errors.ts";
import { ENTRY, ENTRY_CANCEL, MOST_ENTRIES, resultOffset } from "../shim/ring.ts";
import type { InjectionLane } from "./lane.ts";
import type { Ring } from "./ring.ts";
import { type SyscallArgument, type SyscallResult, wordsOf } from "./syscall.ts";
import type { Thread } from "./thread.ts";

/** Words of an entry, and the index of its result. */
const WORDS = ENTRY.size / 8;
const RESULT = ENTRY.result / 8;

/** In the first word of an entry: that argument 0 is the result of another entry, and that it is not executed. */
const FLAGS = 1n << 32n;
const CANCEL = BigInt(ENTRY_CANCEL) << 32n;

/** The result of a call that was not executed. */
const CANCELED = -BigInt(constants.errno.ECANCELED);

/** An argument that is the result of an earlier call of the same batch. */
interface Reference {
  readonly entry: number;
  readonly argument: number;
  readonly source: number;
}

/** A call of a batch. After the batch has run it has a result, which can also be an argument of later calls. */
export class BatchedCall {
  readonly batch: Batch;
  /** Its place in the batch. */
  readonly index: number;

  /** @internal */
  constructor(batch: Batch, index: number) {
    this.batch = batch;
    this.index = index;
  }

  /** The result of the last run. @throws StateError before the first run */
  get result(): SyscallResult {
    return this.batch.resultOf(this.index);
  }

  /** The value that the call returned. @throws SyscallError if it returned an errno; StateError before the first run */
  get value(): bigint {
    const { value, errno } = this.result;
    if (errno === null) return value;
    throw new SyscallError(`call ${this.index} of a batch failed with ${errno}`, {
      call: String(this.index),
      errno,
    });
  }
}

/**
 * System calls that a stub executes one after the other. With a lane other than "faithful", up to 512 of them are one
 * trip to the stub. A batch can run more than once.
 *
 * @example
 * const batch = space.batch();
 * const page = batch.call("mmap", 0, 4096, 3, 0x22, -1, 0);
 * batch.call("munmap", page, 4096);
 * batch.run();
 * page.value; // where it was
 */
export class Batch {
  readonly #thread: Thread;
  readonly #around: (run: () => void) => void;
  #words = new BigUint64Array(8 * WORDS);
  readonly #references: Reference[] = [];
  #length = 0;
  #hasRun = false;
  /** The lane of each call of the last run. */
  readonly #lanes: InjectionLane[] = [];

  /** @param around calls its argument, which runs the batch. @internal */
  constructor(thread: Thread, around: (run: () => void) => void) {
    this.#thread = thread;
    this.#around = around;
  }

  /** The number of calls. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds a call.
   *
   * @param call a name such as "mmap", or a number.
   * @param args up to six integers, or earlier calls of this batch, which stand for their results. If such a call fails,
   * this one is not executed and its errno is ECANCELED.
   * @throws InputError
   */
  call(call: string | number | bigint, ...args: (SyscallArgument | BatchedCall)[]): BatchedCall {
    const number = this.#thread.tracer.syscallNumber(call);
    const words = wordsOf(args.map((arg) => (arg instanceof BatchedCall ? 0n : arg)));
    const entry = this.#length;
    for (const [argument, arg] of args.entries()) {
      if (!(arg instanceof BatchedCall)) continue;
      if (arg.batch !== this) {
        throw new InputError(`argument ${argument + 1}: expected a call of the same batch`);
      }
      this.#references.push({ entry, argument, source: arg.index });
    }
    this.#reserve(entry + 1);
    this.#words.set([BigInt.asUintN(32, number), ...words], entry * WORDS);
    this.#length++;
    return new BatchedCall(this, entry);
  }

  /**
   * Executes all calls in order. An errno is a result, and the next call is executed.
   *
   * @throws what `Stub.inject` throws: then no call has a result.
   */
  run(): void {
    this.#hasRun = false;
    this.#lanes.length = 0;
    this.#around(() => {
      for (let entry = 0; entry < this.#length; ) entry = this.#runFrom(entry);
    });
    this.#hasRun = true;
  }

  /** Executes at least one call, and returns the index of the next one. */
  #runFrom(first: number): number {
    const ring = this.#thread.ringFor(...this.#callAt(first));
    if (ring === undefined) {
      this.#inject(first);
      return first + 1;
    }
    const most = Math.min(this.#length, first + MOST_ENTRIES);
    let end = first + 1;
    while (end < most && this.#thread.ringFor(...this.#callAt(end)) === ring) end++;
    this.#turn(ring, first, end);
    return end;
  }

  #callAt(entry: number): [bigint, bigint, bigint] {
    const words = this.#words;
    const at = entry * WORDS;
    return [words[at] ?? 0n, words[at + 1] ?? 0n, words[at + 2] ?? 0n];
  }

  #turn(ring: Ring, first: number, end: number): void {
    const { words } = ring;
    words.set(this.#words.subarray(first * WORDS, end * WORDS));
    for (const { entry, argument, source } of this.#references) {
      if (entry < first || entry >= end) continue;
      const at = (entry - first) * WORDS;
      if (source >= first) {
        words[at] = (words[at] ?? 0n) | (FLAGS << BigInt(argument));
        words[at + 1 + argument] = BigInt(resultOffset(source - first));
      } else {
        const value = this.#valueOf(source);
        if (value === undefined) words[at] = (words[at] ?? 0n) | CANCEL;
        else words[at + 1 + argument] = value;
      }
    }
    ring.turn(end - first, this.#words[first * WORDS] ?? 0n);
    const lane = this.#thread.tracer.injections;
    for (let entry = first; entry < end; entry++) {
      this.#words[entry * WORDS + RESULT] = words[(entry - first) * WORDS + RESULT] ?? 0n;
      this.#lanes.push(lane);
    }
  }

  #inject(entry: number): void {
    const at = entry * WORDS;
    const args = this.#words.slice(at + 1, at + 7);
    let canceled = false;
    for (const { argument, source } of this.#references.filter((each) => each.entry === entry)) {
      const value = this.#valueOf(source);
      canceled ||= value === undefined;
      args[argument] = value ?? 0n;
    }
    const number = this.#words[at] ?? 0n;
    const word = canceled ? CANCELED : this.#thread.inject(number, [...args]).word;
    this.#words[at + RESULT] = BigInt.asUintN(64, word);
    this.#lanes.push("faithful");
  }

  /** The value that a call returned; undefined if it returned an errno. */
  #valueOf(entry: number): bigint | undefined {
    return this.#decode(entry).value ?? undefined;
  }

  /** @internal */
  resultOf(index: number): SyscallResult {
    if (!this.#hasRun) throw new StateError("the call has no result: the batch has not run");
    return this.#decode(index);
  }

  #decode(index: number): SyscallResult {
    const lane = this.#lanes[index] ?? "faithful";
    return this.#thread.decode(this.#words[index * WORDS + RESULT] ?? 0n, lane);
  }

  #reserve(length: number): void {
    if (length * WORDS <= this.#words.length) return;
    const words = new BigUint64Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
  }
}
