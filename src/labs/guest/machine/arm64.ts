import type { GuestMachine } from "./machine.ts";

export const arm64: GuestMachine = {
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
  trial: Uint8Array.of(
    ...[0xc8, 0x1a, 0x80, 0xd2, 0x01, 0, 0, 0xd4],
    ...[0xe0, 0, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0, 0, 0xd4],
  ),
};
