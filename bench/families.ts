// What `npm run bench` compares figures with. Only the comparison depends on the processor, not the measurement.

/**
 * The most that a mechanism may take: in units of its reference, in microseconds more than it, or in hops, where the time
 * depends on how fast two processors hand over a cache line.
 */
export type Bound =
  | { readonly ratio: number }
  | { readonly more: number }
  | { readonly hops: number };

export type Bounds = Readonly<Record<string, Bound>>;

/** The bounds of every processor that has none of its own for a mechanism. */
const EVERYWHERE: Bounds = {
  // What a call takes more does not depend on how fast the kernel stops and wakes. Measured: 0.6 to 1 µs, 1.13 to 1.19.
  "call-faithful": { more: 1.1 },
  "call-fast": { ratio: 0.55 },
  "call-apart": { hops: 6 },
  "batch-64": { ratio: 0.03 },
  // Measured: 1.12 on Intel, 1.14 on AMD.
  "birth-faithful": { ratio: 1.15 },
  "birth-fast": { ratio: 0.6 },
  births: { ratio: 0.4 },
  // Measured on Intel: 0.9 to 1.24 µs, 1.15 to 1.22.
  "switch-faithful": { more: 1.4 },
  // Measured on both: 0.5 to 0.52.
  "switch-fast": { ratio: 0.53 },
  "switch-apart": { hops: 22 },
  // A request more than the reference: whether the stub has ended meanwhile.
  "pool-faithful": { ratio: 1.3 },
  "setup-fuzz": { ratio: 1.08 },
  // What a case takes more is computed; how fast the kernel is beside it differs. Measured on Intel: 0.29.
  "write-fuzz": { more: 0.35 },
  "sigreturn-fuzz": { more: 0.35 },
  version: { ratio: 1.5 },
  "load-stublab": { more: 25_000 },
};

/** What is different in families of processors, as /proc/cpuinfo names them: vendor and family. */
const FAMILIES: Readonly<Record<string, Bounds>> = {
  "GenuineIntel 6": {
    // Births by one turn stop once, those in C four times: where stops are cheap the ratio is high. Measured: 0.41 to 0.48.
    births: { ratio: 0.5 },
    // Measured: 1.26 to 1.33.
    "pool-faithful": { ratio: 1.34 },
  },
  "AuthenticAMD 25": {
    // What is not a handover is counted in hops, too. Measured: 7.1 and 41.5.
    "call-apart": { hops: 8 },
    "switch-apart": { hops: 46 },
    // Measured: 1.17 to 1.2, and 1.385; the cause is not known.
    "switch-faithful": { ratio: 1.22 },
  },
};

/** The processor of /proc/cpuinfo: vendor and family; "unknown" without them. */
export function familyOf(cpuinfo: string): string {
  const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, "m").exec(cpuinfo)?.[1];
  const [vendor, family] = [field("vendor_id"), field("cpu family")];
  return vendor === undefined || family === undefined ? "unknown" : `${vendor} ${family}`;
}

/** The bounds for a processor; if it is not known, the loosest of any, and `known` is false. */
export function boundsFor(family: string): { readonly bounds: Bounds; readonly known: boolean } {
  const own = FAMILIES[family];
  if (own !== undefined) return { bounds: { ...EVERYWHERE, ...own }, known: true };
  const all = Object.entries(EVERYWHERE).map(([name, bound]) => {
    const others = Object.values(FAMILIES).map((each) => each[name] ?? bound);
    return [
      name,
      others.reduce((most, each) => (limitOf(each) > limitOf(most) ? each : most), bound),
    ];
  });
  return { bounds: Object.fromEntries(all), known: false };
}

const limitOf = (bound: Bound) => Math.max(...Object.values(bound));
