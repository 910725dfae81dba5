import { constants } from "node:os";
import { InputError, StateError, SyscallError } from "../../lib/errors.ts";
import { DEFINES } from "../shim/bindings.ts";
import { PAGE_SIZE } from "../shim/page_size.ts";
import { Entries, MOST_ARGUMENTS, MOST_ENTRIES, resultOffset, WORDS } from "./entries.ts";
import { fastInjections, type Injector, type LoopKind } from "./injector.ts";
import type { Lane } from "./lane.ts";
import { expectSix, type SyscallArgument, type SyscallResult } from "./syscall.ts";
import type { Thread } from "./thread.ts";

/** In the first word of an entry: that argument 0 is the result of another entry, and that it is not executed. */
const FLAGS = 1n << 32n;
const CANCEL = BigInt(DEFINES.ENTRY_CANCEL) << 32n;

/** The result of a call that was not executed. */
const CANCELED = -BigInt(constants.errno.ECANCELED);

/** An argument that is the result of an earlier call of the same batch. */
interface Reference {
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
  #capacity = 8;
  #entries = entriesFor(this.#capacity);
  readonly #kinds: LoopKind[] = [];
  /** The references of each call that has some. */
  readonly #references = new Map<number, Reference[]>();
  #length = 0;
  #hasRun = false;
  /** The lane of each call of the last run. */
  readonly #lanes: Lane[] = [];

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
    expectSix(args);
    const { tracer } = this.#thread;
    const number = tracer.syscallNumber(call);
    const entry = this.#length;
    if (entry === this.#capacity) this.#grow();
    this.#entries.write(
      entry,
      number,
      args.map((arg, i) => this.#own(arg, entry, i)),
    );
    this.#kinds.push(tracer.isFaithful ? "none" : fastInjections().kindOf(tracer, number));
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

  /** Executes at least one call, and returns the index of the next one. */
  #runFrom(first: number): number {
    const ring = this.#ringFor(first);
    if (ring === undefined) {
      this.#inject(first);
      return first + 1;
    }
    const most = Math.min(this.#length, first + MOST_ENTRIES);
    let end = first + 1;
    while (end < most && this.#isFor(ring, end, first)) end++;
    this.#turn(ring, first, end);
    return end;
  }

  #ringFor(entry: number): Injector | undefined {
    return this.#thread.ringFor(...this.#rangeOf(entry, entry));
  }

  #isFor(ring: Injector, entry: number, first: number): boolean {
    return this.#kinds[entry] === "any" || ring.takes(...this.#rangeOf(entry, first));
  }

  /** The kind of a call in a turn that begins with `first`, and its first two arguments. */
  #rangeOf(entry: number, first: number): [LoopKind, bigint, bigint] {
    const kind = this.#kinds[entry] ?? "none";
    const { words } = this.#entries;
    const at = entry * WORDS + 1;
    const range: [bigint, bigint] = [words[at] ?? 0n, words[at + 1] ?? 0n];
    if (kind === "range") {
      for (const { argument, source } of this.#references.get(entry) ?? []) {
        if (argument > 1) continue;
        if (source >= first) return [this.#isWithin(entry, source) ? "any" : "none", 0n, 0n];
        const value = this.#valueOf(source);
        // It will not be executed.
        if (value === undefined) return ["any", 0n, 0n];
        range[argument] = value;
      }
    }
    return [kind, ...range];
  }

  /** Whether a range that begins at the result of a call is within what that call maps, and so not the ring. */
  #isWithin(entry: number, source: number): boolean {
    const { words } = this.#entries;
    const references = [
      ...(this.#references.get(entry) ?? []),
      ...(this.#references.get(source) ?? []),
    ];
    const pagesOf = (each: number) =>
      ((words[each * WORDS + 2] ?? 0n) + BigInt(PAGE_SIZE - 1)) / BigInt(PAGE_SIZE);
    return (
      words[source * WORDS] === this.#thread.tracer.syscallNumber("mmap") &&
      references.every(({ argument }) => argument !== 1) &&
      pagesOf(entry) <= pagesOf(source)
    );
  }

  #turn(ring: Injector, first: number, end: number): void {
    const { words } = ring.entries;
    words.set(this.#entries.words.subarray(first * WORDS, end * WORDS));
    for (let entry = first; entry < end; entry++) this.#refer(words, entry, first);
    ring.turn(end - first, this.#entries.words[first * WORDS] ?? 0n);
    const lane = this.#thread.tracer.lane;
    for (let entry = first; entry < end; entry++) {
      this.#entries.setResult(entry, ring.entries.result(entry - first));
      this.#lanes.push(lane);
    }
  }

  /** Writes the references of a call to its entry in a ring, in which `first` is the first call. */
  #refer(words: BigUint64Array, entry: number, first: number): void {
    const at = (entry - first) * WORDS;
    for (const { argument, source } of this.#references.get(entry) ?? []) {
      if (source >= first) {
        words[at] = (words[at] ?? 0n) | (FLAGS << BigInt(argument));
        words[at + 1 + argument] = BigInt(resultOffset(source - first));
      } else {
        const value = this.#valueOf(source);
        if (value === undefined) words[at] = (words[at] ?? 0n) | CANCEL;
        else words[at + 1 + argument] = value;
      }
    }
  }

  #inject(entry: number): void {
    const { words } = this.#entries;
    const at = entry * WORDS;
    const args = [...words.subarray(at + 1, at + 1 + MOST_ARGUMENTS)];
    let canceled = false;
    for (const { argument, source } of this.#references.get(entry) ?? []) {
      const value = this.#valueOf(source);
      canceled ||= value === undefined;
      args[argument] = value ?? 0n;
    }
    const word = canceled ? CANCELED : this.#thread.inject(words[at] ?? 0n, args).word;
    this.#entries.setResult(entry, BigInt.asUintN(64, word));
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
    return this.#thread.decode(this.#entries.result(index), lane);
  }
}

function entriesFor(count: number): Entries {
  return new Entries(new ArrayBuffer(count * DEFINES.ENTRY_SIZE), 0, count);
}
