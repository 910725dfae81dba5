import type { EncoderFunctions } from "../../../../core/encoder/abi.ts";
import type { Memory } from "./memory.ts";
import type { Constants } from "./tables.ts";

/** The functions that work on register blocks. */
export type BlockFunctions = Pick<
  EncoderFunctions,
  "encodeSyscall" | "rewindSyscall" | "syscallResult" | "restartSyscall" | "encodeBootstrap"
>;

/** The functions for guests. */
export type GuestFunctions = Pick<
  EncoderFunctions,
  "enterGuest" | "decodeGuestSyscall" | "encodeGuestResult" | "rewindVsyscall"
>;

/** The parts of the encoder that depend on the architecture. */
export interface Architecture {
  readonly constants: Constants;
  /** The architecture's name in the audit and seccomp interfaces: the value of an AUDIT_ARCH_*. */
  readonly audit: number;
  /** Whether the kernel has a vsyscall page, which the filter traps. */
  readonly hasVsyscalls: boolean;
  /** The functions on blocks in a memory. */
  blockFunctions(memory: Memory): BlockFunctions;
}
