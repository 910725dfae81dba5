/*
 * Machines to predict for, by name: "linux-6.12/amd-26", "linux-5.10/intel-6-207,-fsgsbase". A line of machines.jsonl is a
 * kernel of Debian (test/kernels/results.json), or a processor as a recording describes it (test/recordings).
 */

import { ARCHES, HOST_ARCH } from "../core/machine/index.ts";
import { FEATURES, type Machine, machineShape } from "../labs/fuzz/machine.ts";
import { InputError } from "../lib/errors.ts";
import { count, list, oneOf, optional, parseJson, record, show, text } from "../lib/shape.ts";
import LINES from "./machines.jsonl";

const MOST = 2 ** 32 - 1;
const partShape = record({
  ...{ arch: optional(oneOf(ARCHES)), kernel: optional(text), processor: optional(text) },
  // Of a kernel: the components that it knows.
  ...{ features: list(oneOf(FEATURES), FEATURES.length), xcr0: count(MOST) },
});

const kernels = new Map<string, Pick<Machine, "features" | "xcr0">>();
const processors = new Map<string, Machine>();
for (const each of LINES.trimEnd().split("\n")) {
  const line = parseJson(each);
  const { arch = "amd64", kernel, processor, ...part } = partShape(line, "");
  if (arch !== HOST_ARCH) continue;
  if (kernel !== undefined) kernels.set(kernel, part);
  if (processor !== undefined) processors.set(processor, machineShape(line, processor));
}

/** What follows the name of a machine without FSGSBASE. */
const LESS = ",-fsgsbase";

/** The names of all, the newest kernel first. */
export const MACHINES: readonly string[] = [...kernels.keys()]
  .reverse()
  .flatMap((kernel) =>
    [...processors].flatMap(([name, { features }]) =>
      (features.includes("fsgsbase") ? ["", LESS] : [""]).map((less) => `${kernel}/${name}${less}`),
    ),
  );

/** @throws InputError that lists the names */
export function machineNamed(name: string): Machine {
  const [release = "", model = ""] = name.replace(LESS, "").split("/");
  const [kernel, processor] = [kernels.get(release), processors.get(model)];
  if (!MACHINES.includes(name) || kernel === undefined || processor === undefined) {
    throw new InputError(`--machine: there is no machine ${show(name)}`, {
      remedy: `machines: ${MACHINES.join(" ")}`,
    });
  }
  const own = [...processor.features, ...kernel.features];
  const [xcr0, xfeatures] = [processor.xcr0 & kernel.xcr0, processor.xfeatures & kernel.xcr0];
  return {
    ...{ ...processor, release: release.slice("linux-".length), xcr0, xfeatures },
    features: own.filter((feature) => !name.endsWith(LESS) || feature !== "fsgsbase"),
    ...{ xstateLength: lengthOf(processor, xcr0), frameLength: lengthOf(processor, xfeatures) },
    permitted: processor.permitted & kernel.xcr0,
  };
}

/** Bytes of an area with these components, in the standard format; 0 without XSAVE. */
function lengthOf({ components }: Machine, set: number): number {
  const ends = components.map(({ number, offset, size }) =>
    ((set >> number) & 1) === 1 ? offset + size : 0,
  );
  return set === 0 ? 0 : Math.max(576, ...ends);
}
