import { HOST_ARCH } from "../shim/host_arch.ts";
import * as amd64 from "./amd64.ts";
import * as arm64 from "./arm64.ts";

/** What the platform layer has to know about an architecture: the exports of its module. */
interface PlatformArch {
  readonly COMPONENTS: bigint;
  readonly LARGEST_XSTATE: number;
}

const MODULES: Readonly<Record<typeof HOST_ARCH, PlatformArch>> = { amd64, arm64 };

export const { COMPONENTS, LARGEST_XSTATE } = MODULES[HOST_ARCH];
