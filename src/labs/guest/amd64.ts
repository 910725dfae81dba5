// The facts about the architecture that running a guest requires, beyond what encoders compute.

import type { RegisterBlock } from "../../core/encoder/block.ts";
import { MACHINES } from "../../core/machine/index.ts";

/** The machine in an ELF header (EM_X86_64), its name in messages, and its name in uname(2). */
export const ELF_MACHINE = 62;
export const ELF_MACHINE_NAME = "x86-64";
export const MACHINE = "x86_64";

/** Offsets in struct stat (<asm/stat.h>), and its size. */
export const STAT = {
  size: 144,
  inode: 8,
  links: 16,
  mode: 24,
  length: 48,
  blockSize: 56,
  blocks: 64,
} as const;

export const STACK_POINTER = "rsp";

/** Protections and flags of mmap that no other architecture has. */
export const PROTECTION_FLAGS: readonly string[] = [];
export const MAPPING_FLAGS = ["MAP_32BIT"] as const;

/** Where a position-independent program is loaded: a multiple of 2 MB, the largest alignment that linkers request. */
export const INDEPENDENT_BASE = 0x5555_5540_0000n;

/** Where code without a format is loaded: the lowest address that unprivileged processes may map. */
export const CODE_ADDRESS = 0x10000n;

/** The end of a guest's stack, far from images, from the kernel's mappings, and from the stub code. */
export const STACK_TOP = 0x7000_0000_0000n;
export const STACK_SIZE = 8n << 20n;

/** The lowest base of FS or GS that the kernel refuses to set: TASK_SIZE_MAX. */
export const BASE_LIMIT = BigInt(MACHINES.amd64.mostUserSpace);

/** A program that calls brk, and exits with 7: mov $12, %eax; syscall; mov $7, %edi; mov $60, %eax; syscall. */
export const TRIAL = Uint8Array.of(
  ...[0xb8, 12, 0, 0, 0, 0x0f, 0x05],
  ...[0xbf, 7, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05],
);

const SEGMENT_BASES = ["fs_base", "gs_base"] as const;

/**
 * Whether the kernel can restore a guest's registers. WRFSBASE and WRGSBASE accept every canonical address, but the
 * kernel refuses to restore a base in its own half.
 */
export function canResume(registers: RegisterBlock): boolean {
  return SEGMENT_BASES.every((name) => registers.get(name) < BASE_LIMIT);
}
