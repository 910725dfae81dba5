// All that running a guest has to know about an architecture, beyond what core/machine and encoders know.

import type { RegisterBlock } from "../../core/encoder/block.ts";
import { HOST_ARCH, HOST_MACHINE } from "../../core/machine/index.ts";

const amd64 = {
  /** Its name in messages, and in uname(2). */
  title: "x86-64",
  name: "x86_64",
  /** Offsets in struct stat (<asm/stat.h>), and its size. */
  stat: { size: 144, inode: 8, links: 16, mode: 24, length: 48, blockSize: 56, blocks: 64 },
  stackPointer: "rsp",
  /** The protections of pages, and the flags of mmap that are passed to the kernel. */
  protectionFlags: "PROT_READ|PROT_WRITE|PROT_EXEC",
  mappingFlags: "MAP_FIXED|MAP_FIXED_NOREPLACE|MAP_32BIT|MAP_NORESERVE|MAP_STACK",
  /** Where a position-independent program is loaded: a multiple of 2 MB, the largest alignment that linkers request. */
  independentBase: 0x5555_5540_0000n,
  /** The end of a guest's stack, far from images, from the kernel's mappings, and from the stub code. */
  stackTop: 0x7000_0000_0000n,
  /** The registers with bases of segments, which arch_prctl(2) sets: the kernel restores them only below the end of user space. */
  segmentBases: ["fs_base", "gs_base"],
  /** A program that calls brk and exits with 7, which `doctor` runs: mov $12, %eax; syscall; mov $7, %edi; mov $60, %eax; syscall */
  trial: "b80c0000000f05bf07000000b83c0000000f05",
};

const arm64: typeof amd64 = {
  title: "AArch64",
  name: "aarch64",
  stat: { size: 128, inode: 8, mode: 16, links: 20, length: 48, blockSize: 56, blocks: 64 },
  stackPointer: "sp",
  // Jumps to pages with PROT_BTI are checked.
  protectionFlags: "PROT_READ|PROT_WRITE|PROT_EXEC|PROT_BTI",
  mappingFlags: "MAP_FIXED|MAP_FIXED_NOREPLACE|MAP_NORESERVE|MAP_STACK",
  // All addresses are below 2^39, where user space ends on the smallest kernels.
  independentBase: 0x55_5540_0000n,
  stackTop: 0x70_0000_0000n,
  segmentBases: [],
  // mov x8, #214 (brk); svc #0; mov x0, #7; mov x8, #93 (exit); svc #0
  trial: "c81a80d2010000d4e00080d2a80b80d2010000d4",
};

/** The machine of the guests on this one. */
export const GUEST_MACHINE = { amd64, arm64 }[HOST_ARCH];

export const STACK_SIZE = 8n << 20n;

/** The lowest base of a segment that the kernel refuses to set. */
export const BASE_LIMIT = BigInt(HOST_MACHINE.mostUserSpace);

/**
 * Whether the kernel can restore a guest's registers. WRFSBASE and WRGSBASE accept every canonical address, but the
 * kernel refuses to restore a base in its own half.
 */
export function canResume(registers: RegisterBlock): boolean {
  return GUEST_MACHINE.segmentBases.every((name) => registers.get(name) < BASE_LIMIT);
}
