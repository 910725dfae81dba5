import type { CompleteEncoder, PartialEncoder } from "../../../../core/encoder/encoder.ts";
import type { Arch } from "../../../../core/machine/index.ts";
import { amd64 } from "./amd64.ts";
import { amd64GuestFunctions } from "./amd64_guest.ts";
import { arm64 } from "./arm64.ts";
import { arm64GuestFunctions } from "./arm64_guest.ts";
import { Memory } from "./memory.ts";
import { encoderIn } from "./script.ts";

/** The encoder `script` for amd64, with its blocks in a memory. */
export function scriptAmd64(memory: Memory): CompleteEncoder {
  return { ...encoderIn(memory, amd64), ...amd64GuestFunctions(memory), arch: "amd64" };
}

/** The same for arm64, which has no vsyscalls. */
export function scriptArm64(memory: Memory): Omit<CompleteEncoder, "rewindVsyscall"> {
  return { ...encoderIn(memory, arm64), ...arm64GuestFunctions(memory), arch: "arm64" };
}

/** Opens the encoder `script` for an architecture. */
export function openScriptEncoder(arch: Arch): PartialEncoder {
  return arch === "amd64" ? scriptAmd64(new Memory()) : scriptArm64(new Memory());
}
