import { release } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { check } from "../check.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { expectDriver } from "../encoder/guarded.ts";
import { openEncoder } from "../encoder/open.ts";
import { hex, InputError, StateError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { show } from "../shape.ts";
import { callTitle } from "./calls.ts";
import { factOf } from "./fact.ts";
import { KernelViewer } from "./kernel_view.ts";
import type { Listing } from "./listing.ts";
import {
  type Arrow,
  type Call,
  type Code,
  type CodeLine,
  type Fact,
  type Instruction,
  type KernelView,
  type Lane,
  type NewQuestion,
  type Question,
  RECORDING_SCHEMA,
  type Recording,
  type Registers,
  type Step,
} from "./recording.ts";

declare const STUBLAB_VERSION: string;

/** A step to add. Members that are omitted become null, and `about` the lane. */
export type NewStep = Pick<Step, "lane" | "kind" | "title" | "why"> & {
  readonly [K in keyof Omit<Step, "microseconds">]?: Step[K] | undefined;
};

/** The line of code at an address, and why it is there. */
export interface Place {
  readonly instruction: Instruction;
  readonly line: CodeLine;
  readonly why: string;
}

/** What a reader needs before the first step. */
export type Introduction = Pick<Recording, "title" | "introduction">;

/** Why each line of a piece of code is there, by offset. */
export type Reasons = ReadonlyMap<number, string>;

/**
 * One addition to a recorder. Times are microseconds of the monotonic clock. Steps of arrows and questions are indices
 * in that recorder.
 */
export type Piece =
  | { readonly kind: "lane"; readonly lane: Lane }
  | { readonly kind: "code"; readonly code: Code }
  | { readonly kind: "step"; readonly step: Step }
  | { readonly kind: "arrow"; readonly arrow: Arrow }
  | { readonly kind: "question"; readonly question: Question }
  | { readonly kind: "observed"; readonly observed: string }
  | { readonly kind: "fact"; readonly fact: Fact };

/** Collects what happens, in order, for a recording. */
export class Recorder {
  /** The encoder that scenarios use. */
  readonly encoder: Encoder;
  /** Its constants. */
  readonly constants: ReadonlyMap<string, bigint>;
  /** The lane of this process, or of this thread. */
  host = "host";
  readonly #viewer = new KernelViewer();
  readonly #lanes: Lane[] = [];
  readonly #steps: Step[] = [];
  readonly #arrows: Arrow[] = [];
  readonly #questions: Question[] = [];
  readonly #codes: Code[] = [];
  readonly #reasons = new Map<string, Reasons>();
  readonly #observed = new Set<string>();
  readonly #facts: Fact[] = [];
  readonly #hears: ((piece: Piece) => void) | undefined;
  #stages = false;

  /**
   * @param encoder its name, or the encoder
   * @param hears is called with each piece at once
   * @throws InputError if there is no encoder of that name; EncoderError if it cannot drive stubs
   */
  constructor(encoder: string | Encoder, hears?: (piece: Piece) => void) {
    this.encoder = typeof encoder === "string" ? openEncoder(encoder) : expectDriver(encoder);
    this.constants = this.encoder.constants;
    this.#hears = hears;
  }

  /** Adds a piece. */
  add(piece: Piece): void {
    switch (piece.kind) {
      case "lane":
        this.#lanes.push(piece.lane);
        break;
      case "code":
        // Two tracers of one process have the same stub code.
        if (this.#codes.some((code) => isDeepStrictEqual(code, piece.code))) return;
        this.#codes.push(piece.code);
        break;
      case "step":
        this.#steps.push(piece.step);
        break;
      case "arrow":
        this.#arrows.push(piece.arrow);
        break;
      case "question":
        this.#questions.push(piece.question);
        break;
      case "observed":
        this.#observed.add(piece.observed);
        break;
      case "fact":
        this.#facts.push(piece.fact);
    }
    this.#hears?.(piece);
  }

  /**
   * Adds a piece of another recorder. All its pieces must be added in order.
   *
   * @param stepOf maps the index of a step there to the index here.
   */
  adopt(piece: Piece, stepOf: (index: number) => number): void {
    if (piece.kind === "arrow") {
      const { from, to } = piece.arrow;
      this.add({ kind: "arrow", arrow: { ...piece.arrow, from: stepOf(from), to: stepOf(to) } });
    } else if (piece.kind === "question") {
      this.add({ kind: "question", question: { ...piece.question, step: this.length } });
    } else {
      this.add(piece);
    }
  }

  /** Records what `work` does; if it returns undefined, nothing of that is kept but notes of what the observer changed. */
  attempt<T>(work: () => T | undefined): T | undefined {
    const lists = [this.#lanes, this.#steps, this.#arrows, this.#questions, this.#facts];
    const lengths = lists.map(({ length }) => length);
    const result = work();
    if (result === undefined) {
      for (const [i, list] of lists.entries()) list.length = lengths[i] ?? 0;
    }
    return result;
  }

  /** The number of steps so far: the index of the next. */
  get length(): number {
    return this.#steps.length;
  }

  /** @throws InputError that names the place */
  expectLane(id: string, place: string): void {
    const known = this.#lanes.map((lane) => lane.id);
    if (known.includes(id)) return;
    const near = nearest(id, known);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    throw new InputError(`${place}: there is no lane ${show(id)}${hint}`);
  }

  /** @throws InputError that names the place */
  expectNewLane(id: string, place: string): void {
    if (!this.#lanes.some((lane) => lane.id === id)) return;
    throw new InputError(`${place}: there is already a lane ${show(id)}`);
  }

  addLane(id: string, role: string, pid: number): void {
    this.add({ kind: "lane", lane: { id, role, pid } });
  }

  /** Registers code at `base`, so that its instructions are recorded with their lines. */
  addCode({ name, lines }: Listing, base: bigint, reasons: Reasons): void {
    this.#reasons.set(name, reasons);
    this.add({ kind: "code", code: { name, base: hex(base), lines } });
  }

  /** The place of an address in registered code; undefined if it is in none. */
  placeOf(address: bigint): Place | undefined {
    for (const code of this.#codes) {
      const offset = Number(address - BigInt(code.base));
      const line = code.lines.find((each) => each.offset === offset);
      if (line === undefined) continue;
      const instruction = { address: hex(address), code: code.name, offset };
      return { instruction, line, why: this.#reasons.get(code.name)?.get(offset) ?? "" };
    }
    return undefined;
  }

  /** Adds a step, and returns its index. */
  step({ lane, kind, title, why, ...event }: NewStep): number {
    const step = {
      lane,
      about: event.about ?? lane,
      kind,
      title,
      why,
      // Two processes may record together: this clock is the same in both.
      microseconds: Number(process.hrtime.bigint() / 1000n),
      instruction: event.instruction ?? null,
      call: event.call ?? null,
      registers: event.registers ?? null,
      kernel: event.kernel ?? null,
      observer: event.observer ?? null,
      staged: event.staged ?? this.#stages,
    };
    this.add({ kind: "step", step });
    return this.length - 1;
  }

  /** Does `work`, whose steps an unobserved run does not have. */
  stage<T>(work: () => T): T {
    this.#stages = true;
    try {
      return work();
    } finally {
      this.#stages = false;
    }
  }

  /** Adds a system call that was not traced. Argument words that are unknown are null. */
  call(
    lane: string,
    name: string,
    args: Call["arguments"],
    result: bigint,
    event: Pick<Step, "why"> & Partial<Pick<Step, "observer">>,
  ): number {
    const told = { word: hex(result), told: `${BigInt.asIntN(64, result)}` };
    const call = { name, arguments: args, result: told };
    return this.step({ lane, kind: "syscall", title: callTitle(call), call, ...event });
  }

  arrow(kind: Arrow["kind"], from: number, to: number, label: string): void {
    this.add({ kind: "arrow", arrow: { kind, from, to, label } });
  }

  /** Asks a question that the next step answers. */
  ask({ replies = [], ...question }: NewQuestion): void {
    this.add({ kind: "question", question: { step: this.length, ...question, replies } });
  }

  /** Notes what the observer changed. Repeated notes are recorded once. */
  observe(change: string): void {
    this.add({ kind: "observed", observed: change });
  }

  /** Records what a scenario expects at its end, and what the kernel says. */
  check(fact: string, expected: string, seen: string): void {
    this.add({ kind: "fact", fact: factOf(check(fact, expected, seen)) });
  }

  /** What the kernel says about a process now; null if it is gone. */
  view(pid: number): KernelView | null {
    return this.#viewer.view(pid);
  }

  /** Returns the recording. @throws StateError if no step follows a question. */
  finish(name: string, { title, introduction }: Introduction): Recording {
    const open = this.#questions.find(({ step }) => step >= this.#steps.length);
    if (open !== undefined) throw new StateError(`no step answers the question "${open.text}"`);
    const started = this.#steps[0]?.microseconds ?? 0;
    return {
      schema: RECORDING_SCHEMA,
      stublab: STUBLAB_VERSION,
      scenario: name,
      title,
      introduction,
      machine: { kernel: release(), arch: "amd64" },
      encoder: this.encoder.name,
      lanes: this.#lanes,
      steps: this.#steps.map((step) => ({ ...step, microseconds: step.microseconds - started })),
      arrows: this.#arrows,
      questions: this.#questions,
      code: this.#codes,
      observed: [...this.#observed],
      end: this.#facts,
    };
  }
}

/** Registers in the form of a recording. */
export function tellRegisters(registers: Readonly<Record<string, bigint>>): Registers {
  return Object.fromEntries(Object.entries(registers).map(([name, word]) => [name, hex(word)]));
}
