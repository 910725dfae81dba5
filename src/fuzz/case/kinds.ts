import type { Arch } from "../../encoder/arch.ts";
import * as amd64Kinds from "./amd64/kinds.ts";
import * as amd64Registers from "./amd64/registers.ts";
import * as arm64Kinds from "./arm64/kinds.ts";
import * as arm64Registers from "./arm64/registers.ts";

/** What the records of each architecture depend on: registers, stops and ways. */
export const KINDS = {
  amd64: { ...amd64Registers, ...amd64Kinds },
  arm64: { ...arm64Registers, ...arm64Kinds },
} satisfies Record<Arch, unknown>;

export type From = (typeof KINDS)[Arch]["FROM"]["values"][number][0];
export type Way = (typeof KINDS)[Arch]["WAY"]["values"][number][0];
