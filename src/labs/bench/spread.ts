/** The middle of samples. */
export interface Spread {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

/** The median and the quartiles of at least one sample. */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}

/** Of fewer samples the quartiles are the extremes, or the median: they say nothing. */
const LEAST_SAMPLES = 5;

/** The quartiles, if there are samples enough for them. */
export function quartilesOf(
  { lower, upper }: Spread,
  samples: number,
): readonly [lower: number, upper: number] | undefined {
  return samples < LEAST_SAMPLES ? undefined : [lower, upper];
}

/** How far apart the quartiles are, as a share of the median. */
export function width({ lower, median, upper }: Spread): number {
  return (upper - lower) / median;
}
