import { constants } from "node:os";
import { InputError, StateError, SyscallError } from "../../lib/errors.ts";
import { DEFINES } from "../shim/bindings.ts";
import {
  decodeResult,
  expectSix,
  inject,
  type SyscallArgument,
  type SyscallResult,
  wordOf,
} from "./injection.ts";
import type { Thread } from "./tracee.ts";
import type { Lane, Syscall, TracingThread } from "./tracing_thread.ts";

/** Words of an entry, and the index of its result. */
export const WORDS = DEFINES.ENTRY_SIZE / 8;
const RESULT = DEFINES.ENTRY_RESULT / 8;

/** The most arguments of a system call. */
export const MOST_ARGUMENTS = 6;

/** The most entries of a turn. */
export const MOST_ENTRIES = 512;

/** The offset in a ring of the result of an entry. */
export function resultOffset(entry: number): number {
  return DEFINES.RING_ENTRIES + DEFINES.ENTRY_SIZE * entry + DEFINES.ENTRY_RESULT;
}

/** System calls in the layout of a ring (shim/core/ring.h), in the ring itself or in memory of their own. */
export class Entries {
  readonly words: BigUint64Array;
  // Most arguments are small numbers, which are written without a BigInt.
  readonly #halves: Int32Array;

  constructor(buffer: ArrayBuffer, offset: number, count: number) {
    this.words = new BigUint64Array(buffer, offset, count * WORDS);
    this.#halves = new Int32Array(buffer, offset, count * WORDS * 2);
  }

  /** Writes a call with its arguments; those omitted are 0. @throws InputError */
  write(entry: number, call: bigint, args: readonly SyscallArgument[]): void {
    // The number, and no flags.
    this.#halves[2 * entry * WORDS] = Number(call);
    this.#halves[2 * entry * WORDS + 1] = 0;
    for (let i = 0; i < MOST_ARGUMENTS; i++) this.writeArgument(entry, i, args);
  }

  /** Writes one of the arguments. */
  writeArgument(entry: number, index: number, args: readonly SyscallArgument[]): void {
    const at = entry * WORDS + 1 + index;
    const arg = index < args.length ? args[index] : 0;
    if (typeof arg === "number" && (arg | 0) === arg) {
      this.#halves[2 * at] = arg;
      this.#halves[2 * at + 1] = arg < 0 ? -1 : 0;
    } else {
      this.words[at] = wordOf(args, index);
    }
  }

  /** The word that a call left in the result register. */
  result(entry: number): bigint {
    return this.words[entry * WORDS + RESULT] ?? 0n;
  }

  setResult(entry: number, word: bigint): void {
    this.words[entry * WORDS + RESULT] = word;
  }
}

/** The result of a call that was not executed. */
const CANCELED = -BigInt(constants.errno.ECANCELED);

/** An argument that is the result of an earlier call of the same batch. @internal */
export interface Reference {
  readonly argument: number;
  readonly source: number;
}

const NO_REFERENCES: readonly Reference[] = [];

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
 * System calls that a stub executes one after the other. With the lane "fast", up to 512 of them are one
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
  readonly #tracer: TracingThread;
  readonly #runFrom: (batch: Batch, first: number) => number;
  readonly #around: (run: () => void) => void;
  #capacity = 8;
  #entries = entriesFor(this.#capacity);
  /** The references of each call that has some. */
  readonly #references = new Map<number, Reference[]>();
  #length = 0;
  #hasRun = false;
  /** The lane of each call of the last run. */
  readonly #lanes: Lane[] = [];

  /**
   * @param runFrom executes at least one call, and returns the index of the next.
   * @param around calls its argument, which runs the batch. @internal
   */
  constructor(
    tracer: TracingThread,
    runFrom: (batch: Batch, first: number) => number,
    around: (run: () => void) => void,
  ) {
    this.#tracer = tracer;
    this.#runFrom = runFrom;
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
  call(call: Syscall, ...args: (SyscallArgument | BatchedCall)[]): BatchedCall {
    expectSix(args);
    const number = this.#tracer.syscallNumber(call);
    const entry = this.#length;
    if (entry === this.#capacity) this.#grow();
    this.#entries.write(
      entry,
      number,
      args.map((arg, i) => this.#own(arg, entry, i)),
    );
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
    this.#around(() => {
      for (let entry = 0; entry < this.#length; ) entry = this.#runFrom(this, entry);
    });
    this.#hasRun = true;
  }

  /** The argument itself, or 0 instead of the result of another call. */
  #own(arg: SyscallArgument | BatchedCall, entry: number, argument: number): SyscallArgument {
    if (!(arg instanceof BatchedCall)) return arg;
    if (arg.batch !== this) {
      throw new InputError(`argument ${argument + 1}: expected a call of the same batch`);
    }
    const references = this.#references.get(entry) ?? [];
    references.push({ argument, source: arg.index });
    this.#references.set(entry, references);
    return 0;
  }

  #grow(): void {
    this.#capacity *= 2;
    const { words } = this.#entries;
    this.#entries = entriesFor(this.#capacity);
    this.#entries.words.set(words);
  }

  /** The words of the calls, in the layout of `Entries`. @internal */
  get words(): BigUint64Array {
    return this.#entries.words;
  }

  /** The arguments of a call that are results of others. @internal */
  referencesOf(entry: number): readonly Reference[] {
    return this.#references.get(entry) ?? NO_REFERENCES;
  }

  /** Executes one call by an injection. @throws what `inject` throws @internal */
  inject(thread: Thread, entry: number): void {
    const { words } = this;
    const at = entry * WORDS;
    const args = [...words.subarray(at + 1, at + 1 + MOST_ARGUMENTS)];
    let canceled = false;
    for (const { argument, source } of this.referencesOf(entry)) {
      const value = this.valueOf(source);
      canceled ||= value === undefined;
      args[argument] = value ?? 0n;
    }
    const word = canceled ? CANCELED : inject(thread, words[at] ?? 0n, args).word;
    this.setResult(entry, BigInt.asUintN(64, word), "faithful");
  }

  /** Notes the word that a call left in the result register. @internal */
  setResult(entry: number, word: bigint, lane: Lane): void {
    this.#entries.setResult(entry, word);
    this.#lanes[entry] = lane;
  }

  /** The value that a call returned; undefined if it returned an errno. @internal */
  valueOf(entry: number): bigint | undefined {
    return this.#decode(entry).value ?? undefined;
  }

  /** @internal */
  resultOf(index: number): SyscallResult {
    if (!this.#hasRun) throw new StateError("the call has no result: the batch has not run");
    return this.#decode(index);
  }

  #decode(index: number): SyscallResult {
    const lane = this.#lanes[index] ?? "faithful";
    return decodeResult(this.#tracer, this.#entries.result(index), lane);
  }
}

function entriesFor(count: number): Entries {
  return new Entries(new ArrayBuffer(count * DEFINES.ENTRY_SIZE), 0, count);
}
