// What running a guest has to know about the architecture, beyond what encoders compute.

import { MOST_USER_SPACE, PAGE_SIZE } from "../stub/amd64.ts";

/** The machine in an ELF header, and what uname(2) calls it. */
export const EM_X86_64 = 62;
export const MACHINE = "x86_64";

export const STACK_POINTER = "rsp";

/** The codes of arch_prctl(2), by the register that each is about (<asm/prctl.h>). */
export const ARCH_SET_GS = 0x1001n;
export const ARCH_SET_FS = 0x1002n;
export const ARCH_GET_FS = 0x1003n;
export const ARCH_GET_GS = 0x1004n;

/** The registers that hold the bases of FS and GS. */
export const SEGMENT_BASES = ["fs_base", "gs_base"] as const;

/** The first base of FS or GS that the kernel refuses to set: TASK_SIZE_MAX. */
export const BASE_LIMIT = BigInt(MOST_USER_SPACE);

/** Where a position-independent program goes: a multiple of 2 MB, the largest alignment that linkers ask for. */
export const INDEPENDENT_BASE = 0x5555_5540_0000n;

/** Where code without a format goes: the first address that the kernel lets everyone map. */
export const CODE_ADDRESS = 0x10000n;

/** The end of a guest's stack, far from images, from where the kernel maps, and from the stub code. */
export const STACK_TOP = 0x7000_0000_0000n;
export const STACK_SIZE = 8n << 20n;

/** The page that an address lies in, and the first page boundary that is not before it. */
export function pageOf(address: bigint): bigint {
  return address - (address % BigInt(PAGE_SIZE));
}

export function pageEnd(address: bigint): bigint {
  return pageOf(address + BigInt(PAGE_SIZE) - 1n);
}
