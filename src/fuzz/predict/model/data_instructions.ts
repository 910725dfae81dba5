import type { Access } from "./access.ts";
import { AT, type Book } from "./book.ts";
import type { Prediction } from "./prediction.ts";
import { ES, RAX, RBX, RDI, RSP, type State } from "./state.ts";
import { DONE, STOPPED } from "./step.ts";
import type { Stops } from "./stops.ts";

/** The bits of a selector that ask for a privilege level. */
const LEVEL = 3;

/** Instructions that read and write memory. `short` is 32-bit code. */
export class DataInstructions {
  readonly #book: Book;
  readonly #access: Access;
  readonly #readable: readonly number[];
  readonly #stops: Stops;

  constructor(book: Book, access: Access, stops: Stops) {
    this.#book = book;
    this.#readable = [
      book.number("R72", "code32"),
      book.number("R72", "data"),
      book.number("R72", "code"),
      book.number("R72", "processor"),
    ];
    this.#access = access;
    this.#stops = stops;
  }

  load(size: 4 | 8, short: boolean, state: State, into: Prediction): number {
    if (!state.knows(RDI)) return this.#giveUp(into);
    const access = this.#access;
    if (short && !access.byDs(false, state, into)) return STOPPED;
    const [low, high] = [state.low(RDI), short ? 0 : state.high(RDI)];
    if (!access.at(low, high, size, false, false, short, state, into)) return STOPPED;
    // Others have written there, or nobody knows what is there.
    if (access.isScratch(low, high) || access.isScratch(low + size - 1, high)) state.forget(RAX);
    else if (access.isStub(low, high)) state.forget(RAX);
    else state.set(RAX, access.halfAt(low), size === 8 ? access.halfAt(low + 4) : 0);
    return DONE;
  }

  store(size: 4 | 8, short: boolean, state: State, into: Prediction): number {
    if (!state.knows(RDI)) return this.#giveUp(into);
    if (short && !this.#access.byDs(true, state, into)) return STOPPED;
    const high = short ? 0 : state.high(RDI);
    return this.#access.at(state.low(RDI), high, size, true, false, short, state, into)
      ? DONE
      : STOPPED;
  }

  push(short: boolean, state: State, into: Prediction): number {
    if (!state.knows(RSP)) return this.#giveUp(into);
    const size = short ? 4 : 8;
    const [low, high] = [state.low(RSP), state.high(RSP)];
    state.move(RSP, -size);
    if (size === 4) state.words[2 * RSP + 1] = 0;
    const [to, above] = [state.low(RSP), state.high(RSP)];
    state.set(RSP, low, high);
    if (!this.#access.at(to, above, size, true, true, short, state, into)) return STOPPED;
    state.set(RSP, to, above);
    return DONE;
  }

  /** What is popped was pushed just before, from rax; else nobody knows it. */
  pop(short: boolean, pushed: boolean, state: State, into: Prediction): number {
    if (!state.knows(RSP)) return this.#giveUp(into);
    const size = short ? 4 : 8;
    const [low, high] = [state.low(RSP), state.high(RSP)];
    if (!this.#access.at(low, high, size, false, true, short, state, into)) return STOPPED;
    if (pushed) {
      state.copy(RAX, RBX);
      if (size === 4) state.words[2 * RBX + 1] = 0;
    } else if (this.#access.isScratch(low, high)) state.forget(RBX);
    else if (this.#access.isStub(low, high)) state.forget(RBX);
    else state.set(RBX, this.#access.halfAt(low), size === 8 ? this.#access.halfAt(low + 4) : 0);
    state.move(RSP, size);
    if (size === 4) state.words[2 * RSP + 1] = 0;
    return DONE;
  }

  /** In 32-bit code. A selector that names a segment to read is taken, whatever privilege it asks for. */
  popEs(state: State, into: Prediction): number {
    const book = this.#book;
    if (!state.knows(RSP)) return this.#giveUp(into);
    const [low, high] = [state.low(RSP), state.high(RSP)];
    if (!this.#access.at(low, high, 4, false, true, true, state, into)) return STOPPED;
    if (!this.#access.isConstant(low, high)) return this.#giveUp(into);
    const selector = this.#access.halfAt(low) & 0xffff;
    const isNull = selector <= book.number("R72", "none");
    if (!isNull && !this.#readable.includes(selector | LEVEL) && book.use(AT.R72)) {
      this.#stops.byProtection(state, into);
      return STOPPED;
    }
    state.set(ES, selector, 0);
    state.move(RSP, 4);
    state.words[2 * RSP + 1] = 0;
    return DONE;
  }

  #giveUp(into: Prediction): number {
    this.#stops.byRule("U6", into);
    return STOPPED;
  }
}
