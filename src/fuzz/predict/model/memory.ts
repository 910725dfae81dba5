import { PAGE_SIZE } from "../../../stub/amd64.ts";
import {
  CODE,
  CONSTANTS,
  codePage,
  constantsPage,
  SCRATCH,
  SCRATCH_SIZE,
} from "../../case/code.ts";
import type { Machine } from "../../try/machine.ts";

/** What a page is to a program. */
export const UNMAPPED = 0;
export const CODE_PAGE = 1;
export const CONSTANT_PAGE = 2;
export const SCRATCH_PAGE = 3;
export const STUB_PAGE = 4;
export const NOT_CANONICAL = 5;

const [CODE_AT, CONSTANTS_AT, SCRATCH_AT] = [Number(CODE), Number(CONSTANTS), Number(SCRATCH)];
const code = codePage();
const constants = constantsPage();

/** The first byte of all of them, and the larger of their second ones. */
const [TWO_BYTES, LAST_GROUP] = [0x0f, 0x01];
/** Segments, operand and address size, LOCK and REP. */
const PREFIXES: ReadonlySet<number> = new Set([
  ...[0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3],
]);
/** 64-bit code has REX among them. */
const isPrefix = (byte: number): boolean => PREFIXES.has(byte) || byte >>> 4 === 4;

/** What lies where in a target. */
export class Memory {
  readonly #stubLow: number;
  readonly #stubHigh: number;
  readonly #canonical: number;

  /** @param bits of an address that are not copies of the last */
  constructor({ stubCode }: Pick<Machine, "stubCode">, bits: number) {
    this.#stubLow = stubCode % 2 ** 32;
    this.#stubHigh = Math.floor(stubCode / 2 ** 32);
    this.#canonical = (0xffff_ffff << (bits - 32)) >>> 0;
  }

  /** Whether the upper bits of an address are all the same. */
  isCanonical(high: number): boolean {
    const upper = (high & this.#canonical) >>> 0;
    return upper === 0 || upper === this.#canonical;
  }

  /** The page that an address lies in. */
  pageAt(low: number, high: number): number {
    if (high === 0) {
      if (low >= SCRATCH_AT) return low < SCRATCH_AT + SCRATCH_SIZE ? SCRATCH_PAGE : UNMAPPED;
      if (low >= CONSTANTS_AT) return low < CONSTANTS_AT + PAGE_SIZE ? CONSTANT_PAGE : UNMAPPED;
      return low >= CODE_AT && low < CODE_AT + PAGE_SIZE ? CODE_PAGE : UNMAPPED;
    }
    if (high === this.#stubHigh && low >= this.#stubLow && low < this.#stubLow + PAGE_SIZE) {
      return STUB_PAGE;
    }
    return this.isCanonical(high) ? UNMAPPED : NOT_CANONICAL;
  }

  /** Four bytes that lie in the page of code or of constants. */
  halfAt(low: number): number {
    let half = 0;
    for (let k = 0; k < 4; k++) half |= this.#byteAt(low + k) << (8 * k);
    return half >>> 0;
  }

  /** Whether an instruction that UMIP forbids may lie there: SGDT, SIDT, SLDT, SMSW or STR, behind any prefixes. */
  mayHaveForbidden(low: number, high: number): boolean {
    const page = this.pageAt(low, high);
    if (page === SCRATCH_PAGE || page === STUB_PAGE) return true;
    if (page !== CODE_PAGE && page !== CONSTANT_PAGE) return false;
    let at = low;
    while (isPrefix(this.#byteAt(at))) at++;
    return this.#byteAt(at) === TWO_BYTES && this.#byteAt(at + 1) <= LAST_GROUP;
  }

  #byteAt(low: number): number {
    return (low >= CONSTANTS_AT ? constants[low - CONSTANTS_AT] : code[low - CODE_AT]) ?? 0;
  }
}
