import { amd64 } from "./amd64.ts";
import { arm64 } from "./arm64.ts";
import type { Machine } from "./machine.ts";

/** The supported architectures. */
export type Arch = "amd64" | "arm64";

export const MACHINES: Readonly<Record<Arch, Machine>> = { amd64, arm64 };

export const ARCHES: readonly Arch[] = ["amd64", "arm64"];

/** Those for which there is a probe. On riscv64 it has no model: it checks facts about requests, and tries no cases. */
export type ProbedArch = Arch | "riscv64";

export const PROBED: readonly ProbedArch[] = [...ARCHES, "riscv64"];

/** The architecture of this program, where there is a shim for it. Pages run in browsers, which do not tell theirs. */
export const HOST_ARCH: Arch =
  typeof process !== "undefined" && process.arch === "arm64" ? "arm64" : "amd64";

/** The machine on which this program runs. */
export const HOST_MACHINE = MACHINES[HOST_ARCH];
