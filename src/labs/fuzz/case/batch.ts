/* Cases as records of setups, side by side, and back; and batches of them, with their outcomes. */

import { InputError } from "../../../lib/errors.ts";
import { CONTENTS, REGISTERS } from "./arch.ts";
import { type Case, caseOf, mostPairs, type Step, stepsOf } from "./case.ts";
import { numbersOf } from "./layout.ts";
import { fuzzModule } from "./module.ts";
import { isHandled } from "./pieces.ts";
import {
  FPSTATE,
  FROMS,
  ONS,
  OUTCOME_SIZE,
  SETUP,
  SETUP_SIZE,
  type SetupViews,
  setupAt,
  setupViews,
  WANT_FRAME,
  WANT_INFO,
  WANT_WRITTEN,
  WAYS,
} from "./records.ts";

/**
 * Setups and outcomes of up to `capacity` steps of cases, in the memory of this thread's module: the shim and the module
 * work on them in place.
 */
export class Batch {
  readonly capacity: number;
  readonly setups: Uint32Array;
  readonly outcomes: Uint32Array;
  readonly setupWords: BigUint64Array;
  readonly outcomeWords: BigUint64Array;
  readonly setupBytes: Uint8Array;
  readonly outcomeBytes: Uint8Array;
  #isOpen = true;

  /** @throws EncoderError if the module cannot be loaded, or its memory is full. */
  constructor(capacity: number) {
    const { buffer } = fuzzModule();
    const at = fuzzModule().reserve(capacity * SIZE);
    const outcomes = at + capacity * SETUP_SIZE;
    this.capacity = capacity;
    const { setups, setupWords, setupBytes } = setupViews(buffer, at, capacity);
    [this.setups, this.setupWords, this.setupBytes] = [setups, setupWords, setupBytes];
    this.outcomeBytes = new Uint8Array(buffer, outcomes, capacity * OUTCOME_SIZE);
    this.outcomes = new Uint32Array(buffer, outcomes, (capacity * OUTCOME_SIZE) / 4);
    this.outcomeWords = new BigUint64Array(buffer, outcomes, (capacity * OUTCOME_SIZE) / 8);
  }

  /** Writes the steps of cases as setups from `first` on, and returns the index of the last of each case. */
  put(cases: readonly Case[], first = 0): number[] {
    let next = first;
    return cases.map((it) => {
      for (const step of stepsOf(it)) {
        if (next >= this.capacity) throw this.#beyond(next);
        writeSetup(step, this, next++);
      }
      return next - 1;
    });
  }

  /** The case whose last step is setup `i`. */
  at(i: number): Case {
    if (i < 0 || i >= this.capacity) throw this.#beyond(i);
    return readCase(this, i);
  }

  /** Releases its memory. Neither it nor its views may be used afterwards. */
  [Symbol.dispose](): void {
    if (this.#isOpen) fuzzModule().release(this.setups.byteOffset, this.capacity * SIZE);
    this.#isOpen = false;
  }

  #beyond(i: number): RangeError {
    return new RangeError(`no setup ${i} in a batch of ${this.capacity}`);
  }
}

/** Bytes of a step. */
const SIZE = SETUP_SIZE + OUTCOME_SIZE;

const { NONE, LAST, IMAGE } = numbersOf(FPSTATE);

/** The indices, in words, of the first words and the first pair of setup `i`. */
function placesOf(
  i: number,
  { frame }: { readonly frame?: unknown },
): [words: number, pairs: number] {
  const words = (setupAt(i) + SETUP.words) / 2;
  return [words, frame === undefined ? words : (setupAt(i) + SETUP.damage) / 2];
}

/** @throws InputError if the step is of another architecture: the shim takes its kinds as indices */
export function writeSetup(it: Step, views: SetupViews, i: number): void {
  const { setups, setupWords, setupBytes } = views;
  setupBytes.fill(0, i * SETUP_SIZE, (i + 1) * SETUP_SIZE);
  const at = setupAt(i);
  const wants = WANT_WRITTEN | WANT_INFO | (isHandled(it.signal) ? WANT_FRAME : 0);
  const kinds = [FROMS.indexOf(it.from), WAYS.indexOf(it.way), ONS.indexOf(it.on), wants];
  if (kinds.includes(-1))
    throw new InputError(`no case of this architecture: from ${it.from} by ${it.way} on ${it.on}`);
  setups[at + SETUP.kinds] = kinds.reduce((word, kind, byte) => word | (kind << (8 * byte)), 0);
  setups[at + SETUP.length] = it.length;
  setups[at + SETUP.count] = it.pairs.length;
  setups[at + SETUP.signal] = it.signal;
  const { ucFlags = 0, fpstate = false, image } = it.frame ?? {};
  setups[at + SETUP.ucFlags] = ucFlags;
  setups[at + SETUP.fpstate] = image !== undefined ? IMAGE : fpstate ? LAST : NONE;
  setupWords[(at + SETUP.image) / 2] = image ?? 0n;
  const [words, pairs] = placesOf(i, CONTENTS[it.way]);
  setupWords.set([...it.block, ...it.words], words);
  setupWords.set(
    it.pairs.flatMap(({ offset, word }) => [offset, word]),
    pairs,
  );
}

/** The records of the steps of cases side by side, `SETUP_SIZE` bytes each. */
export function recordsOf(cases: readonly Case[]): Uint8Array {
  const steps = cases.flatMap(stepsOf);
  const views = setupViews(new ArrayBuffer(steps.length * SETUP_SIZE), 0, steps.length);
  for (const [i, step] of steps.entries()) writeSetup(step, views, i);
  return views.setupBytes;
}

/** The case whose last step is setup `i`. */
export function readCase(views: Omit<SetupViews, "setupBytes">, i: number): Case {
  const steps = [readSetup(views, i)];
  for (let k = i; steps[0]?.from === "last" && k > 0; ) steps.unshift(readSetup(views, --k));
  return caseOf(steps);
}

export function readSetup({ setups, setupWords }: Omit<SetupViews, "setupBytes">, i: number): Step {
  const half = (offset: number) => setups[setupAt(i) + offset] ?? 0;
  const kinds = half(SETUP.kinds);
  const way = WAYS[(kinds >>> 8) & 0xff] ?? "SETREGS";
  const content = CONTENTS[way];
  const [words, pairs] = placesOf(i, content);
  const word = (at: number) => setupWords[at] ?? 0n;
  const fpstate = half(SETUP.fpstate);
  const image = word((setupAt(i) + SETUP.image) / 2);
  const frame = content.frame && {
    ucFlags: half(SETUP.ucFlags),
    fpstate: fpstate !== NONE,
    ...(fpstate === IMAGE && { image }),
  };
  return {
    from: FROMS[kinds & 0xff] ?? "signal",
    way,
    on: ONS[(kinds >>> 16) & 0xff] ?? "NONE",
    signal: half(SETUP.signal),
    block: [...setupWords.subarray(words, words + (content.block ? REGISTERS.length : 0))],
    pairs: Array.from({ length: Math.min(half(SETUP.count), mostPairs(way, frame)) }, (_, k) => ({
      offset: word(pairs + 2 * k),
      word: word(pairs + 2 * k + 1),
    })),
    words: [...setupWords.subarray(words, words + (content.words ?? 0))],
    length: content.length === undefined ? 0 : half(SETUP.length),
    ...(frame && { frame }),
  };
}

/* The records of setups and their outcomes, which lie side by side in memory, as fast code accesses them. */
