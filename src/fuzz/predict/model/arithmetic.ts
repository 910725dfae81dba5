import { RAX, RDI, RDX, type State } from "./state.ts";

/** CF, PF, AF, ZF, SF, OF */
const [CARRY, PARITY, ADJUST, ZERO, SIGN, OVERFLOW] = [1, 4, 0x10, 0x40, 0x80, 0x800];
const INT_MIN = 0x8000_0000;
const BYTE_MIN = 0x80;

/** INC or DEC of eax, in 32 bits: all flags but CF. */
export function addToEax(by: 1 | -1, state: State): void {
  const old = state.low(RAX);
  const sum = (old + by) >>> 0;
  const adjusts = by === 1 ? (old & 0xf) === 0xf : (old & 0xf) === 0;
  const overflows = by === 1 ? sum === INT_MIN : old === INT_MIN;
  state.set(RAX, sum, 0);
  state.clearFlags(PARITY | ADJUST | ZERO | SIGN | OVERFLOW);
  state.setFlags(
    (hasEvenParity(sum & 0xff) ? PARITY : 0) |
      (adjusts ? ADJUST : 0) |
      (sum === 0 ? ZERO : 0) |
      (sum >= INT_MIN ? SIGN : 0) |
      (overflows ? OVERFLOW : 0),
  );
}

/** ADD of a number to eax. */
export function addImmediate(by: number, state: State): void {
  const old = state.low(RAX);
  const sum = (old + by) >>> 0;
  state.set(RAX, sum, 0);
  setResultFlags(sum, INT_MIN, state);
  state.clearFlags(CARRY | ADJUST | OVERFLOW);
  const carried = old ^ by ^ sum;
  state.setFlags(
    (sum < old ? CARRY : 0) | (carried & ADJUST) | (((old ^ sum) & (by ^ sum)) < 0 ? OVERFLOW : 0),
  );
}

/** Flags of OR and TEST, which leave AF as they like: the rule that says how has the flag. */
export function setLogicFlags(result: number, sign: number, adjust: number, state: State): void {
  setResultFlags(result, sign, state);
  state.clearFlags(CARRY | OVERFLOW | adjust);
}

/** DEC of ah. */
export function decrementAh(state: State): void {
  const old = (state.low(RAX) >>> 8) & 0xff;
  const result = (old - 1) & 0xff;
  setAh(result, state);
  setResultFlags(result, BYTE_MIN, state);
  state.clearFlags(ADJUST | OVERFLOW);
  state.setFlags(((old & 0xf) === 0 ? ADJUST : 0) | (old === BYTE_MIN ? OVERFLOW : 0));
}

/** ROR of ah by one. */
export function rotateAh(state: State): void {
  const old = (state.low(RAX) >>> 8) & 0xff;
  const result = (old >>> 1) | ((old & 1) << 7);
  setAh(result, state);
  state.clearFlags(CARRY | OVERFLOW);
  state.setFlags((old & 1 ? CARRY : 0) | ((result ^ (result << 1)) & BYTE_MIN ? OVERFLOW : 0));
}

export function setAh(byte: number, state: State): void {
  state.set(RAX, ((state.low(RAX) & ~0xff00) | (byte << 8)) >>> 0, state.high(RAX));
}

function setResultFlags(result: number, sign: number, state: State): void {
  state.clearFlags(PARITY | ZERO | SIGN);
  state.setFlags(
    (hasEvenParity(result & 0xff) ? PARITY : 0) |
      (result === 0 ? ZERO : 0) |
      (result >= sign ? SIGN : 0),
  );
}

function hasEvenParity(byte: number): boolean {
  const half = byte ^ (byte >> 4);
  return ((0x9669 >> (half & 0xf)) & 1) === 1;
}

/** DIV by rdi, or by edi: false where it has no result. Only it makes BigInts: it is rare. */
export function divide(bits: 32 | 64, state: State): boolean {
  const word = (register: number) =>
    bits === 32
      ? BigInt(state.low(register))
      : (BigInt(state.high(register)) << 32n) | BigInt(state.low(register));
  const by = word(RDI);
  if (by === 0n) return false;
  const dividend = (word(RDX) << BigInt(bits)) | word(RAX);
  const quotient = dividend / by;
  if (quotient >> BigInt(bits) !== 0n) return false;
  put(RAX, quotient, state);
  put(RDX, dividend % by, state);
  return true;
}

function put(register: number, word: bigint, state: State): void {
  state.set(register, Number(word & 0xffff_ffffn), Number(word >> 32n));
}
