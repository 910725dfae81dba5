import { type Spread, width } from "./spread.ts";

/** What shows whether other work disturbed a run. */
export interface Conditions {
  /** Microseconds of the floor: a system call that waits for nothing. */
  readonly floor: Spread;
  /** Involuntary context switches in a second of the floor, which never yields. */
  readonly involuntary: number;
  /** The load average of the last minute before the run. */
  readonly load: number;
  readonly processors: number;
  /** The share of time that the hypervisor gave to other machines. */
  readonly steal: number;
}

/** From which value on each condition is noise. */
const MOST = { width: 0.1, involuntary: 50, steal: 0.01 };

/** The load average at which a processor is certainly wanted by others; a run that has just ended leaves up to 1. */
function mostLoad(processors: number): number {
  return 1 + processors / 4;
}

/** What disturbed a run, a phrase for each reason; empty for a quiet run. */
export function noiseOf(conditions: Conditions): string[] {
  const { floor, involuntary, load, processors, steal } = conditions;
  const noise: string[] = [];
  if (!(width(floor) <= MOST.width)) {
    noise.push(`the floor's quartiles are ${percent(width(floor))} apart`);
  }
  if (involuntary > MOST.involuntary) {
    noise.push(`${involuntary.toFixed(0)} involuntary context switches a second`);
  }
  if (load > mostLoad(processors)) {
    noise.push(`load average ${load.toFixed(1)} on ${processors} processors`);
  }
  if (steal > MOST.steal) noise.push(`${percent(steal)} of the time stolen by the hypervisor`);
  return noise;
}

/** The verdict on a run, in a line. */
export function noiseLine(conditions: Conditions | undefined, noise: readonly string[]): string {
  if (noise.length > 0 || conditions === undefined) {
    return `NOISY RUN, do not rely on its figures: ${noise.join("; ")}`;
  }
  const { floor, involuntary, load, steal } = conditions;
  return (
    `quiet run: the floor's quartiles are ${percent(width(floor))} apart, ` +
    `${involuntary.toFixed(0)} involuntary context switches a second, ` +
    `load average ${load.toFixed(1)}, ${percent(steal)} stolen`
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
