import { release } from "node:os";
import { isDeepStrictEqual } from "node:util";
import type { Encoder } from "../../core/encoder/abi.ts";
import { openAssemblyEncoder } from "../../core/encoder/assembly.ts";
import { expectDriver } from "../../core/encoder/driver.ts";
import { HOST_ARCH } from "../../core/machine/index.ts";
import type { TracingThread } from "../../core/stub/tracing_thread.ts";
import { check } from "../../lib/check.ts";
import { hex, InputError, StateError } from "../../lib/errors.ts";
import { didYouMean } from "../../lib/nearest.ts";
import { show } from "../../lib/shape.ts";
import { callTitle, returned, tellCall, type Word } from "./calls.ts";
import { factOf } from "./fact.ts";
import { KernelViewer } from "./kernel_view.ts";
import { type Reason, stubCodeReasons } from "./lesson_text.ts";
import { type Listing, loadListing, STUB_CODE } from "./listing.ts";
import {
  type Arrow,
  type Call,
  type Code,
  type CodeLine,
  type Instruction,
  type KernelView,
  type Piece,
  RECORDING_SCHEMA,
  type Recording,
  type Step,
} from "./recording.ts";
import { type Asked, arrange, type Said, sayingOf } from "./said.ts";

declare const STUBLAB_VERSION: string;

/** A step to add. Omitted members become null, `about` the lane; `kind` and `title` are those of a system call, `call`. */
export type NewStep = NewEvent & Pick<Step, "lane">;

/** The same, but for its lane. */
export type NewEvent = { readonly why: Said; readonly observer?: Said | null | undefined } & {
  readonly [K in keyof Omit<Step, "microseconds" | "lane" | "why" | "detail" | "observer">]?:
    | Step[K]
    | undefined;
} & (Pick<Step, "kind" | "title"> | { readonly call: Call });

/** The line of code at an address, and why it is there. */
export interface Place {
  readonly instruction: Instruction;
  readonly line: CodeLine;
  readonly why: Reason;
}

/** What a reader needs before the first step. */
export type Introduction = Pick<Recording, "title" | "introduction"> & { readonly name: string };

/** Why each line of a piece of code is there, by offset. */
export type Reasons = ReadonlyMap<number, Reason>;

/** The lists of a recording, while it is made. */
type Parts = { [K in keyof Piece]-?: Recording[K][number][] };

/** Collects what happens, in order, for a recording. */
export class Recorder {
  /** The encoder that lessons use. */
  readonly encoder: Encoder;
  /** Its constants. */
  readonly constants: ReadonlyMap<string, bigint>;
  /** The lane of this process, or of this thread. */
  host = "host";
  #viewer = new KernelViewer();
  readonly #parts: Parts = {
    lanes: [],
    steps: [],
    arrows: [],
    questions: [],
    code: [],
    observed: [],
    end: [],
  };
  readonly #reasons = new Map<string, Reasons>();
  readonly #hears: ((piece: Piece) => void) | undefined;
  #stages = false;

  /**
   * @param encoder the encoder of lessons. Default: that of assembly/.
   * @param hears is called with each piece at once
   * @throws EncoderError if it cannot drive stubs
   */
  constructor(encoder: Encoder = openAssemblyEncoder(), hears?: (piece: Piece) => void) {
    this.encoder = expectDriver(encoder);
    this.constants = this.encoder.constants;
    this.#hears = hears;
  }

  /** Adds a piece. */
  add(piece: Piece): void {
    const { lanes, steps, arrows, questions, code, observed, end } = this.#parts;
    lanes.push(...(piece.lanes ?? []));
    steps.push(...(piece.steps ?? []));
    arrows.push(...(piece.arrows ?? []));
    questions.push(...(piece.questions ?? []));
    // Two tracers of one process have the same stub code.
    const known = (it: Code) => code.some((other) => isDeepStrictEqual(other, it));
    code.push(...(piece.code ?? []).filter((it) => !known(it)));
    observed.push(...(piece.observed ?? []).filter((it) => !observed.includes(it)));
    end.push(...(piece.end ?? []));
    this.#hears?.(piece);
  }

  /**
   * Adds a piece of another recorder. All its pieces must be added in order.
   *
   * @param known the indices of its steps here, by those there: gets those of this piece
   */
  adopt({ arrows = [], questions = [], ...piece }: Piece, known: number[]): void {
    known.push(...(piece.steps ?? []).map((_, i) => this.length + i));
    const stepOf = (index: number) => known[index] ?? 0;
    this.add({
      ...piece,
      arrows: arrows.map((it) => ({ ...it, from: stepOf(it.from), to: stepOf(it.to) })),
      questions: questions.map((it) => ({ ...it, step: this.length })),
    });
  }

  /** Records what `work` does; if it returns undefined, nothing of that is kept but notes of what the observer changed. */
  attempt<T>(work: () => T | undefined): T | undefined {
    const forget = this.#mark("lanes", "steps", "arrows", "questions", "end");
    const result = work();
    if (result === undefined) forget();
    return result;
  }

  /** Does `work`, and records only its lanes, and notes of what the observer changed. */
  fold<T>(work: () => T): T {
    const forget = this.#mark("steps", "arrows", "questions");
    const viewer = this.#viewer;
    this.#viewer = new KernelViewer();
    const result = work();
    // The memory map of a process is in its first view that is recorded.
    this.#viewer = viewer;
    forget();
    return result;
  }

  /** Returns a function that takes these lists back to their present lengths. */
  #mark(...names: readonly (keyof Parts)[]): () => void {
    const marks = names.map((name) => [this.#parts[name], this.#parts[name].length] as const);
    return () => {
      for (const [list, length] of marks) list.length = length;
    };
  }

  /** The number of steps so far: the index of the next. */
  get length(): number {
    return this.#parts.steps.length;
  }

  /** @throws InputError that names the place */
  expectLane(id: string, place: string): void {
    const known = this.#parts.lanes.map((lane) => lane.id);
    if (known.includes(id)) return;
    throw new InputError(`${place}: there is no lane ${show(id)}${didYouMean(id, known)}`);
  }

  /** @throws InputError that names the place */
  expectNewLane(id: string, place: string): void {
    if (!this.#parts.lanes.some((lane) => lane.id === id)) return;
    throw new InputError(`${place}: there is already a lane ${show(id)}`);
  }

  /** @param process of a thread */
  addLane(id: string, role: string, pid: number, process: number | null = null, terminal = false) {
    this.add({ lanes: [{ id, role, pid, process, terminal }] });
  }

  /** Registers code at `base`, so that its instructions are recorded with their lines. */
  addCode({ name, lines }: Listing, base: bigint, reasons: Reasons): void {
    this.#reasons.set(name, reasons);
    this.add({ code: [{ name, base: hex(base), lines }] });
  }

  /** The stub code, where the tracer has mapped it. @throws UnsupportedError */
  addStubCode(tracer: TracingThread): void {
    const listing = loadListing(STUB_CODE);
    const known = stubCodeReasons();
    const reasons = new Map<number, Reason>();
    let [label, index] = ["", 0];
    for (const line of listing.lines) {
      if (line.label !== null) [label, index] = [line.label, 0];
      const reason = known[label]?.[index++];
      if (reason !== undefined) reasons.set(line.offset, reason.why);
    }
    this.addCode(listing, BigInt(tracer.stubAddress), reasons);
  }

  /** The place of an address in registered code; undefined if it is in none. */
  placeOf(address: bigint): Place | undefined {
    for (const code of this.#parts.code) {
      const offset = Number(address - BigInt(code.base));
      const line = code.lines.find((each) => each.offset === offset);
      if (line === undefined) continue;
      const instruction = { address: hex(address), code: code.name, offset };
      return { instruction, line, why: this.#reasons.get(code.name)?.get(offset) ?? "" };
    }
    return undefined;
  }

  /** Adds a step, and returns its index. */
  step({ lane, why: told, ...event }: NewStep): number {
    const { text: why, detail = null, question } = sayingOf(told);
    if (question !== undefined) this.ask(question);
    const step = {
      lane,
      about: event.about ?? lane,
      kind: event.kind ?? "syscall",
      title: event.title ?? (event.call ? callTitle(event.call) : ""),
      why,
      detail,
      // Two processes may record together: this clock is the same in both.
      microseconds: Number(process.hrtime.bigint() / 1000n),
      instruction: event.instruction ?? null,
      call: event.call ?? null,
      registers: event.registers ?? null,
      kernel: event.kernel ?? null,
      observer: event.observer ? sayingOf(event.observer).text : null,
      staged: event.staged ?? this.#stages,
    };
    this.add({ steps: [step] });
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

  /** Adds a system call that was not traced; returns the index of its step. */
  call(
    lane: string,
    name: string,
    args: readonly Word[],
    result: bigint,
    event: Pick<NewEvent, "why" | "observer">,
  ): number {
    const teller = { constants: this.constants, read: () => undefined };
    return this.step({
      lane,
      call: returned(tellCall(name, args, teller), result, teller),
      ...event,
    });
  }

  arrow(kind: Arrow["kind"], from: number, to: number, label: string): void {
    this.add({ arrows: [{ kind, from, to, label }] });
  }

  /** Asks a question that the next step answers. @throws InputError */
  ask(asked: Asked): void {
    this.add({ questions: [{ step: this.length, ...arrange(asked) }] });
  }

  /** Notes what the observer changed. Repeated notes are recorded once. */
  observe(change: Said): void {
    this.add({ observed: [sayingOf(change).text] });
  }

  /** Records what a lesson expects at its end, and what the kernel says. */
  check(fact: string, expected: string, seen: string): void {
    this.add({ end: [factOf(check(fact, expected, seen))] });
  }

  /** What the kernel says about a process now; null if it is gone. */
  view(pid: number): KernelView | null {
    return this.#viewer.view(pid, this.#parts.lanes);
  }

  /** Returns the recording. @throws StateError if no step follows a question. */
  finish({ name, title, introduction }: Introduction): Recording {
    const { questions, steps } = this.#parts;
    const open = questions.find(({ step }) => step >= steps.length);
    if (open !== undefined) throw new StateError(`no step answers the question "${open.text}"`);
    const started = steps[0]?.microseconds ?? 0;
    return {
      schema: RECORDING_SCHEMA,
      stublab: STUBLAB_VERSION,
      scenario: name,
      title,
      introduction,
      machine: { kernel: release(), arch: HOST_ARCH },
      encoder: this.encoder.name,
      discarded: [],
      ...this.#parts,
      steps: steps.map((step) => ({ ...step, microseconds: step.microseconds - started })),
    };
  }
}
