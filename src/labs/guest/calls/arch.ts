import { HOST_ARCH } from "../../../core/machine/index.ts";
import type { EmulatedCall } from "../call.ts";
import { OWN_CALLS as amd64 } from "./amd64.ts";

/** The calls that the other architecture does not have. */
export const OWN_CALLS: Readonly<Record<string, EmulatedCall>> = { amd64, arm64: {} }[HOST_ARCH];
