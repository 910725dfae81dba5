import type { GuestMachine } from "./machine.ts";

export const amd64: GuestMachine = {
  title: "x86-64",
  name: "x86_64",
  stat: { size: 144, inode: 8, links: 16, mode: 24, length: 48, blockSize: 56, blocks: 64 },
  stackPointer: "rsp",
  protectionFlags: "PROT_READ|PROT_WRITE|PROT_EXEC",
  mappingFlags: "MAP_FIXED|MAP_FIXED_NOREPLACE|MAP_32BIT|MAP_NORESERVE|MAP_STACK",
  independentBase: 0x5555_5540_0000n,
  stackTop: 0x7000_0000_0000n,
  segmentBases: ["fs_base", "gs_base"],
  // mov $12, %eax; syscall; mov $7, %edi; mov $60, %eax; syscall
  trial: Uint8Array.of(
    ...[0xb8, 12, 0, 0, 0, 0x0f, 0x05],
    ...[0xbf, 7, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05],
  ),
};
