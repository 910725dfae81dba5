import { release } from "node:os";
import { type Arch, HOST_ARCH } from "../../../core/machine/index.ts";
import type { Tracer } from "../../../core/stub/tracer.ts";
import { StateError } from "../../../lib/errors.ts";
import { count, list, members, oneOf, optional, type Shape, text } from "../../../lib/shape.ts";
import { FEATURES, type Feature, readProcessor as readHost, readKernel } from "./arch.ts";
import { type Xstate, xstateOf } from "./xstate.ts";

/** What predictions hold for: the kernel and the processor, as far as rules depend on them. */
export interface Machine extends Xstate {
  /** Its architecture, if that is not amd64. */
  readonly arch?: Exclude<Arch, "amd64">;
  /** The kernel's release, such as "6.12.9". */
  readonly release: string;
  /** As /proc/cpuinfo has them. */
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  /** The features that rules depend on and this machine has. */
  readonly features: readonly Feature[];
  /** The page of the stub code, about which the model knows nothing else. */
  readonly stubCode: number;
}

/** A number of /proc/cpuinfo, which lacks some on some machines. */
const figure: Shape<number> = (value, place) =>
  Number.isNaN(value) ? Number.NaN : count(Number.MAX_SAFE_INTEGER)(value, place);

export const machineShape: Shape<Machine> = (value, place) => {
  const read = members(value, place);
  const arch = read("arch", optional(oneOf(["arm64"])));
  return {
    ...(arch !== undefined && { arch }),
    release: read("release", text),
    vendor: read("vendor", text),
    family: read("family", figure),
    model: read("model", figure),
    features: read("features", list(oneOf(FEATURES), FEATURES.length)),
    ...xstateOf(read),
    stubCode: read("stubCode", count(Number.MAX_SAFE_INTEGER)),
  };
};

/** Asks the machine. A stub of the tracer shows what the kernel has. */
export function readMachine(tracer: Tracer): Machine {
  const [stub] = tracer.stubs.values();
  if (stub === undefined) throw new StateError("the tracer has no stub that can be asked");
  const processor = readProcessor();
  const { features, ...kernel } = readKernel(stub);
  const has = new Set<Feature>(features);
  return {
    ...(HOST_ARCH !== "amd64" && { arch: HOST_ARCH }),
    ...processor,
    features: FEATURES.filter((name) => has.has(name)),
    ...kernel,
    stubCode: tracer.stubAddress,
  };
}

/** What can be asked without one. */
export function readProcessor() {
  const { vendor, family, model, features } = readHost();
  return { release: release(), vendor, family, model, features };
}
