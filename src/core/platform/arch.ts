import { HOST_ARCH } from "../shim/host_arch.ts";
import * as amd64 from "./amd64.ts";
import * as arm64 from "./arm64.ts";
import * as site from "./site_amd64.ts";

/** The machine code of a system call that can be patched, and of its patch. */
export type SiteCode = typeof site;

/** What the platform layer has to know about an architecture: the exports of its module. */
interface PlatformArch {
  readonly COMPONENTS: bigint;
  readonly LARGEST_XSTATE: number;
  /** Undefined: no system call can be patched. */
  readonly SITE?: SiteCode;
}

const MODULES: Readonly<Record<typeof HOST_ARCH, PlatformArch>> = {
  amd64: { ...amd64, SITE: site },
  arm64,
};

export const { COMPONENTS, LARGEST_XSTATE, SITE } = MODULES[HOST_ARCH];
