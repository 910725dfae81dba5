import { AT, type Book } from "./book.ts";
import {
  CODE_PAGE,
  CONSTANT_PAGE,
  type Memory,
  NOT_CANONICAL,
  SCRATCH_PAGE,
  STUB_PAGE,
  UNMAPPED,
} from "./memory.ts";
import type { Prediction } from "./prediction.ts";
import { DS, type State } from "./state.ts";
import type { Stops } from "./stops.ts";

/** Reads and writes of a program. */
export class Access {
  readonly #book: Book;
  readonly #memory: Memory;
  readonly #stops: Stops;
  readonly #page: number;
  readonly #alignment: readonly [flag: number, signal: number, code: number];
  readonly #stack: readonly [signal: number, code: number];
  readonly #segments: readonly [data: number, code: number, code32: number];

  constructor(book: Book, memory: Memory, stops: Stops) {
    this.#book = book;
    this.#memory = memory;
    this.#stops = stops;
    this.#page = book.number("R54", "size");
    this.#alignment = [
      book.number("R50", "flag"),
      book.number("R50", "signal"),
      book.number("R50", "code"),
    ];
    this.#stack = [book.number("R49", "signal"), book.number("R49", "code")];
    this.#segments = [
      book.number("R57", "data"),
      book.number("R57", "code"),
      book.number("R57", "code32"),
    ];
  }

  /** Whether an access by ds, in 32-bit code, is let; if not, the stub stops. */
  byDs(write: boolean, state: State, into: Prediction): boolean {
    const [data, code, code32] = this.#segments;
    const ds = state.low(DS);
    if (ds === this.#book.number("U8", "selector") && !write && this.#book.use(AT.U8)) {
      into.giveUp("U8");
      return false;
    }
    const right = ds === data || (!write && (ds === code || ds === code32));
    if (right || !this.#book.use(AT.R57)) return true;
    this.#stops.byProtection(state, into);
    return false;
  }

  /** Whether an access is let; if not, the stub stops. */
  at(
    low: number,
    high: number,
    size: number,
    write: boolean,
    stack: boolean,
    short: boolean,
    state: State,
    into: Prediction,
  ): boolean {
    const memory = this.#memory;
    const page = memory.pageAt(low, high);
    const beyond = short
      ? low + size - 1 > 0xffff_ffff && this.#book.use(AT.R69)
      : this.#endsBeyond(low, high, size);
    if (page === NOT_CANONICAL || beyond) {
      if (stack && this.#book.use(AT.R49)) this.#stops.byFault(...this.#stack, 0, 0, state, into);
      else this.#stops.byProtection(state, into);
      return false;
    }
    const [flag, signal, code] = this.#alignment;
    if (low % size !== 0 && state.flag(flag) && this.#book.use(AT.R50)) {
      this.#stops.byFault(signal, code, 0, 0, state, into);
      return false;
    }
    const end = low + size - 1;
    const crosses = end % this.#page < size - 1;
    if (!this.#isLet(page, write)) {
      this.#stops.byPageFault(page !== UNMAPPED, low, high, state, into);
      return false;
    }
    if (crosses) {
      const next = end - (end % this.#page);
      const second = memory.pageAt(next, high);
      if (!this.#isLet(second, write)) {
        if (this.#book.use(AT.R54))
          this.#stops.byPageFault(second !== UNMAPPED, next, high, state, into);
        else this.#stops.byPageFault(second !== UNMAPPED, low, high, state, into);
        return false;
      }
    }
    return true;
  }

  /** The same for the kernel that writes a frame: it does not stop. */
  canWrite(low: number, high: number, end: number): boolean {
    if (high !== 0 || end < low) return false;
    return (
      this.#memory.pageAt(low, 0) === SCRATCH_PAGE &&
      this.#memory.pageAt(end - 1, 0) === SCRATCH_PAGE
    );
  }

  isScratch(low: number, high: number): boolean {
    return this.#memory.pageAt(low, high) === SCRATCH_PAGE;
  }

  /** Whether what is there is known, and all of it. */
  isConstant(low: number, high: number): boolean {
    const memory = this.#memory;
    const [first, last] = [memory.pageAt(low, high), memory.pageAt(low + 3, high)];
    return first === last && (first === CONSTANT_PAGE || first === CODE_PAGE);
  }

  isStub(low: number, high: number): boolean {
    return this.#memory.pageAt(low, high) === STUB_PAGE;
  }

  halfAt(low: number): number {
    return this.#memory.halfAt(low);
  }

  /** Whether an access begins in the one half of addresses and ends outside of it. */
  #endsBeyond(low: number, high: number, size: number): boolean {
    const carry = low + size - 1 > 0xffff_ffff ? 1 : 0;
    return carry !== 0 && high !== 0xffff_ffff && !this.#memory.isCanonical(high + 1);
  }

  #isLet(page: number, write: boolean): boolean {
    return write ? page === SCRATCH_PAGE : page !== UNMAPPED;
  }
}
