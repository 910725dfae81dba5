import { CODE } from "../code.ts";
import type { Access } from "./access.ts";
import { addToEax, divide } from "./arithmetic.ts";
import { AT, type Book } from "./book.ts";
import type { CallReturn } from "./call_return.ts";
import type { Calls } from "./calls.ts";
import * as op from "./instructions.ts";
import { CODE_PAGE, type Memory, STUB_PAGE, UNMAPPED } from "./memory.ts";
import type { Prediction } from "./prediction.ts";
import {
  CS,
  EFLAGS,
  FS_BASE,
  GS_BASE,
  ORIG_RAX,
  R11,
  RAX,
  RBX,
  RCX,
  RDI,
  RDX,
  RIP,
  RSP,
  SS,
  type State,
} from "./state.ts";
import type { Stops } from "./stops.ts";

const CODE_AT = Number(CODE);
/** More than any piece of code has. */
const MOST_STEPS = 64;
/** What came of an instruction. */
const [DONE, DONE_WITHOUT_TRAP, STOPPED] = [0, 1, 2];

/** Runs a program's instructions, until it stops. */
export class Processor {
  readonly #book: Book;
  readonly #memory: Memory;
  readonly #access: Access;
  readonly #stops: Stops;
  readonly #calls: Calls;
  readonly #returns: CallReturn;
  readonly #code32: number;
  readonly #trapFlag: number;
  readonly #breakSignal: number;
  readonly #breakCode: number;
  readonly #stepSignal: number;
  readonly #stepCode: number;
  readonly #resumeFlag: number;
  readonly #vsyscallLow: number;
  readonly #vsyscallHigh: number;
  /** Whether the instruction before pushed rax. */
  #pushed = false;

  constructor(
    book: Book,
    memory: Memory,
    access: Access,
    stops: Stops,
    calls: Calls,
    returns: CallReturn,
  ) {
    this.#book = book;
    this.#memory = memory;
    this.#access = access;
    this.#stops = stops;
    this.#calls = calls;
    this.#returns = returns;
    this.#code32 = book.number("R29", "code32");
    this.#trapFlag = book.number("R40", "flag");
    this.#breakSignal = book.number("R43", "signal");
    this.#breakCode = book.number("R43", "code");
    this.#stepSignal = book.number("R40", "signal");
    this.#stepCode = book.number("R40", "code");
    this.#resumeFlag = book.number("R52", "flag");
    this.#vsyscallLow = book.low("U1", "page");
    this.#vsyscallHigh = book.high("U1", "page");
  }

  /** From the return to a program on. */
  run(state: State, into: Prediction): void {
    const book = this.#book;
    const short = state.low(CS) === this.#code32;
    if (short && book.use(AT.R29)) {
      state.words[2 * RSP + 1] = 0;
    }
    this.#pushed = false;
    for (let n = 0; n < MOST_STEPS; n++) {
      const traps = state.flag(this.#trapFlag);
      const result = this.#step(short, state, into);
      if (result === STOPPED) return;
      if (state.flag(this.#resumeFlag) && book.use(AT.R52)) state.clearFlags(this.#resumeFlag);
      if (traps && result === DONE && book.use(AT.R40)) {
        this.#stops.byTrapAtRip(this.#stepSignal, this.#stepCode, false, state, into);
        return;
      }
    }
    // It goes on for ever: the deadline comes first.
    if (book.use(AT.R60)) {
      into.resumed(0, 0);
      into.info(0, 0, 0, 0);
    }
  }

  #step(short: boolean, state: State, into: Prediction): number {
    const low = state.low(RIP);
    const high = state.high(RIP);
    const page = this.#memory.pageAt(low, high);
    if (page !== CODE_PAGE) {
      this.#fetchFails(page, low, high, state, into);
      return STOPPED;
    }
    const instruction = (short ? op.SHORT : op.LONG)[low - CODE_AT] ?? op.MIDDLE;
    const next = low + (op.LENGTHS[instruction] ?? 0);
    const result = this.#execute(instruction, next, short, state, into);
    this.#pushed = instruction === op.PUSH;
    if (result !== STOPPED && instruction !== op.SPIN) state.words[2 * RIP] = next;
    return result;
  }

  #fetchFails(page: number, low: number, high: number, state: State, into: Prediction): void {
    if (page === STUB_PAGE && this.#book.use(AT.U3)) into.giveUp("U3");
    else if (
      high === this.#vsyscallHigh &&
      low >= this.#vsyscallLow &&
      low < this.#vsyscallLow + 4096 &&
      this.#book.use(AT.U1)
    )
      into.giveUp("U1");
    else this.#stops.byPageFault(page !== UNMAPPED, low, high, state, into);
  }

  #execute(
    instruction: number,
    next: number,
    short: boolean,
    state: State,
    into: Prediction,
  ): number {
    const book = this.#book;
    switch (instruction) {
      case op.INT3:
      case op.PREFIXED_INT3:
        return this.#breakpoint(next, state, into);
      case op.NOP:
      case op.SPIN:
        return DONE;
      case op.SYSCALL:
        return this.#syscall(next, short, state, into);
      case op.INT80:
        return this.#int80(next, state, into);
      case op.UD2:
        if (book.use(AT.R44)) {
          const [signal, code] = [book.number("R44", "signal"), book.number("R44", "code")];
          this.#stops.byTrapAtRip(signal, code, true, state, into);
          return STOPPED;
        }
        return DONE;
      case op.HLT:
        return this.#protect(state, into);
      case op.LOAD:
      case op.LOAD32:
        return this.#load(instruction === op.LOAD ? 8 : 4, short, state, into);
      case op.STORE:
      case op.STORE32:
        return this.#store(instruction === op.STORE ? 8 : 4, short, state, into);
      case op.PUSHF:
      case op.PUSH:
        return this.#push(short, state, into);
      case op.POP:
        return this.#pop(short, state, into);
      case op.MOVSS:
        return this.#moveSs(state, into);
      case op.RDFSBASE:
        return this.#readBase(FS_BASE, RAX, state);
      case op.RDGSBASE:
        return this.#readBase(GS_BASE, RBX, state);
      case op.DIV:
        return this.#divide(64, state, into);
      case op.DIV32:
        return this.#divide(32, state, into);
      case op.INC:
      case op.DEC:
      case op.PREFIXED_DEC:
        if (!state.knows(RAX)) return this.#giveUp("U6", into);
        addToEax(instruction === op.INC ? 1 : -1, state);
        return DONE;
      case op.CUT_OFF:
        this.#stops.byPageFault(false, next, 0, state, into);
        return STOPPED;
      default:
        return this.#giveUp("U2", into);
    }
  }

  #giveUp(rule: "U2" | "U5" | "U6", into: Prediction): number {
    this.#book.use(AT[rule]);
    into.giveUp(rule);
    return STOPPED;
  }

  #breakpoint(next: number, state: State, into: Prediction): number {
    const book = this.#book;
    if (!book.use(AT.R43)) return DONE;
    state.words[2 * RIP] = next;
    if (state.flag(this.#resumeFlag) && book.use(AT.R52)) state.clearFlags(this.#resumeFlag);
    this.#stops.byTrap(this.#breakSignal, this.#breakCode, 0, 0, state, into);
    return STOPPED;
  }

  #protect(state: State, into: Prediction): number {
    const book = this.#book;
    if (!book.use(AT.R45)) return DONE;
    const [signal, code] = [book.number("R45", "signal"), book.number("R45", "code")];
    this.#stops.byFault(signal, code, 0, 0, state, into);
    return STOPPED;
  }

  #load(size: 4 | 8, short: boolean, state: State, into: Prediction): number {
    if (!state.knows(RDI)) return this.#giveUp("U6", into);
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

  #store(size: 4 | 8, short: boolean, state: State, into: Prediction): number {
    if (!state.knows(RDI)) return this.#giveUp("U6", into);
    if (short && !this.#access.byDs(true, state, into)) return STOPPED;
    const high = short ? 0 : state.high(RDI);
    return this.#access.at(state.low(RDI), high, size, true, false, short, state, into)
      ? DONE
      : STOPPED;
  }

  #push(short: boolean, state: State, into: Prediction): number {
    if (!state.knows(RSP)) return this.#giveUp("U6", into);
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
  #pop(short: boolean, state: State, into: Prediction): number {
    if (!state.knows(RSP)) return this.#giveUp("U6", into);
    const size = short ? 4 : 8;
    const [low, high] = [state.low(RSP), state.high(RSP)];
    if (!this.#access.at(low, high, size, false, true, short, state, into)) return STOPPED;
    if (this.#pushed) {
      state.copy(RAX, RBX);
      if (size === 4) state.words[2 * RBX + 1] = 0;
    } else if (this.#access.isScratch(low, high)) state.forget(RBX);
    else if (this.#access.isStub(low, high)) state.forget(RBX);
    else state.set(RBX, this.#access.halfAt(low), size === 8 ? this.#access.halfAt(low + 4) : 0);
    state.move(RSP, size);
    if (size === 4) state.words[2 * RSP + 1] = 0;
    return DONE;
  }

  #moveSs(state: State, into: Prediction): number {
    if (!state.knows(RAX)) return this.#giveUp("U6", into);
    const book = this.#book;
    const selector = state.low(RAX) & 0xffff;
    if (selector !== book.number("R56", "data") && book.use(AT.R56))
      return this.#protect(state, into);
    state.set(SS, selector, 0);
    return book.use(AT.R55) ? DONE_WITHOUT_TRAP : DONE;
  }

  #readBase(base: number, to: number, state: State): number {
    if (this.#book.use(AT.R59)) state.copy(base, to);
    return DONE;
  }

  #divide(bits: 32 | 64, state: State, into: Prediction): number {
    if (!state.knows(RAX) || !state.knows(RDX) || !state.knows(RDI))
      return this.#giveUp("U6", into);
    const book = this.#book;
    if (divide(bits, state)) {
      if (book.use(AT.R64)) {
        state.clearFlags(book.number("R64", "cleared"));
        state.setFlags(book.number("R64", "set"));
      } else if (book.use(AT.U9)) state.forget(EFLAGS);
      return DONE;
    }
    if (!book.use(AT.R46)) return DONE;
    this.#stops.byTrapAtRip(
      book.number("R46", "signal"),
      book.number("R46", "code"),
      true,
      state,
      into,
    );
    return STOPPED;
  }

  #syscall(next: number, short: boolean, state: State, into: Prediction): number {
    const book = this.#book;
    if (short) return this.#giveUp("U5", into);
    state.words[2 * RIP] = next;
    if (book.use(AT.R37)) {
      state.copy(RIP, RCX);
      state.copy(RAX, ORIG_RAX);
    }
    if (book.use(AT.R38)) {
      state.clearFlags(book.number("R38", "without"));
      state.copy(EFLAGS, R11);
    }
    if (state.traces || state.emulates) {
      if (book.use(AT.R39)) {
        state.set(RAX, book.low("R39", "result"), book.high("R39", "result"));
        const bit = book.number("R39", "bit");
        this.#stops.byNotice(bit, 5 | bit, state, into);
        return STOPPED;
      }
    }
    this.#calls.run(state);
    if (state.raised !== 0) {
      this.#stops.byForced(state.raised, book.number("R70", "code"), 0, 0, state, into);
      return STOPPED;
    }
    if (state.stepping && !state.emulates && book.use(AT.R35)) {
      this.#trapAfterCall(state, into);
      return STOPPED;
    }
    this.#returns.leave(true, state);
    return book.use(AT.R42) ? DONE_WITHOUT_TRAP : DONE;
  }

  #trapAfterCall(state: State, into: Prediction): void {
    const book = this.#book;
    const [signal, code] = [book.number("R35", "signal"), book.number("R35", "code")];
    this.#stops.byForced(signal, code, state.low(RIP), state.high(RIP), state, into);
  }

  #int80(next: number, state: State, into: Prediction): number {
    const book = this.#book;
    if (!book.use(AT.R58)) return this.#protect(state, into);
    state.words[2 * RIP] = next;
    if (state.flag(this.#resumeFlag) && book.use(AT.R52)) state.clearFlags(this.#resumeFlag);
    state.copy(RAX, ORIG_RAX);
    state.words[2 * ORIG_RAX + 1] = 0;
    state.set(RAX, book.low("R58", "result"), book.high("R58", "result"));
    if (state.traces || state.emulates) {
      const bit = book.number("R39", "bit");
      this.#stops.byNotice(bit, 5 | bit, state, into);
      return STOPPED;
    }
    if (state.stepping && !state.emulates && book.use(AT.R35)) {
      this.#trapAfterCall(state, into);
      return STOPPED;
    }
    this.#returns.leave(false, state);
    return book.use(AT.R42) ? DONE_WITHOUT_TRAP : DONE;
  }
}
