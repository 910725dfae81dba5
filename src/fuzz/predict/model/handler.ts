import { placeOf } from "../../case/code.ts";
import { FRAME_REGISTERS, indexOf, REGISTERS } from "../../case/setups.ts";
import type { Machine } from "../../try/machine.ts";
import type { Access } from "./access.ts";
import { AT, type Book } from "./book.ts";
import type { Prediction } from "./prediction.ts";
import { CS, RAX, RDI, RDX, RIP, RSI, RSP, SS, type State } from "./state.ts";
import type { Stops } from "./stops.ts";

const HANDLER = Number(placeOf("handler"));
/** Of a frame's registers: what of them is a register, and its index there. */
const SAVED = FRAME_REGISTERS.map((name) => (REGISTERS.includes(name) ? indexOf(name) : -1));
const SELECTORS = FRAME_REGISTERS.indexOf("selectors");
/** err, trapno and cr2 are of faults that are long past. */
const KNOWN = FRAME_REGISTERS.reduce(
  (known, name, k) => (["err", "trapno", "cr2"].includes(name) ? known : known | (1 << k)),
  0,
);
const OLD_MASK = FRAME_REGISTERS.indexOf("oldmask");

/** The entry into a signal's handler. */
export class Handler {
  readonly #book: Book;
  readonly #access: Access;
  readonly #stops: Stops;
  readonly #zone: number;
  readonly #area: number;
  readonly #areaAlignment: number;
  readonly #size: number;
  readonly #alignment: number;
  readonly #less: number;

  constructor(book: Book, { xstateLength }: Machine, access: Access, stops: Stops) {
    this.#book = book;
    this.#access = access;
    this.#stops = stops;
    this.#zone = book.use(AT.R16) ? book.number("R16", "zone") : 0;
    this.#area = xstateLength + (book.use(AT.R17) ? book.number("R17", "magic") : 0);
    this.#areaAlignment = book.use(AT.R17) ? book.number("R17", "alignment") : 1;
    this.#size = book.use(AT.R18) ? book.number("R18", "size") : 0;
    this.#alignment = book.use(AT.R18) ? book.number("R18", "alignment") : 1;
    this.#less = book.use(AT.R18) ? book.number("R18", "less") : 0;
  }

  /** Enters it: true where the handler is to run, false where the stub stops. */
  enter(signal: number, state: State, wantsFrame: boolean, into: Prediction): boolean {
    const book = this.#book;
    // What the debugger set is cleared first, so that the frame has what the program set.
    const stepping = state.stepping;
    if (state.forced) state.clearFlags(0x100);
    state.stepping = false;
    state.forced = false;
    const [rsp, high] = [state.low(RSP), state.high(RSP)];
    const area = down(rsp - this.#zone - this.#area, this.#areaAlignment);
    const frame = down(area - this.#size, this.#alignment) - this.#less;
    book.use(AT.R16);
    book.use(AT.R17);
    book.use(AT.R18);
    if (!this.#access.canWrite(frame, high, area + this.#area) && book.use(AT.R19)) {
      const [number, code] = [book.number("R19", "signal"), book.number("R19", "code")];
      this.#stops.bySignal(number, code, 0, 0, state, into);
      return false;
    }
    if (wantsFrame) {
      into.frame.fill(0);
      into.frameKnown = KNOWN;
      if (book.use(AT.R23)) this.#save(state, into);
    }
    this.#setRegisters(signal, frame, high, state);
    if (!stepping || !book.use(AT.R24)) return true;
    const trap = book.number("R24", "signal");
    this.#stops.byNoticeOf(trap, trap, book.number("R24", "code"), state, into);
    return false;
  }

  #save(state: State, into: Prediction): void {
    const { frame } = into;
    for (let k = 0; k < SAVED.length; k++) {
      const register = SAVED[k] ?? -1;
      if (register < 0) continue;
      frame[2 * k] = state.low(register);
      frame[2 * k + 1] = state.high(register);
      if (!state.knows(register)) into.frameKnown &= ~(1 << k);
    }
    const shift = this.#book.number("R23", "shift");
    frame[2 * SELECTORS] = state.low(CS);
    frame[2 * SELECTORS + 1] = 0;
    frame[2 * SELECTORS + (shift >> 5)] =
      (frame[2 * SELECTORS + (shift >> 5)] ?? 0) | (state.low(SS) << (shift & 31));
    frame[2 * OLD_MASK] = state.blockedLow;
    frame[2 * OLD_MASK + 1] = state.blockedHigh;
  }

  #setRegisters(signal: number, frame: number, high: number, state: State): void {
    const book = this.#book;
    state.set(RIP, HANDLER, 0);
    if (book.use(AT.R20)) {
      state.set(RSP, frame, high);
      state.set(RDI, signal, 0);
      state.set(RSI, frame + book.number("R20", "info"), high);
      state.set(RDX, frame + book.number("R20", "context"), high);
      state.set(RAX, 0, 0);
    }
    if (book.use(AT.R21)) {
      state.set(CS, book.low("R21", "cs"), 0);
      // No other one can be used, so this is what it is then.
      state.set(SS, book.low("R21", "ss"), 0);
    }
    if (book.use(AT.R22)) state.clearFlags(book.number("R22", "cleared"));
  }
}

function down(address: number, alignment: number): number {
  return address - (((address % alignment) + alignment) % alignment);
}
