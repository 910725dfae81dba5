import { HOST_MACHINE } from "../core/machine/index.ts";
import { PAGE_SIZE } from "../core/shim/auxiliary_vector.ts";
import { DEFINES } from "../core/shim/bindings.ts";
import { type Batch, MOST_ENTRIES, resultOffset, WORDS } from "../core/stub/batch.ts";
import {
  type Condition,
  DATA_ARGUMENT,
  DATA_INSTRUCTION_POINTER,
  DATA_NUMBER,
  HIGH,
} from "../core/stub/filter.ts";
import {
  decodeResult,
  expectSix,
  inject,
  type SyscallArgument,
  type SyscallResult,
} from "../core/stub/injection.ts";
import type { Births, CloneRequest, Injector, StubLane } from "../core/stub/lane.ts";
import type { Thread } from "../core/stub/tracee.ts";
import type { TracingThread } from "../core/stub/tracing_thread.ts";
import { cloneTraced, expectTraceable, tracedWord } from "./birth.ts";
import { type Kind, kindOf } from "./kind.ts";
import { MADV_DONTFORK, Ring } from "./ring.ts";

/** In the first word of an entry: that argument 0 is the result of another entry, and that it is not executed. */
const FLAGS = 1n << 32n;
const CANCEL = BigInt(DEFINES.ENTRY_CANCEL) << 32n;

/** The kinds of the calls of a batch, which may run often. */
const kinds = new WeakMap<Batch, Kind[]>();

/** The lane "fast": calls and clones are turns of a ring, if they can be. */
class FastInjector implements Injector {
  readonly #thread: Thread;
  #ring: Ring | undefined;
  // A guest could write to a ring, so a stub with guests or with threads of other tracers must not have one.
  #isAlone = true;

  constructor(thread: Thread) {
    this.#thread = thread;
  }

  call(number: bigint, args: readonly SyscallArgument[]): SyscallResult {
    expectSix(args);
    const thread = this.#thread;
    const ring = this.#ringFor(kindOf(thread.tracer, number), args[0], args[1]);
    if (ring === undefined) return inject(thread, number, args).result;
    ring.entries.write(0, number, args);
    ring.turn(1, number);
    return decodeResult(thread.tracer, ring.entries.result(0), "fast");
  }

  run(batch: Batch, first: number): number {
    const of = kindsOf(batch, this.#thread.tracer);
    const ring = this.#ringFor(...this.#rangeOf(batch, of, first, first));
    if (ring === undefined) {
      batch.inject(this.#thread, first);
      return first + 1;
    }
    const most = Math.min(batch.length, first + MOST_ENTRIES);
    let end = first + 1;
    while (end < most) {
      const isPlain = of[end] === "any";
      if (!isPlain && !ring.takes(...this.#rangeOf(batch, of, end, first))) break;
      end++;
    }
    runTurn(batch, ring, first, end);
    return end;
  }

  clone(request: CloneRequest): Births {
    expectTraceable(this.#thread, request, this.#isAlone);
    return cloneTraced(this.#thread, this.#ownRing(), Math.min(request.count, MOST_ENTRIES));
  }

  share(): void {
    if (!this.#isAlone) return;
    this.#isAlone = false;
    this.unmap();
  }

  unmap(): void {
    const ring = this.#ring;
    this.#ring = undefined;
    ring?.unmap();
  }

  emptied(): void {
    this.#ring?.release();
    this.#ring = undefined;
    this.#isAlone = true;
  }

  /** The ring that executes a call; undefined if the call is to be injected. */
  #ringFor(kind: Kind, address?: SyscallArgument, length?: SyscallArgument): Ring | undefined {
    if (!this.#isAlone || this.#thread.replaced || kind === "none") return undefined;
    // A call that changes the mapping of the ring ends it.
    if (this.#ring?.takes(kind, address, length) === false) {
      this.unmap();
      return undefined;
    }
    return kind === "moving" ? undefined : this.#ownRing();
  }

  #ownRing(): Ring {
    if (this.#ring !== undefined) return this.#ring;
    const thread = this.#thread;
    const ring = new Ring(thread);
    thread.onEnd = () => {
      ring.release();
      this.#ring = undefined;
    };
    this.#ring = ring;
    return ring;
  }

  /** The kind of a call in a turn that begins with `first`, and its first two arguments. */
  #rangeOf(
    batch: Batch,
    of: readonly Kind[],
    entry: number,
    first: number,
  ): [Kind, bigint, bigint] {
    const kind = of[entry] ?? "none";
    const { words } = batch;
    const at = entry * WORDS + 1;
    const range: [bigint, bigint] = [words[at] ?? 0n, words[at + 1] ?? 0n];
    if (kind !== "range") return [kind, ...range];
    for (const { argument, source } of batch.referencesOf(entry)) {
      if (argument > 1) continue;
      if (source >= first) return [this.#isWithin(batch, entry, source) ? "any" : "none", 0n, 0n];
      const value = batch.valueOf(source);
      // It will not be executed.
      if (value === undefined) return ["any", 0n, 0n];
      range[argument] = value;
    }
    return [kind, ...range];
  }

  /** Whether a range that begins at the result of a call is within what that call maps, and so not the ring. */
  #isWithin(batch: Batch, entry: number, source: number): boolean {
    const { words } = batch;
    const references = [...batch.referencesOf(entry), ...batch.referencesOf(source)];
    const pagesOf = (each: number) =>
      ((words[each * WORDS + 2] ?? 0n) + BigInt(PAGE_SIZE - 1)) / BigInt(PAGE_SIZE);
    return (
      words[source * WORDS] === this.#thread.tracer.syscallNumber("mmap") &&
      references.every(({ argument }) => argument !== 1) &&
      pagesOf(entry) <= pagesOf(source)
    );
  }
}

function kindsOf(batch: Batch, tracer: TracingThread): Kind[] {
  const known = kinds.get(batch) ?? [];
  for (let entry = known.length; entry < batch.length; entry++) {
    known.push(kindOf(tracer, batch.words[entry * WORDS] ?? 0n));
  }
  kinds.set(batch, known);
  return known;
}

function runTurn(batch: Batch, ring: Ring, first: number, end: number): void {
  const { words } = ring.entries;
  words.set(batch.words.subarray(first * WORDS, end * WORDS));
  for (let entry = first; entry < end; entry++) refer(batch, words, entry, first);
  ring.turn(end - first, batch.words[first * WORDS] ?? 0n);
  for (let entry = first; entry < end; entry++) {
    batch.setResult(entry, ring.entries.result(entry - first), "fast");
  }
}

/** Writes the references of a call to its entry in a ring, in which `first` is the first call. */
function refer(batch: Batch, words: BigUint64Array, entry: number, first: number): void {
  const at = (entry - first) * WORDS;
  for (const { argument, source } of batch.referencesOf(entry)) {
    if (source >= first) {
      words[at] = (words[at] ?? 0n) | (FLAGS << BigInt(argument));
      words[at + 1 + argument] = BigInt(resultOffset(source - first));
    } else {
      const value = batch.valueOf(source);
      if (value === undefined) words[at] = (words[at] ?? 0n) | CANCEL;
      else words[at + 1 + argument] = value;
    }
  }
}

/**
 * The madvise for a ring, the calls of the loop over it by its own instructions or the signal of its halt, and the clone of
 * a traced birth.
 */
function allowedCalls(tracer: TracingThread): Condition[][] {
  const call = (name: string): Condition => [DATA_NUMBER, tracer.syscallNumber(name)];
  const { shim, stubAddress } = tracer;
  const { haltSignal } = HOST_MACHINE;
  const futexes = [shim.stubWakeOffset(), shim.stubSleepOffset()].map((offset): Condition[] => {
    const pointer = BigInt(stubAddress + offset);
    return [
      call("futex"),
      [DATA_INSTRUCTION_POINTER, pointer & 0xffff_ffffn],
      [DATA_INSTRUCTION_POINTER + HIGH, pointer >> 32n],
    ];
  });
  const argument = (index: number, word: bigint): Condition[] => [
    [DATA_ARGUMENT + 8 * index, word],
    [DATA_ARGUMENT + 8 * index + HIGH, 0n],
  ];
  return [
    [call("madvise"), [DATA_ARGUMENT + 16, MADV_DONTFORK]],
    ...futexes,
    ...(haltSignal === undefined ? [] : [[call("kill"), ...argument(1, BigInt(haltSignal))]]),
    [call("clone"), ...argument(0, tracedWord(tracer))],
  ];
}

export const FAST: StubLane = {
  staysInSession: true,
  clonesChildren: false,
  injector: (thread) => new FastInjector(thread),
  allowedCalls,
};
