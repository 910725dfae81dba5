import { type FirstOf, type ShrinkOptions, shrink } from "../cases/shrink.ts";
import { type Cluster, firstDifference } from "./clusters.ts";
import type { Break, FunctionComparison } from "./function.ts";
import { stopwatch } from "./timing.ts";

/** How many of the smallest numbers are tried for each word of an input, and how many copies at a time. */
const SCANNED_WORDS = 131_072;
const MOST_SCANNED = 65_536;
const COPIES = 512;
/** How many words are first tried each alone, and each two: of the longest record two are too many. */
const ALONE = 80;

function optionsOf({ layout, namedFlags }: FunctionComparison): ShrinkOptions {
  const scan = Math.min(MOST_SCANNED, Math.floor(SCANNED_WORDS / layout.words));
  return { flags: namedFlags, scan, alone: ALONE };
}

/** Looks for the first of many copies in batches. */
function inBatches(
  size: number,
  copies: number,
  firstOf: (batch: BigUint64Array) => Promise<number | undefined>,
): FirstOf {
  return async (all) => {
    for (let at = 0; at < all.length; at += copies * size) {
      const found = await firstOf(all.subarray(at, at + copies * size));
      if (found !== undefined) return at / size + found;
    }
    return undefined;
  };
}

/** The smallest input near a cluster's example with which the same place differs first. */
export async function smallestInput(
  compared: FunctionComparison,
  { encoder, against, kind, example }: Cluster,
): Promise<BigUint64Array> {
  const words = example.slice();
  const size = compared.layout.words;
  const differs = async (copies: BigUint64Array): Promise<number | undefined> => {
    const kinds = await kindsOf(compared, encoder, against, copies);
    // One of them broke the batch.
    if (kinds === undefined && copies.length > size) return inBatches(size, 1, differs)(copies);
    const found = kinds?.indexOf(kind) ?? -1;
    return found < 0 ? undefined : found;
  };
  await shrink(
    words,
    compared.layout.inputs,
    inBatches(size, COPIES, differs),
    optionsOf(compared),
  );
  return words;
}

/** In what kind of place each of several records differs; undefined if an encoder does not answer all. */
export async function kindsOf(
  compared: FunctionComparison,
  encoder: string,
  against: string,
  inputs: BigUint64Array,
): Promise<(string | undefined)[] | undefined> {
  const own = await compared.answer(encoder, inputs);
  const other = await compared.answer(against, inputs);
  if (own === undefined || other === undefined) return undefined;
  const { layout, places } = compared;
  return Array.from({ length: inputs.length / layout.words }, (_, i) => {
    const [from, to] = [i * layout.words, (i + 1) * layout.words];
    return firstDifference(layout, places, own.subarray(from, to), other.subarray(from, to))?.kind;
  });
}

/**
 * How many milliseconds a batch may take that is expected to break, and one case that is to be sure; how many a smaller
 * input is worth.
 */
const PATIENCE = 300;
const CERTAINTY = 1000;
const LONG_ENOUGH = 5000;

/** The smallest input near that of a break with which the encoder breaks in the same way. */
export async function smallestBreak(compared: FunctionComparison, found: Break): Promise<Break> {
  const { encoder, error, input } = found;
  const { kind } = error;
  const words = input.slice();
  const elapsed = stopwatch();
  const breaksAt = async (copies: BigUint64Array) => {
    if (elapsed() > LONG_ENOUGH) return undefined;
    const broken = await compared.breakOf(encoder, copies.slice(), PATIENCE);
    return broken?.kind === kind ? broken.index : undefined;
  };
  // Writes to memory show only after the batch.
  const copies = kind === "memory" ? 1 : COPIES;
  await shrink(
    words,
    compared.layout.inputs,
    inBatches(compared.layout.words, copies, breaksAt),
    optionsOf(compared),
  );
  const again = await compared.breakOf(encoder, words.slice(), CERTAINTY);
  return again?.kind === kind ? { encoder, error: again, input: words } : found;
}
