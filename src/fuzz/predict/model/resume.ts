import { FROMS, ONS, SETUP } from "../../case/setups.ts";
import type { Machine } from "../../try/machine.ts";
import { Access } from "./access.ts";
import { AT, type Book } from "./book.ts";
import { CallInstructions } from "./call_instructions.ts";
import { CallReturn } from "./call_return.ts";
import { Calls } from "./calls.ts";
import { DataInstructions } from "./data_instructions.ts";
import { Handler } from "./handler.ts";
import { Memory, SCRATCH_PAGE, STUB_PAGE } from "./memory.ts";
import type { Prediction } from "./prediction.ts";
import { Processor } from "./processor.ts";
import { Restart } from "./restart.ts";
import { CS, DS, EFLAGS, GS, RIP, SS, type State } from "./state.ts";
import { isSynchronous, Stops } from "./stops.ts";

const [ENTRY, EXIT, SYSEMU, GROUP] = [
  FROMS.indexOf("entry"),
  FROMS.indexOf("exit"),
  FROMS.indexOf("sysemu"),
  FROMS.indexOf("group"),
];
const [SYSCALL_ON, SINGLESTEP_ON, SYSEMU_ON, SYSEMU_SINGLESTEP_ON] = [
  ONS.indexOf("SYSCALL"),
  ONS.indexOf("SINGLESTEP"),
  ONS.indexOf("SYSEMU"),
  ONS.indexOf("SYSEMU_SINGLESTEP"),
];
const WANT_FRAME = 4;
const STOPPED = 0x7f;
const TRAP_FLAG = 0x100;
const SIGTRAP = 5;

/** The resume phase: from the request to the next stop. */
export class ResumePhase {
  readonly #book: Book;
  readonly #stops: Stops;
  readonly #calls: Calls;
  readonly #restart: Restart;
  readonly #handler: Handler;
  readonly #memory: Memory;
  readonly #processor: Processor;
  readonly #returns: CallReturn;
  readonly #most: number;
  readonly #readable: Uint32Array;
  readonly #null: number;
  readonly #code: number;
  readonly #code32: number;
  readonly #data: number;
  readonly #short: number;

  constructor(book: Book, machine: Machine) {
    this.#book = book;
    this.#stops = new Stops(book);
    this.#calls = new Calls(book);
    this.#restart = new Restart(book);
    const far = machine.features.includes("la57");
    this.#memory = new Memory(machine, book.number(far ? "R61" : "R28", "bits"));
    const access = new Access(book, this.#memory, this.#stops);
    this.#handler = new Handler(book, machine, access, this.#stops);
    this.#returns = new CallReturn(book);
    this.#processor = new Processor(
      book,
      this.#memory,
      this.#stops,
      new DataInstructions(book, access, this.#stops),
      new CallInstructions(book, this.#stops, this.#calls, this.#returns),
    );
    this.#most = book.number("R1", "most");
    this.#readable = Uint32Array.of(
      book.low("R25", "code32"),
      book.low("R25", "data"),
      book.low("R25", "code"),
      book.low("R25", "processor"),
    );
    this.#null = book.number("R25", "none");
    this.#code = book.low("R26", "code");
    this.#code32 = book.low("R26", "code32");
    this.#data = book.low("R27", "data");
    this.#short = book.low("R62", "code32");
  }

  /** Resumes a stub as the setup whose halves begin at `at` asks for. */
  resume(setups: Uint32Array, at: number, state: State, into: Prediction): void {
    const book = this.#book;
    const kinds = setups[at + SETUP.kinds] ?? 0;
    const from = kinds & 0xff;
    const on = (kinds >>> 16) & 0xff;
    const signal = setups[at + SETUP.signal] ?? 0;
    if (signal > this.#most && book.use(AT.R1)) {
      into.resumed(book.number("R1", "errno"), 0);
      into.info(0, 0, 0, 0);
      return;
    }
    this.#ask(on, state);
    if (state.stepping && this.#mayShowTrapFlag(state) && book.use(AT.U7)) {
      into.giveUp("U7");
      return;
    }
    this.#loadSelectors(state);
    const wantsFrame = ((kinds >>> 24) & WANT_FRAME) !== 0;
    if (from === ENTRY || from === EXIT || from === SYSEMU) {
      if (this.#leaveCall(from, signal, state, into)) this.#enterUser(state, into);
    } else if (from === GROUP && book.use(AT.R7)) {
      this.#restart.withoutHandler(state);
      this.#enterUser(state, into);
    } else this.#deliver(signal, wantsFrame, state, into);
  }

  #ask(on: number, state: State): void {
    state.traces = on === SYSCALL_ON;
    state.emulates = on === SYSEMU_ON || on === SYSEMU_SINGLESTEP_ON;
    state.stepping = on === SINGLESTEP_ON || on === SYSEMU_SINGLESTEP_ON;
    if (!state.stepping) return;
    state.forced = !state.flag(TRAP_FLAG);
    state.setFlags(TRAP_FLAG);
  }

  /** Whether a POPF may be where a single-step begins. */
  #mayShowTrapFlag(state: State): boolean {
    if (!state.forced) return false;
    const page = this.#memory.pageAt(state.low(RIP), state.high(RIP));
    return page === SCRATCH_PAGE || page === STUB_PAGE;
  }

  /** When the stub is scheduled again, its selectors are loaded. */
  #loadSelectors(state: State): void {
    for (let k = DS; k <= GS; k++) {
      const selector = state.low(k);
      if (selector > this.#null && !this.#readable.includes(selector) && this.#book.use(AT.R25))
        state.set(k, 0, 0);
    }
  }

  #deliver(signal: number, wantsFrame: boolean, state: State, into: Prediction): void {
    const book = this.#book;
    if (signal === 0 || isIn(signal, state.blockedLow, state.blockedHigh) || !book.use(AT.R2)) {
      // The stop was by SIGTRAP, and that of the kernel; for another signal siginfo is made anew.
      if (signal !== 0) this.#keep(signal, signal === SIGTRAP, state);
      this.#restart.withoutHandler(state);
      this.#enterUser(state, into);
    } else if (this.#has("R6", signal) && book.use(AT.R6)) {
      if (book.use(AT.U10)) {
        into.giveUp("U10");
        return;
      }
      this.#restart.withHandler(signal, state);
      if (this.#handler.enter(signal, state, wantsFrame, into)) this.#enterUser(state, into);
    } else if (
      (this.#has("R3", signal) && book.use(AT.R3)) ||
      (this.#has("R4", signal) && book.use(AT.R4))
    ) {
      this.#restart.withoutHandler(state);
      this.#enterUser(state, into);
    } else if (signal === book.number("R5", "signal") && book.use(AT.R5)) {
      this.#stops.withStatus((signal << 8) | STOPPED, state, into);
      into.info(0, 0, 0, 0);
    } else {
      into.resumed(0, signal);
      into.info(0, 0, 0, 0);
    }
  }

  #keep(signal: number, isKernels: boolean, state: State): void {
    state.pending = signal;
    state.pendingIsKernels = isKernels;
  }

  #has(id: "R3" | "R4" | "R6", signal: number): boolean {
    return isIn(signal, this.#book.low(id, "set"), this.#book.high(id, "set"));
  }

  /** From a stop in a call to the way out of the kernel: whether the program runs on. */
  #leaveCall(from: number, signal: number, state: State, into: Prediction): boolean {
    const book = this.#book;
    if (signal === book.number("R9", "signal") && book.use(AT.R9)) {
      into.resumed(0, signal);
      into.info(0, 0, 0, 0);
      return false;
    }
    if (from === ENTRY || (from === SYSEMU && !book.use(AT.R33))) this.#calls.run(state);
    state.inCall = true;
    if (isIn(signal, state.blockedLow, state.blockedHigh)) this.#keep(signal, true, state);
    const sent = signal !== 0 && !isIn(signal, state.blockedLow, state.blockedHigh);
    const traps = state.stepping && !(state.emulates && book.use(AT.R36));
    if (from !== EXIT && state.traces && book.use(AT.R34)) {
      const bit = book.number("R34", "bit");
      this.#stops.byNotice(bit, 5 | bit, state, into);
      return false;
    }
    if (state.raised !== 0 && !(sent && isSynchronous(signal))) {
      this.#stops.byForced(state.raised, book.number("R70", "code"), 0, 0, state, into);
      return false;
    }
    if (from !== EXIT && traps && !(sent && isSynchronous(signal)) && book.use(AT.R35)) {
      const [number, code] = [book.number("R35", "signal"), book.number("R35", "code")];
      this.#stops.byForced(number, code, state.low(RIP), state.high(RIP), state, into);
      return false;
    }
    if (sent && book.use(AT.R8)) {
      this.#stops.bySignal(signal, book.number("R8", "code"), 0, 0, state, into);
      return false;
    }
    return true;
  }

  /** The return to the program, which the processor may refuse. */
  #enterUser(state: State, into: Prediction): void {
    const book = this.#book;
    const cs = state.low(CS);
    const ss = state.low(SS);
    if (cs !== this.#code && cs !== this.#code32 && book.use(AT.R26)) {
      this.#refuse("R26", state, into);
    } else if (ss !== this.#data && book.use(AT.R27)) this.#refuse("R27", state, into);
    else if (!this.#memory.isCanonical(state.high(RIP)) && book.use(AT.R28)) {
      this.#refuse("R28", state, into);
    } else if (!this.#memory.isCanonical(state.high(RIP)) && book.use(AT.R61)) {
      this.#refuse("R61", state, into);
    } else if (cs === this.#short && state.high(RIP) !== 0 && book.use(AT.R62)) {
      this.#refuse("R62", state, into);
    } else if (!state.knows(EFLAGS)) into.giveUp("U6");
    else {
      this.#returns.leave(state.inCall, state);
      this.#processor.run(state, into);
    }
  }

  #refuse(id: "R26" | "R27" | "R28" | "R61" | "R62", state: State, into: Prediction): void {
    const book = this.#book;
    const forbidden = this.#memory.mayHaveForbidden(state.low(RIP), state.high(RIP));
    if (forbidden && book.use(AT.U12)) into.giveUp("U12");
    else this.#stops.byTrap(book.number(id, "signal"), book.number(id, "si"), 0, 0, state, into);
  }
}

function isIn(signal: number, low: number, high: number): boolean {
  const bit = signal - 1;
  return (((bit < 32 ? low : high) >>> (bit & 31)) & 1) !== 0;
}
