// The part of classic BPF that seccomp filters use: linux/bpf_common.h, linux/filter.h, linux/seccomp.h.

export const LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
export const JUMP = 0x05;
export const JUMP_EQUAL = 0x15;
export const JUMP_GREATER = 0x25;
export const JUMP_GREATER_OR_EQUAL = 0x35;
export const JUMP_IF_SET = 0x45;
export const AND = 0x54;
export const OR = 0x44;
export const RETURN = 0x06;
export const RETURN_ACCUMULATOR = 0x16;

export const SECCOMP_RET_ALLOW = 0x7fff_0000;
export const SECCOMP_RET_TRACE = 0x7ff0_0000;
export const SECCOMP_RET_ERRNO = 0x0005_0000;
export const SECCOMP_RET_TRAP = 0x0003_0000;
export const SECCOMP_RET_KILL_PROCESS = 0x8000_0000;

/** Byte offsets in struct seccomp_data, and its size. */
export const DATA_NUMBER = 0;
export const DATA_ARCH = 4;
export const DATA_INSTRUCTION_POINTER = 8;
export const DATA_ARGUMENT = 16;
export const DATA_SIZE = 64;
/** The upper half of a 64-bit member. */
export const HIGH = 4;

/** The size of struct sock_filter, and the most instructions that the kernel accepts (BPF_MAXINSNS). */
export const FILTER_INSTRUCTION = 8;
export const MOST_INSTRUCTIONS = 4096;

/** struct sock_filter: code (16 bits), jt and jf (8 each), k (32). */
export type BpfInstruction = readonly [code: number, k: number, jt?: number, jf?: number];

/** An array of struct sock_filter. */
export function assembleBpf(...instructions: readonly BpfInstruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(FILTER_INSTRUCTION * instructions.length));
  for (const [i, [code, k, jt = 0, jf = 0]] of instructions.entries()) {
    const at = FILTER_INSTRUCTION * i;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jt);
    view.setUint8(at + 3, jf);
    view.setUint32(at + 4, k, true);
  }
  return new Uint8Array(view.buffer);
}

/** The size of struct sock_fprog. */
export const FPROG_SIZE = 16;

/** The struct sock_fprog of a program at `address`. */
export function sockFprog(program: Uint8Array, address: bigint): Uint8Array {
  const header = new DataView(new ArrayBuffer(FPROG_SIZE));
  header.setUint16(0, program.length / FILTER_INSTRUCTION, true);
  header.setBigUint64(8, address, true);
  return new Uint8Array(header.buffer);
}
