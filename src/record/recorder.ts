import { release } from "node:os";
import { openEncoder } from "../encoder/open.ts";
import { hex, StateError } from "../errors.ts";
import { callTitle } from "./calls.ts";
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
  type Question,
  RECORDING_SCHEMA,
  type Recording,
  type Registers,
  type Step,
} from "./recording.ts";
import type { Scenario } from "./scenario.ts";

declare const STUBLAB_VERSION: string;

/** What a step has to say; what is left out is null, and `about` is the lane. */
export type NewStep = Pick<Step, "lane" | "kind" | "title" | "why"> &
  Partial<Omit<Step, "microseconds">>;

/** The code that an address lies in, its line there, and what that line is for. */
export interface Place {
  readonly instruction: Instruction;
  readonly line: CodeLine;
  readonly why: string;
}

/** Why each line of a code is there, by its offset. */
export type Reasons = ReadonlyMap<number, string>;

/** Collects what happens, in order, and makes a recording of it. */
export class Recorder {
  /** The name of the encoder that scenarios work with. */
  readonly encoder: string;
  /** Its constants. */
  readonly constants: ReadonlyMap<string, bigint>;
  // The first step's: what comes before it is the recorder's own affair.
  #started: number | undefined;
  readonly #viewer = new KernelViewer();
  readonly #lanes: Lane[] = [];
  readonly #steps: Step[] = [];
  readonly #arrows: Arrow[] = [];
  readonly #questions: Question[] = [];
  readonly #codes: { readonly code: Code; readonly reasons: Reasons }[] = [];
  readonly #observed = new Set<string>();
  readonly #facts: Fact[] = [];

  /** @throws InputError where there is no encoder of that name. */
  constructor(encoder: string) {
    this.encoder = encoder;
    this.constants = openEncoder(encoder).constants;
  }

  addLane(id: string, role: string, pid: number): void {
    this.#lanes.push({ id, role, pid });
  }

  /** Makes code known that lies at `base`: its instructions are recorded by their lines. */
  addCode({ name, lines }: Listing, base: bigint, reasons: Reasons): void {
    this.#codes.push({ code: { name, base: hex(base), lines }, reasons });
  }

  /** The place of an address in the code that is known; undefined where it lies in none. */
  placeOf(address: bigint): Place | undefined {
    for (const { code, reasons } of this.#codes) {
      const offset = Number(address - BigInt(code.base));
      const line = code.lines.find((each) => each.offset === offset);
      if (line === undefined) continue;
      const instruction = { address: hex(address), code: code.name, offset };
      return { instruction, line, why: reasons.get(offset) ?? "" };
    }
    return undefined;
  }

  /** Adds a step, and answers its index. */
  step({ lane, kind, title, why, ...event }: NewStep): number {
    const now = performance.now();
    this.#started ??= now;
    this.#steps.push({
      lane,
      about: event.about ?? lane,
      kind,
      title,
      why,
      microseconds: Math.round((now - this.#started) * 1000),
      instruction: event.instruction ?? null,
      call: event.call ?? null,
      registers: event.registers ?? null,
      kernel: event.kernel ?? null,
      observer: event.observer ?? null,
    });
    return this.#steps.length - 1;
  }

  /** A system call that a lane makes without being watched: its words are known, or null. */
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
    this.#arrows.push({ kind, from, to, label });
  }

  /** Asks what will happen, before the next step, which answers it. */
  ask(question: Omit<Question, "step">): void {
    this.#questions.push({ step: this.#steps.length, ...question });
  }

  /** Says what the observer changed. The same words twice are said once. */
  observe(change: string): void {
    this.#observed.add(change);
  }

  /** Sets beside each other what a scenario says must be true in the end, and what the kernel says. */
  check(fact: string, expected: string, seen: string): void {
    this.#facts.push({ fact, expected, seen, held: expected === seen });
  }

  /** What the kernel says of a process now; null where it is gone. */
  view(pid: number): KernelView | null {
    return this.#viewer.view(pid);
  }

  /** @throws StateError where a question is left without the step that answers it. */
  finish(name: string, { title, introduction }: Scenario): Recording {
    const open = this.#questions.find(({ step }) => step >= this.#steps.length);
    if (open !== undefined) throw new StateError(`no step answers the question "${open.text}"`);
    return {
      schema: RECORDING_SCHEMA,
      stublab: STUBLAB_VERSION,
      scenario: name,
      title,
      introduction,
      machine: { kernel: release(), arch: "amd64" },
      encoder: this.encoder,
      lanes: this.#lanes,
      steps: this.#steps,
      arrows: this.#arrows,
      questions: this.#questions,
      code: this.#codes.map(({ code }) => code),
      observed: [...this.#observed],
      end: this.#facts,
    };
  }
}

/** Registers as a recording has them. */
export function tellRegisters(registers: Readonly<Record<string, bigint>>): Registers {
  return Object.fromEntries(Object.entries(registers).map(([name, word]) => [name, hex(word)]));
}
