import type { Memory } from "./memory.ts";
import type { Constants } from "./tables.ts";

/**
 * What of the encoder depends on the architecture. The functions work on a block in `memory`, by the
 * index of its first word.
 */
export interface Architecture {
  readonly constants: Constants;
  /** Bytes of a register block. */
  readonly blockSize: number;
  /** The architecture's name in the audit and seccomp interfaces: the value of an AUDIT_ARCH_*. */
  readonly audit: number;
  /** Whether there is a vsyscall page, which is to be trapped. */
  readonly hasVsyscalls: boolean;

  /** Makes a frame of a block that is a copy of the initial registers. */
  encodeSyscall(
    memory: Memory,
    block: number,
    number: bigint,
    arg0: bigint,
    arg1: bigint,
    arg2: bigint,
    arg3: bigint,
    arg4: bigint,
    arg5: bigint,
  ): void;
  rewindSyscall(memory: Memory, block: number): void;
  syscallResult(memory: Memory, block: number): bigint;
  restartSyscall(memory: Memory, block: number, original: bigint): number;
  encodeBootstrap(memory: Memory, block: number, parent: number): void;
}
