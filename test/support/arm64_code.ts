// Instructions of arm64 as bytes, each named or described as assembly. x17 is for addresses.

import { type Code, littleEndian } from "./code_bytes.ts";

export { type Code, program } from "./code_bytes.ts";

export const STACK = "sp";
export const NUMBER = "x8";
export const CALL = "x8";
export const ARGUMENTS = ["x0", "x1", "x2", "x3", "x4", "x5"];
export const RESULT = "x0";
export const KEPT = Array.from({ length: 30 }, (_, i) => `x${i + 1}`);
export const BASE = "x10";
export const POINTER = "x9";

const LDR = 0xf940_0000;
const STR = 0xf900_0000;

const instruction = (word: number): Code => littleEndian(BigInt(word >>> 0), 4);

/** svc #0 */
export const SYSCALL = instruction(0xd400_0001);
/** brk #0: pc stays at it. */
export const TRAP = instruction(0xd420_0000);
export const TRAP_LENGTH = 0;
/** TRAP_BRKPT */
export const TRAP_CODE = 1;
/** udf #0 */
export const ILLEGAL = instruction(0);
/** ILL_ILLOPC */
export const ILLEGAL_CODE = 1;
export const NOP = instruction(0xd503_201f);
/** b to itself */
export const SPIN = branch(0);
/** br x10 */
export const JUMP_TO_BASE = instruction(0xd61f_0000 | (10 << 5));
/** ldr x11, [x9]; add x11, x11, #1; str x11, [x9] */
export const COUNT_AT_POINTER = [
  ...access(LDR, 11, 9, 0),
  ...instruction(0x9100_0400 | (11 << 5) | 11),
  ...access(STR, 11, 9, 0),
];
/** ldrb w11, [x9]; cbz w11, to the ldrb */
export const AWAIT_BYTE_AT_POINTER = [
  ...instruction(0x3940_0000 | (9 << 5) | 11),
  ...instruction(0x3400_0000 | (0x7_ffff << 5) | 11),
];
/** mrs x10, tpidr_el0 */
export const READ_THREAD_POINTER = instruction(0xd53b_d040 | 10);
/** msr tpidr_el0, x10 */
export const WRITE_THREAD_POINTER = instruction(0xd51b_d040 | 10);

/** b, so many bytes ahead */
function branch(distance: number): Code {
  return instruction(0x1400_0000 | ((distance / 4) & 0x3ff_ffff));
}

/** An access to [from + displacement], a multiple of 8. */
function access(opcode: number, register: number, from: number, displacement: number): Code {
  return instruction(opcode | ((displacement / 8) << 10) | (from << 5) | register);
}

function numberOf(register: string): number {
  if (!/^x([12]?\d|30)$/.test(register)) throw new Error(`no general register ${register}`);
  return Number(register.slice(1));
}

export function loop(...code: readonly Code[]): Code {
  const body = code.flat();
  return [...body, ...branch(-body.length)];
}

/** The number, and svc #0. */
export function call(number: number): Code {
  return [...load("x8", BigInt(number)), ...SYSCALL];
}

/** movz register, part; movk register, part, lsl 16, 32 and 48 */
export function load(register: string, word: bigint): Code {
  const number = numberOf(register);
  return [0, 1, 2, 3].flatMap((half) => {
    const part = Number((word >> BigInt(16 * half)) & 0xffffn);
    return instruction(
      (half === 0 ? 0xd280_0000 : 0xf280_0000) | (half << 21) | (part << 5) | number,
    );
  });
}

/** ldr x8, [x17] */
export function loadNumberFrom(address: bigint): Code {
  return [...load("x17", address), ...access(LDR, 8, 17, 0)];
}

/** str x0, [x17] */
export function storeResultTo(address: bigint): Code {
  return [...load("x17", address), ...access(STR, 0, 17, 0)];
}

export const ACCESS = 16n;

/** str register, [x10 + displacement] */
export function storeAtBase(register: string, displacement: number): Code {
  return access(STR, numberOf(register), 10, displacement);
}

export const VECTORS = 32;

/** ldr q[to], [x10 + displacement], a multiple of 16 */
export function loadVector(to: number, displacement: number): Code {
  return instruction(0x3dc0_0000 | ((displacement / 16) << 10) | (10 << 5) | to);
}

/** str q[from], [x10 + displacement], a multiple of 16 */
export function storeVector(from: number, displacement: number): Code {
  return instruction(0x3d80_0000 | ((displacement / 16) << 10) | (10 << 5) | from);
}

/** add v[to].2d, v[to].2d, v[from].2d */
export function addVector(to: number, from: number): Code {
  return instruction(0x4ee0_8400 | (from << 16) | (to << 5) | to);
}

/** V0 to V31 at the start of struct user_fpsimd_state. */
export function vectorWords(xstate: Uint8Array): BigUint64Array {
  return new BigUint64Array(xstate.buffer, xstate.byteOffset, 64);
}

/** Where in `Context.xstate` the thread pointer is: after struct user_fpsimd_state. */
export const THREAD_POINTER_OFFSET = 528;

/** Where in `Context.xstate` the regset NT_ARM_SVE is, if there is SVE: after the thread pointers. */
export const SVE_OFFSET = 544;
/** struct user_sve_header. */
export const SVE_HEADER_SIZE = 16;

/** rdvl x11, #1 */
export const READ_VECTOR_LENGTH = instruction(0x04bf_5020 | 11);
/** wrffr p0.b */
const WRITE_FIRST_FAULTS = instruction(0x2528_9000);
/** rdffr p0.b */
const READ_FIRST_FAULTS = instruction(0x2519_f000);

/** An access to [base + displacement], a multiple of the length of the register. */
function scalable(opcode: number, register: number, base: number, displacement: number): Code {
  const immediate = ((displacement >> 3) << 16) | ((displacement & 7) << 10);
  return instruction(opcode | immediate | (base << 5) | register);
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** ldr z0 to z31 from x10; ldr ffr, p0 to p15 from x9 */
export const LOAD_SCALABLE = [
  ...numbers(32).flatMap((i) => scalable(0x8580_4000, i, 10, i)),
  ...scalable(0x8580_0000, 0, 9, 16),
  ...WRITE_FIRST_FAULTS,
  ...numbers(16).flatMap((i) => scalable(0x8580_0000, i, 9, i)),
];

/** str z0 to z31 to x10; str p0 to p15, ffr to x9 */
export const STORE_SCALABLE = [
  ...numbers(32).flatMap((i) => scalable(0xe580_4000, i, 10, i)),
  ...numbers(16).flatMap((i) => scalable(0xe580_0000, i, 9, i)),
  ...READ_FIRST_FAULTS,
  ...scalable(0xe580_0000, 0, 9, 16),
];

/** smstart: streaming mode and ZA */
export const START_MATRIX = instruction(0xd503_477f);
/** ldr or str za[w12, 0], [x10] for so many rows of ZA, which are as long as vectors in streaming mode. */
export function rowsOfMatrix(rows: number, what: "load" | "store"): Code {
  const opcode = what === "load" ? 0xe100_0000 : 0xe120_0000;
  return [
    // rdsvl x11, #1
    ...instruction(0x04bf_5820 | 11),
    ...numbers(rows).flatMap((row) => [
      // mov w12, #row; …; add x10, x10, x11
      ...instruction(0x5280_0000 | (row << 5) | 12),
      ...instruction(opcode | (10 << 5)),
      ...instruction(0x8b00_0000 | (11 << 16) | (10 << 5) | 10),
    ]),
  ];
}

/** pacia x19, x20; pacga x21, x19, x20 */
export const SIGN = [
  ...instruction(0xdac1_0000 | (20 << 5) | 19),
  ...instruction(0x9ac0_3000 | (20 << 16) | (19 << 5) | 21),
];
/** autia x19, x20 */
export const AUTHENTICATE = instruction(0xdac1_1000 | (20 << 5) | 19);
/** bti j: where a jump to a register may go. */
export const LANDING_PAD = instruction(0xd503_249f);
