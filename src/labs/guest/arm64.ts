// The facts about arm64 that running a guest requires: see amd64.ts.

import type { RegisterBlock } from "../../core/encoder/block.ts";

/** EM_AARCH64. */
export const ELF_MACHINE = 183;
export const ELF_MACHINE_NAME = "AArch64";
export const MACHINE = "aarch64";

/** Offsets in struct stat (<asm/stat.h>), and its size. */
export const STAT = {
  size: 128,
  inode: 8,
  mode: 16,
  links: 20,
  length: 48,
  blockSize: 56,
  blocks: 64,
} as const;

export const STACK_POINTER = "sp";

/** PROT_BTI: jumps to these pages are checked. */
export const PROTECTION_FLAGS = ["PROT_BTI"] as const;
export const MAPPING_FLAGS: readonly string[] = [];

/** All addresses are below 2^39, where user space ends on the smallest kernels. */
export const INDEPENDENT_BASE = 0x55_5540_0000n;
export const CODE_ADDRESS = 0x10000n;
export const STACK_TOP = 0x70_0000_0000n;
export const STACK_SIZE = 8n << 20n;

/** mov x8, #214 (brk); svc #0; mov x0, #7; mov x8, #93 (exit); svc #0 */
export const TRIAL = Uint8Array.of(
  ...[0xc8, 0x1a, 0x80, 0xd2, 0x01, 0, 0, 0xd4],
  ...[0xe0, 0, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0, 0, 0xd4],
);

/** The kernel restores any registers that a guest can have. */
export function canResume(_: RegisterBlock): boolean {
  return true;
}
