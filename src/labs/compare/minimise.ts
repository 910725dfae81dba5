import type { Cluster } from "./clusters.ts";
import type { Break, FunctionComparison } from "./function.ts";
import { oneByOne, shrink } from "./shrink.ts";
import { stopwatch } from "./turn.ts";

/** How many of the smallest numbers are tried for each word of an input, and how many copies at a time. */
const SCANNED_WORDS = 131_072;
const MOST_SCANNED = 65_536;
const COPIES = 512;
/** How many words are first tried each alone, and each two: of the longest record two are too many. */
const ALONE = 80;

/**
 * The smallest input near one that shows an effect.
 *
 * @param most how many copies are tried at a time
 * @param firstOf the index of the first copy in a batch that shows the effect
 */
async function minimise(
  { layout, namedFlags }: FunctionComparison,
  input: BigUint64Array,
  most: number,
  firstOf: (batch: BigUint64Array) => Promise<number | undefined>,
): Promise<BigUint64Array> {
  const words = input.slice();
  const size = layout.words;
  const firstOfAll = async (copies: BigUint64Array) => {
    for (let at = 0; at < copies.length; at += most * size) {
      const found = await firstOf(copies.subarray(at, at + most * size));
      if (found !== undefined) return at / size + found;
    }
    return undefined;
  };
  const scan = Math.min(MOST_SCANNED, Math.floor(SCANNED_WORDS / size));
  await shrink(words, layout.inputs, firstOfAll, { flags: namedFlags, scan, alone: ALONE });
  return words;
}

/** The smallest input near a cluster's example with which the same place differs first. */
export function smallestInput(
  compared: FunctionComparison,
  cluster: Cluster,
): Promise<BigUint64Array> {
  const size = compared.layout.words;
  const firstOf = async (copies: BigUint64Array): Promise<number | undefined> => {
    const found = await compared.differences(cluster.encoder, copies);
    if (found !== undefined) {
      const index = found.findIndex((each) => each?.kind === cluster.kind);
      return index < 0 ? undefined : index;
    }
    // One of them broke the batch.
    if (copies.length === size) return undefined;
    return oneByOne(size, async (copy) => (await firstOf(copy)) !== undefined)(copies);
  };
  return minimise(compared, cluster.example, COPIES, firstOf);
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
  const { encoder, error } = found;
  const { kind } = error;
  const elapsed = stopwatch();
  const firstOf = async (copies: BigUint64Array) => {
    if (elapsed() > LONG_ENOUGH) return undefined;
    const broken = await compared.breakOf(encoder, copies.slice(), PATIENCE);
    return broken?.kind === kind ? broken.index : undefined;
  };
  // Writes to memory show only after the batch.
  const input = await minimise(compared, found.input, kind === "memory" ? 1 : COPIES, firstOf);
  const again = await compared.breakOf(encoder, input.slice(), CERTAINTY);
  return again?.kind === kind ? { encoder, error: again, input } : found;
}
