import { HOST_ARCH } from "../../../core/machine/index.ts";
import * as amd64 from "./amd64/machine.ts";
import { AVX_XSTATE } from "./amd64/xstate.ts";
import * as arm64 from "./arm64/machine.ts";
import { NO_XSTATE, type Xstate } from "./xstate.ts";

const HOST = { amd64, arm64 }[HOST_ARCH];

export { readFrame } from "./amd64/xstate.ts";
export const FEATURES = [...amd64.FEATURES, ...arm64.FEATURES] as const;
export type Feature = (typeof FEATURES)[number];
/** What is assumed of the XSAVE area of a machine that cannot be asked. */
export const USUAL_XSTATE: Xstate = { amd64: AVX_XSTATE, arm64: NO_XSTATE }[HOST_ARCH];
export const { readKernel, readProcessor } = HOST;
/** Calls that a filter does not see, on kernels that have them. */
export const UNSEEN_CALLS: readonly number[] = HOST.UNSEEN_CALLS;
/** The upper half of every address in the vsyscall page, where there is one. */
export const VSYSCALL_HALF: number | undefined = HOST.VSYSCALL_HALF;
/** The features that only a stub shows. */
export const KERNEL_FEATURES: readonly Feature[] = HOST.KERNEL_FEATURES;
