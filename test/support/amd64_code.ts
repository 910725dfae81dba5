// Instructions of amd64 as bytes, each named or described as assembly.

import { type Code, littleEndian } from "./code_bytes.ts";

export { type Code, program } from "./code_bytes.ts";

/** The general registers in the order of their numbers in machine code. */
export const GENERAL = [
  ..."rax rcx rdx rbx rsp rbp rsi rdi".split(" "),
  ..."r8 r9 r10 r11 r12 r13 r14 r15".split(" "),
];

export const STACK = "rsp";
export const NUMBER = "rax";
export const CALL = "orig_rax";
export const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"];
export const RESULT = "rax";
export const KEPT = GENERAL.filter((name) => !["rax", "rcx", "r11"].includes(name));
export const BASE = "rax";
export const POINTER = "rbx";

export const SYSCALL: Code = [0x0f, 0x05];
export const INT80: Code = [0xcd, 0x80];
/** int3: rip is after it. */
export const TRAP: Code = [0xcc];
export const TRAP_LENGTH = 1;
/** SI_KERNEL */
export const TRAP_CODE = 128;
/** ud2 */
export const ILLEGAL: Code = [0x0f, 0x0b];
/** ILL_ILLOPN */
export const ILLEGAL_CODE = 2;
export const HLT: Code = [0xf4];
export const NOP: Code = [0x90];
/** inc rbx */
export const INC_RBX: Code = [0x48, 0xff, 0xc3];
/** jmp to itself */
export const SPIN: Code = [0xeb, 0xfe];
export const PUSHFQ: Code = [0x9c];
export const POPFQ: Code = [0x9d];
export const CLD: Code = [0xfc];
export const STD: Code = [0xfd];
export const CLC: Code = [0xf8];
export const STC: Code = [0xf9];
/** lodsq: rax = [rsi], and rsi goes up, or down with DF */
export const LODSQ: Code = [0x48, 0xad];
/** ldtilecfg [rbx]; tilezero tmm0 */
export const BEGIN_TILES: Code = [0xc4, 0xe2, 0x78, 0x49, 0x03, 0xc4, 0xe2, 0x7b, 0x49, 0xc0];
/** xor edx, edx; div rdx */
export const DIVIDE_BY_ZERO: Code = [0x31, 0xd2, 0x48, 0xf7, 0xf2];
/** jmp rax */
export const JUMP_TO_BASE: Code = [0xff, 0xe0];
/** call rax */
export const CALL_RAX: Code = [0xff, 0xd0];
/** mov rax, fs:[0] */
export const LOAD_RAX_FS: Code = [0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0];
/** mov rbx, gs:[0] */
export const LOAD_RBX_GS: Code = [0x65, 0x48, 0x8b, 0x1c, 0x25, 0, 0, 0, 0];
/** add rbx, fs:[0] */
export const ADD_RBX_FS: Code = [0x64, 0x48, 0x03, 0x1c, 0x25, 0, 0, 0, 0];
/** add r12, gs:[0] */
export const ADD_R12_GS: Code = [0x65, 0x4c, 0x03, 0x24, 0x25, 0, 0, 0, 0];
/** mov rax, rbx; xor rax, r12 */
export const RAX_FROM_RBX_R12: Code = [0x48, 0x89, 0xd8, 0x4c, 0x31, 0xe0];
/** inc qword [rbx] */
export const COUNT_AT_POINTER: Code = [0x48, 0xff, 0x03];
/** cmp byte [rbx], 0; je to the cmp */
export const AWAIT_BYTE_AT_POINTER: Code = [0x80, 0x3b, 0x00, 0x74, 0xfb];
/** or qword [rsp], 0x100 */
export const SET_TF_ON_STACK: Code = [0x48, 0x81, 0x0c, 0x24, 0x00, 0x01, 0x00, 0x00];

function numberOf(register: string): number {
  const number = GENERAL.indexOf(register);
  if (number < 0) throw new Error(`no general register ${register}`);
  return number;
}

/** mov eax, number; syscall */
export function call(number: number): Code {
  return [0xb8, ...littleEndian(BigInt(number), 4), ...SYSCALL];
}

/** movabs register, word */
export function load(register: string, word: bigint): Code {
  const number = numberOf(register);
  return [0x48 | (number >> 3), 0xb8 | (number & 7), ...littleEndian(word, 8)];
}

/** mov rax, [address] */
export function loadNumberFrom(address: bigint): Code {
  return [0x48, 0xa1, ...littleEndian(address, 8)];
}

/** mov [address], rax */
export function storeResultTo(address: bigint): Code {
  return [0x48, 0xa3, ...littleEndian(address, 8)];
}

/** add register, constant (sign-extended) */
export function add(register: string, constant: number): Code {
  const number = numberOf(register);
  return [
    0x48 | (number >> 3),
    0x81,
    0xc0 | (number & 7),
    ...littleEndian(BigInt.asUintN(32, BigInt(constant)), 4),
  ];
}

/** mov [rax + displacement], register */
export function storeAtBase(register: string, displacement: number): Code {
  const number = numberOf(register);
  return [
    0x48 | ((number >> 3) << 2),
    0x89,
    0x80 | ((number & 7) << 3),
    ...littleEndian(BigInt(displacement), 4),
  ];
}

/** paddq xmm[to], xmm[from] */
export function addVector(to: number, from: number): Code {
  return [0x66, 0x40 | ((to >> 3) << 2) | (from >> 3), 0x0f, 0xd4, modrm(to, from)];
}

/** movdqu [rax + displacement], xmm[from] */
export function storeVector(from: number, displacement: number): Code {
  return [
    0xf3,
    0x40 | ((from >> 3) << 2),
    ...[0x0f, 0x7f, 0x80 | ((from & 7) << 3)],
    ...littleEndian(BigInt(displacement), 4),
  ];
}

/** movdqu xmm[to], [rax + displacement] */
export function loadVector(to: number, displacement: number): Code {
  return [
    0xf3,
    0x40 | ((to >> 3) << 2),
    ...[0x0f, 0x6f, 0x80 | ((to & 7) << 3)],
    ...littleEndian(BigInt(displacement), 4),
  ];
}

/** vpaddq ymm[to], ymm[to], ymm[from] */
export function addYmm(to: number, from: number): Code {
  const inverted = (bit: number) => (bit === 0 ? 1 : 0);
  const first = (inverted(to >> 3) << 7) | 0x40 | (inverted(from >> 3) << 5) | 0x01;
  const second = ((~to & 15) << 3) | 0x04 | 0x01;
  return [0xc4, first, second, 0xd4, modrm(to, from)];
}

/** vmovdqu [rax + displacement], ymm[from] */
export function storeYmm(from: number, displacement: number): Code {
  return moveYmm(0x7f, from, displacement);
}

/** vmovdqu ymm[to], [rax + displacement] */
export function loadYmm(to: number, displacement: number): Code {
  return moveYmm(0x6f, to, displacement);
}

function moveYmm(opcode: number, register: number, displacement: number): Code {
  const second = (register >> 3 === 0 ? 0x80 : 0) | 0x7e;
  const operand = 0x80 | ((register & 7) << 3);
  return [0xc5, second, opcode, operand, ...littleEndian(BigInt(displacement), 4)];
}

function modrm(register: number, operand: number): number {
  return 0xc0 | ((register & 7) << 3) | (operand & 7);
}

/** jmp from the end of `code` back to its start */
export function loop(...code: readonly Code[]): Code {
  const body = code.flat();
  return [...body, 0xe9, ...littleEndian(BigInt.asUintN(32, BigInt(-(body.length + 5))), 4)];
}

export const ACCESS = 0n;

export const VECTORS = 16;

/** XMM0 to XMM15: FXSAVE's at 160. */
export function vectorWords(xstate: Uint8Array): BigUint64Array {
  return new BigUint64Array(xstate.buffer, xstate.byteOffset + 160, 32);
}

/** The words of the upper halves of YMM0 to YMM15, at 576 in the standard layout. */
export function ymmHighWords(xstate: Uint8Array): BigUint64Array {
  return new BigUint64Array(xstate.buffer, xstate.byteOffset + 576, 32);
}

/** The registers that a switch resets. */
export function selectors(registers: Record<string, bigint>): Record<string, bigint> {
  const names = ["cs", "ss", "ds", "es", "fs", "gs"];
  return Object.fromEntries(names.map((name) => [name, registers[name] ?? 0n]));
}
