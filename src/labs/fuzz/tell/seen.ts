/* What logs of the probe say about a case: on which kernels its outcome is as predicted. */

import { InputError } from "../../../lib/errors.ts";

/** What a kernel does with a case. */
export interface Sighting {
  readonly kernel: string;
  readonly machine: string;
  readonly result: string;
}

/**
 * The kernels of a log of `probe replay case.json`, which may be the console of a machine, or several logs in one.
 *
 * @param name what stands for the kernel if the log does not say which it is
 * @throws InputError if a kernel has tried several cases
 */
export function readSightings(log: string, name: string): Sighting[] {
  const lines = log.replaceAll("\r", "");
  const named = lines.split(/^(?=# kernel: )/m).filter((part) => part.startsWith("# kernel: "));
  return (named.length > 0 ? named : [lines]).map((part) => {
    const first = (pattern: RegExp) => pattern.exec(part)?.[1];
    return {
      kernel: first(/^# kernel: (.*)$/m) ?? name,
      machine: first(/^# machine: (.*)$/m) ?? "?",
      result: resultOf(part, name),
    };
  });
}

function resultOf(log: string, name: string): string {
  const [result, other] = log.matchAll(/^(not )?ok \d+ case(?:$|, | # SKIP )(.*)$/gm);
  if (other !== undefined) {
    throw new InputError(`${name} has the results of several cases`, {
      remedy: "it should be the output of probe replay case.json",
    });
  }
  if (result === undefined) return "no result";
  const [, not, reason = ""] = result;
  if (not === undefined) return reason === "" ? "as predicted" : reason;
  const [, field, predicted, got] = /^# (\S+): predicted (.*), got (.*)$/m.exec(log) ?? [];
  return field === undefined
    ? "differs"
    : `differs: ${field} is ${got}, and ${predicted} is expected`;
}
