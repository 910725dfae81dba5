import { InputError } from "../../../lib/errors.ts";

/* The instructions that the assembler knows. Opcodes and digits are named as in volume 2 of Intel's manual. */

export interface Register {
  readonly kind: "register";
  /** As in machine code: 0 is RAX. */
  readonly number: number;
  readonly bytes: 4 | 8;
}

export type Operand =
  | Register
  | { readonly kind: "word"; readonly word: bigint }
  | { readonly kind: "memory"; readonly base: number; readonly displacement: number };

/** The opcodes of a jump over a short and over a long distance; a call has no short one. */
export interface Jump {
  readonly short: number | undefined;
  readonly long: readonly number[];
}

/** An instruction: how many operands it takes, in AT&T's order, and its bytes; or the jump to a label. */
export type Instruction =
  | {
      readonly count: number;
      /** @throws InputError if it does not take these operands */
      encode(mnemonic: string, first: Operand, second: Operand): readonly number[];
    }
  | { readonly count: 1; readonly jump: Jump };

/** What an instruction can write to. */
type Place = Exclude<Operand, { kind: "word" }>;

/** Instructions that differ by one thing. */
function family<T>(
  members: Readonly<Record<string, T>>,
  instruction: (member: T) => Instruction,
): [string, Instruction][] {
  return Object.entries(members).map(([name, member]) => [name, instruction(member)]);
}

const plain = (bytes: readonly number[]): Instruction => ({ count: 0, encode: () => bytes });

/** An instruction with one register, in an opcode with a digit. */
const unary = ([opcode, digit]: readonly [number, number]): Instruction => ({
  count: 1,
  encode(mnemonic, to) {
    const register = expectRegister(mnemonic, to);
    return withModRm(opcode, digit, register, register.bytes);
  },
});

/** An instruction with one register of 64 bits, which is a part of the opcode. */
const stack = (opcode: number): Instruction => ({
  count: 1,
  encode(mnemonic, to) {
    const { number, bytes } = expectRegister(mnemonic, to);
    if (bytes !== 8) throw new InputError(`${mnemonic} takes a register of 64 bits`);
    return [...(number > 7 ? [0x41] : []), opcode | (number & 7)];
  },
});

const jump = (short: number | undefined, ...long: readonly number[]): Instruction => ({
  count: 1,
  jump: { short, long },
});

const conditional = (code: number): Instruction => jump(0x70 | code, 0x0f, 0x80 | code);

/** The bytes after which a register has a constant. @throws InputError if the constant is too large */
type WithConstant = (value: bigint, to: Register) => readonly number[];

/** An instruction with two operands: its opcodes by the kind of the first. */
const binary = (
  fromRegister: number,
  fromMemory: number | undefined,
  fromConstant: WithConstant,
): Instruction => ({
  count: 2,
  encode(mnemonic, from, to) {
    if (to.kind === "word") throw new InputError("the second operand cannot be a constant");
    if (from.kind === "word") {
      if (to.kind === "register") return fromConstant(BigInt.asIntN(64, from.word), to);
      throw new InputError("a constant needs a register as its target");
    }
    if (from.kind === "register") {
      if (to.kind === "memory" || from.bytes === to.bytes) {
        return withModRm(fromRegister, from.number, to, from.bytes);
      }
      throw new InputError("the two registers have different widths");
    }
    if (to.kind === "memory") {
      throw new InputError("an instruction has at most one operand in memory");
    }
    if (fromMemory !== undefined) return withModRm(fromMemory, to.number, from, to.bytes);
    throw new InputError(`${mnemonic} cannot read its first operand from memory`);
  },
});

/** Arithmetic with a constant: its opcodes for 32 bits, in RAX and in any register, and for 8 bits. */
const withConstant =
  (digit: number, accumulator: number, wide: number, small?: number): WithConstant =>
  (value, to) => {
    // A 32-bit operation takes any 32 bits.
    const constant = to.bytes === 4 && value >> 32n === 0n ? BigInt.asIntN(32, value) : value;
    const number = expectSigned(constant);
    if (small !== undefined && isByte(number)) {
      return [...withModRm(small, digit, to, to.bytes), number & 0xff];
    }
    if (to.number > 0) return [...withModRm(wide, digit, to, to.bytes), ...word32(number)];
    return [...(to.bytes === 8 ? [0x48] : []), accumulator, ...word32(number)];
  };

const arithmetic = (digit: number): Instruction => {
  const opcode = digit << 3;
  return binary(opcode | 1, opcode | 3, withConstant(digit, opcode | 5, 0x81, 0x83));
};

function moveConstant(value: bigint, to: Register): number[] {
  const { number, bytes } = to;
  const opcode = 0xb8 | (number & 7);
  if (bytes === 4) {
    if (value < -(2n ** 31n) || value >= 2n ** 32n) {
      throw new InputError(`${value} does not fit into a register of 32 bits`);
    }
    const constant = word32(Number(BigInt.asIntN(32, value)));
    return [...(number > 7 ? [0x41] : []), opcode, ...constant];
  }
  if (BigInt.asIntN(32, value) === value) {
    return [...withModRm(0xc7, 0, to, bytes), ...word32(Number(value))];
  }
  const halves = [value, value >> 32n].map((half) => word32(Number(BigInt.asIntN(32, half))));
  return [0x48 | (number >> 3), opcode, ...halves.flat()];
}

/** Every instruction by its mnemonic. */
export const INSTRUCTIONS: ReadonlyMap<string, Instruction> = new Map([
  ...family({ syscall: [0x0f, 0x05], int3: [0xcc], hlt: [0xf4], nop: [0x90] }, plain),
  ...family({ pause: [0xf3, 0x90], ret: [0xc3], ud2: [0x0f, 0x0b] }, plain),
  ["mov", binary(0x89, 0x8b, moveConstant)],
  ["test", binary(0x85, undefined, withConstant(0, 0xa9, 0xf7))],
  ...family({ push: 0x50, pop: 0x58 }, stack),
  ...family({ add: 0, or: 1, and: 4, sub: 5, xor: 6, cmp: 7 }, arithmetic),
  ...family({ not: [0xf7, 2], neg: [0xf7, 3], inc: [0xff, 0], dec: [0xff, 1] }, unary),
  ["jmp", jump(0xeb, 0xe9)],
  ["call", jump(undefined, 0xe8)],
  ...family({ jb: 2, jae: 3, je: 4, jz: 4, jne: 5, jnz: 5, jbe: 6, ja: 7 }, conditional),
  ...family({ js: 8, jns: 9, jl: 12, jge: 13, jle: 14, jg: 15 }, conditional),
]);

function expectRegister(mnemonic: string, operand: Operand): Register {
  if (operand.kind === "register") return operand;
  throw new InputError(`${mnemonic} takes a register`);
}

/** A word as a signed number of 32 bits. @throws InputError */
export function expectSigned(word: bigint): number {
  const value = BigInt.asIntN(64, word);
  if (BigInt.asIntN(32, value) === value) return Number(value);
  throw new InputError(`${value} does not fit into 32 bits`);
}

export function word32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);
}

/** Prefix, opcode, ModRM and what follows it; `register` is a register or the digit of the opcode. */
function withModRm(opcode: number, register: number, operand: Place, bytes: 4 | 8): number[] {
  const target = operand.kind === "register" ? operand.number : operand.base;
  const rex = (bytes === 8 ? 8 : 0) | ((register >> 3) << 2) | (target >> 3);
  const begin = [...(rex === 0 ? [] : [0x40 | rex]), opcode];
  const middle = ((register & 7) << 3) | (target & 7);
  if (operand.kind === "register") return [...begin, 0xc0 | middle];
  const { displacement } = operand;
  // RSP and R12 as a base need a SIB byte, and RBP and R13 a displacement.
  const sib = (target & 7) === 4 ? [0x24] : [];
  if (displacement === 0 && (target & 7) !== 5) return [...begin, middle, ...sib];
  if (isByte(displacement)) return [...begin, 0x40 | middle, ...sib, displacement & 0xff];
  return [...begin, 0x80 | middle, ...sib, ...word32(displacement)];
}

/** Whether a number fits into a signed byte. */
export function isByte(number: number): boolean {
  return number >= -128 && number <= 127;
}
