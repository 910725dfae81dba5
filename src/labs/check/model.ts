// The model of tasks, as assembly/tasks/index.ts exports it.

import { isCallable } from "../../core/encoder/abi.ts";
import { loadWasm } from "../../core/encoder/assembly.ts";
import { EncoderError, REBUILD } from "../../lib/errors.ts";

const FILE = "tasks.wasm";
/** Bytes of a task in what `look` writes. */
const VIEW = 40;

/** A system call of a move. */
export interface Call {
  readonly actor: number;
  /** An index of assembly/tasks/actions.ts. */
  readonly kind: number;
  readonly target: number;
  readonly a: number;
  readonly b: number;
}

/** What is seen of a task. */
export interface Seen {
  /** The letter of State in /proc/PID/status; "-" for a task that runs or sleeps, " " for one that is gone. */
  readonly letter: string;
  /** Numbers of tasks; undefined for none, and for a process that is not in the model. */
  readonly parent: number | undefined;
  readonly tracer: number | undefined;
  readonly group: number | undefined;
  readonly session: number | undefined;
  /** Whether its system call has not returned. */
  readonly isBusy: boolean;
  /** Sets of signals: bit n is signal n. */
  readonly pending: number;
  readonly blocked: number;
}

/** A move of a schedule, and what is seen after it. */
export interface Move {
  /** 0 to 5: a task runs; 8 to 10: a step of host, stub, grandchild; from 16 on an act of the outside. */
  readonly number: number;
  readonly call: Call | undefined;
  readonly tasks: readonly Seen[];
}

/** What is under test. */
export interface Plan {
  /** Bits of PRECAUTIONS, of ACTS. */
  readonly omitted: number;
  readonly acts: number;
  /** How often the outside may act. */
  readonly budget: number;
  readonly cloneFlags: number;
  readonly exitSignal: number;
  /** Of the wait4 for a self-stop, and of all others. */
  readonly waitOptions: number;
  readonly laterOptions: number;
  /** Bits of MISTAKES. */
  readonly mistakes: number;
  /** An index of ENDS. */
  readonly until: number;
  /** Whether each step waits until nobody moves, as puppets take them. */
  readonly calm: boolean;
}

const lacking = (name: string) => new EncoderError(`${FILE} lacks ${name}`, { remedy: REBUILD });

/** An instance of the module. @throws EncoderError */
export class TaskModel {
  readonly #exports = loadWasm(FILE, { env: { abort() {} } });

  #call(name: string, ...values: number[]): number {
    const it = this.#exports[name];
    if (isCallable(it)) return Number(it(...values));
    throw lacking(name);
  }

  #value(name: string): number {
    const { [name]: it } = this.#exports;
    if (it instanceof WebAssembly.Global) return Number(it.value);
    throw lacking(name);
  }

  #bytes(name: string): DataView {
    const { memory } = this.#exports;
    if (memory instanceof WebAssembly.Memory) return new DataView(memory.buffer, this.#value(name));
    throw lacking("memory");
  }

  /** Follows every order. Returns how many states there are; 0: more than fit. */
  explore(plan: Plan): number {
    this.#plan(plan);
    return this.#call("explore", plan.acts, plan.budget, Number(plan.calm));
  }

  #plan(plan: Plan): void {
    const { omitted, cloneFlags, exitSignal, waitOptions, laterOptions, mistakes, until } = plan;
    this.#call("plan", omitted, cloneFlags, exitSignal, waitOptions, laterOptions, mistakes, until);
  }

  /** The shortest schedule that breaks a property, after `explore`; undefined: it holds. */
  schedule(property: number): readonly Move[] | undefined {
    const length = this.#call("lengthOf", property);
    if (length < 0) return undefined;
    return Array.from({ length }, (_, i) => this.#move(property, i + 1));
  }

  /** Begins a birth whose moves are chosen by `make`. @return what is seen of the tasks */
  begin(plan: Plan): readonly Seen[] {
    this.#plan(plan);
    this.#call("beginPlay", plan.acts, plan.budget);
    return this.#look();
  }

  /** The moves that are possible now. */
  moves(): number[] {
    const found: number[] = [];
    let next = this.#call("possibleMove", 0);
    for (; next >= 0; next = this.#call("possibleMove", next + 1)) found.push(next);
    return found;
  }

  make(number: number): Move {
    this.#call("play", number);
    return this.#made(number);
  }

  /** The properties that are broken now, a bit each. */
  broken(): number {
    return this.#call("findBroken");
  }

  /** The state as text: from the same one the same may follow. */
  key(): string {
    const { buffer, byteOffset } = this.#bytes("state");
    const bytes = new Uint8Array(buffer, byteOffset, this.#value("STATE_SIZE"));
    return String.fromCharCode(...bytes);
  }

  /** Whether the last move would have led elsewhere without a rule. */
  decides(rule: number): boolean {
    return this.#call("decides", rule) !== 0;
  }

  #move(property: number, length: number): Move {
    return this.#made(this.#call("replay", property, length));
  }

  #made(number: number): Move {
    const action = this.#bytes("action");
    const [actor, kind, target] = [0, 1, 2].map((at) => action.getUint8(at));
    const call = { a: action.getUint32(4, true), b: action.getUint32(8, true) };
    return {
      number,
      call:
        kind === undefined || actor === undefined || target === undefined || kind === NO_CALL
          ? undefined
          : { actor, kind, target, ...call },
      tasks: this.#look(),
    };
  }

  #look(): Seen[] {
    const count = this.#call("look");
    const views = this.#bytes("views");
    return Array.from({ length: count }, (_, i) => {
      const byte = (at: number) => views.getUint8(VIEW * i + at);
      const word = (at: number) => views.getUint32(VIEW * i + at, true);
      const numbered = (at: number) => (byte(at) === 0 ? undefined : byte(at) - 1);
      return {
        letter: String.fromCharCode(byte(0)),
        ...{ parent: numbered(1), tracer: numbered(2), group: numbered(3), session: numbered(4) },
        isBusy: byte(5) !== 0,
        ...{ pending: word(8) | word(12), blocked: word(16) },
      };
    });
  }
}

/** Kinds of assembly/tasks/actions.ts: an execve, and what changes no task. */
export const EXECVE = 17;
const NO_CALL = 0xff;
export const COMPARES = 0xfe;
export const CALLS = 0xfd;
