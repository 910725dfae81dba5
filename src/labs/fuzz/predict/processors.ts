/*
 * The processors that were asked what they do: the manuals leave some of it open, and processors of other kinds may do
 * something else. Each rule about a processor names those on which it was measured.
 */

import type { Machine } from "../machine.ts";

/** A kind of processor, as /proc/cpuinfo has it. Without a model, all of the family are meant. */
export interface Processor {
  readonly vendor: string;
  readonly family: number;
  readonly model?: number;
}

const [AMD, INTEL] = ["AuthenticAMD", "GenuineIntel"];

/** By the names that `_asked` of a rule has (assembly/model/rule.ts). */
const PROCESSORS: Readonly<Record<string, readonly Processor[]>> = {
  amd: [25, 26].map((family) => ({ vendor: AMD, family })),
  "amd-26": [{ vendor: AMD, family: 26 }],
  // A family of Intel's has had every design since 1995.
  intel: [{ vendor: INTEL, family: 6, model: 207 }],
  // QEMU's own processor on arm64.
  tcg: [{ vendor: "0x00", family: 8 }],
};

/** @param names separated by spaces */
export function processorsOf(names: string): readonly Processor[] {
  return names.split(" ").flatMap((name) => {
    const processors = PROCESSORS[name];
    if (processors === undefined) throw new RangeError(`no processor is called "${name}"`);
    return processors;
  });
}

/** Whether a rule says what a processor does, and none of the machine's kind was asked. */
export function isUnasked(
  { asked }: { readonly asked?: readonly Processor[] },
  machine: Pick<Machine, "vendor" | "family" | "model">,
): boolean {
  return (
    asked?.every(
      ({ vendor, family, model = machine.model }) =>
        vendor !== machine.vendor || family !== machine.family || model !== machine.model,
    ) ?? false
  );
}

/** "AMD family 25 and 26, Intel family 6 model 207" */
export function processorsText(processors: readonly Processor[]): string {
  const vendors = new Set(processors.map(({ vendor }) => vendor));
  return [...vendors]
    .map((name) => {
      const own = processors.filter(({ vendor }) => vendor === name);
      return `${SHORT[name] ?? name} family ${own.map(figures).join(" and ")}`;
    })
    .join(", ");
}

const SHORT: Readonly<Record<string, string>> = {
  [AMD]: "AMD",
  [INTEL]: "Intel",
  "0x00": "QEMU",
};

const figures = ({ family, model }: Processor) =>
  model === undefined ? `${family}` : `${family} model ${model}`;
