import { CODE } from "../../case/code.ts";
import { addToEax, divide } from "./arithmetic.ts";
import { AT, type Book } from "./book.ts";
import type { CallInstructions } from "./call_instructions.ts";
import type { DataInstructions } from "./data_instructions.ts";
import * as op from "./instructions.ts";
import { CODE_PAGE, type Memory, STUB_PAGE, UNMAPPED } from "./memory.ts";
import { calculate } from "./middle.ts";
import type { Prediction } from "./prediction.ts";
import type { State } from "./state.ts";
import { CS, EFLAGS, FS_BASE, GS_BASE, RAX, RBX, RCX, RDI, RDX, RIP, RSP, SS } from "./state.ts";
import { DONE, DONE_WITHOUT_TRAP, STOPPED } from "./step.ts";
import type { Stops } from "./stops.ts";

const CODE_AT = Number(CODE);
/** More than any piece of code has. */
const MOST_STEPS = 64;

/** Runs a program's instructions, until it stops. */
export class Processor {
  readonly #book: Book;
  readonly #memory: Memory;
  readonly #stops: Stops;
  readonly #data: DataInstructions;
  readonly #calls: CallInstructions;
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
    stops: Stops,
    data: DataInstructions,
    calls: CallInstructions,
  ) {
    this.#book = book;
    this.#memory = memory;
    this.#stops = stops;
    this.#data = data;
    this.#calls = calls;
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
        return this.#calls.syscall(next, short, state, into);
      case op.INT80:
        return this.#calls.int80(next, state, into);
      case op.UD2:
        return this.#undefined(state, into);
      case op.HLT:
        return book.use(AT.R45) ? this.#protect(state, into) : DONE;
      case op.LOAD:
      case op.LOAD32:
        return this.#data.load(instruction === op.LOAD ? 8 : 4, short, state, into);
      case op.STORE:
      case op.STORE32:
        return this.#data.store(instruction === op.STORE ? 8 : 4, short, state, into);
      case op.PUSHF:
      case op.PUSH:
        return this.#data.push(short, state, into);
      case op.POP:
        return this.#data.pop(short, this.#pushed, state, into);
      case op.POP_ES:
        return this.#data.popEs(state, into);
      case op.MOVSS:
        return this.#moveSs(state, into);
      case op.RDFSBASE:
        return this.#readBase(FS_BASE, RAX, state, into);
      case op.RDGSBASE:
        return this.#readBase(GS_BASE, RBX, state, into);
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
      case op.ADD_EAX:
      case op.OR_ECX_ESP:
      case op.OR_AH:
      case op.ROR_AH:
      case op.DEC_AH:
      case op.TEST_ESP:
        if (!state.knows(RAX) || !state.knows(RCX)) return this.#giveUp("U6", into);
        calculate(instruction, book.use(AT.R71) ? book.number("R71", "flag") : 0, state);
        return DONE;
      case op.CUT_OFF:
        this.#stops.byPageFault(false, next, 0, state, into);
        return STOPPED;
      default:
        return this.#giveUp("U2", into);
    }
  }

  #giveUp(rule: "U2" | "U6", into: Prediction): number {
    this.#stops.byRule(rule, into);
    return STOPPED;
  }

  #protect(state: State, into: Prediction): number {
    this.#stops.byProtection(state, into);
    return STOPPED;
  }

  #undefined(state: State, into: Prediction): number {
    const book = this.#book;
    if (!book.use(AT.R44)) return DONE;
    const [signal, code] = [book.number("R44", "signal"), book.number("R44", "code")];
    this.#stops.byTrapAtRip(signal, code, true, state, into);
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

  #moveSs(state: State, into: Prediction): number {
    if (!state.knows(RAX)) return this.#giveUp("U6", into);
    const book = this.#book;
    const selector = state.low(RAX) & 0xffff;
    if (selector !== book.number("R56", "data") && book.use(AT.R56))
      return this.#protect(state, into);
    state.set(SS, selector, 0);
    return book.use(AT.R55) ? DONE_WITHOUT_TRAP : DONE;
  }

  #readBase(base: number, to: number, state: State, into: Prediction): number {
    if (!this.#book.use(AT.R59)) return this.#undefined(state, into);
    state.copy(base, to);
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
}
