import type { PartialEncoder } from "../../../../core/encoder/encoder.ts";
import type { Arch } from "../../../../core/machine/index.ts";
import { openAmd64 } from "./amd64.ts";
import { openArm64 } from "./arm64.ts";

/** Opens the encoder `gvisor` for an architecture. */
export function openGvisorEncoder(arch: Arch): PartialEncoder {
  return arch === "amd64" ? openAmd64() : openArm64();
}
