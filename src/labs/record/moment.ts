// What is known at a step of a recording: computed once, for every view.

import { grouped } from "../../lib/group.ts";
import { archOf, type RecordArch } from "./arch.ts";
import { RESUMES } from "./calls.ts";
import type {
  Arrow,
  Code,
  CodeLine,
  Instruction,
  KernelView,
  Lane,
  Recording,
  Registers,
  Step,
} from "./recording.ts";

/**
 * The state of a lane's process, by the letters of /proc/PID/stat. "X" is one that has ended and has been waited for;
 * null is one of which nothing is known yet.
 */
export type LaneState = (typeof LETTERS)[number] | null;

/** A register, or another value, before and after steps; null before if it was not reported before, or not by them. */
export interface RegisterRow {
  readonly name: string;
  readonly before: string | null;
  readonly after: string;
  readonly changed: boolean;
  /** The index of the step that changed it last; null if none has. */
  readonly by: number | null;
}

/** A value, and the step that reported it. */
export interface Known<T> {
  readonly value: T;
  readonly step: number;
  /** What was known before that step; null if nothing was. For the registers of a clone, those of its parent. */
  readonly before: T | null;
}

/** What is known of a lane. */
export interface LaneMoment {
  readonly state: LaneState;
  readonly registers: Known<Registers> | null;
  readonly kernel: Known<KernelView> | null;
  readonly memory: Known<readonly string[]> | null;
  /** The index of its last stop; null before the first. */
  readonly stop: number | null;
}

/** All that is known at a step. */
export interface Moment {
  /** The index of the step; below 0 is the introduction, and the number of steps is the end. */
  readonly index: number;
  /** The index of the first of the steps whose changes are shown: that of the step, or of its event. */
  readonly since: number;
  readonly step: Step | null;
  /**
   * The lane whose registers, code, /proc and memory are shown: the one that the step is about, or if the kernel was
   * not asked about it, the last one before about which it was.
   */
  readonly subject: string;
  readonly known: LaneMoment;
  /** Its registers in the order of the block, with those that changed. */
  readonly registers: readonly RegisterRow[];
  /** Where it is in the code; null if that is unknown. */
  readonly place: CodePlace | null;
}

/** A place in a listing, as indices of its lines. */
export interface CodePlace {
  readonly code: Code;
  /** The line that the step has executed; null if it was no instruction. */
  readonly executed: number | null;
  /** The line with the address of the next instruction; null if that is elsewhere, or unknown. */
  readonly next: number | null;
  /** How many bytes after the beginning of that line it is. */
  readonly within: number;
}

/**
 * Whether a value that an earlier step reported may be another by now: of a lane that is no longer stopped, the kernel
 * was not asked again.
 */
export function isOld({ state }: LaneMoment, { step }: Known<unknown>, index: number): boolean {
  return step < index && state !== "t" && state !== "T";
}

const NOTHING_KNOWN: LaneMoment = {
  state: null,
  registers: null,
  kernel: null,
  memory: null,
  stop: null,
};

/** What is known of a lane from a step on, until the next entry of its track. */
interface Entry extends LaneMoment {
  readonly since: number;
}

/** ptrace requests that do not need a thread that is stopped. */
const BEGINS = /^PTRACE_(ATTACH|SEIZE|INTERRUPT|KILL)$/;

const LETTERS = ["R", "S", "D", "T", "t", "Z", "X"] as const;

/** A recording, with what is known at each of its steps. */
export class Moments {
  readonly recording: Recording;
  /** That of the recording. */
  readonly arch: RecordArch;
  /** The lanes by their pids; threads and processes have numbers of their own. */
  readonly lanesByPid: ReadonlyMap<number, Lane>;
  readonly #tracks = new Map<string, Entry[]>();
  readonly #births: ReadonlyMap<string, Arrow>;
  /** The lanes that are first seen acting on another, and threads that are not born: they were there before. */
  readonly #always: Set<string>;
  readonly #subjects: string[] = [];
  readonly #leaving: ReadonlyMap<number, readonly Arrow[]>;
  readonly #arriving: ReadonlyMap<number, readonly Arrow[]>;
  readonly #observers: ReadonlyMap<string | null, number>;
  readonly #questions: ReadonlyMap<number, readonly number[]>;
  readonly #last: ReadonlyMap<string, number>;

  constructor(recording: Recording) {
    this.recording = recording;
    this.arch = archOf(recording);
    const processes = recording.lanes.filter(({ terminal }) => !terminal);
    this.lanesByPid = new Map(processes.toReversed().map((lane) => [lane.pid, lane]));
    this.#leaving = grouped(recording.arrows, ({ from }) => from);
    this.#arriving = grouped(recording.arrows, ({ to }) => to);
    this.#observers = new Map(
      recording.steps.map(({ observer }, i) => [observer, i] as const).toReversed(),
    );
    this.#last = new Map(
      recording.steps.flatMap(({ lane, about }, i) => [[lane, i] as const, [about, i] as const]),
    );
    const { questions } = recording;
    this.#questions = grouped([...questions.keys()], (i) => questions[i]?.step ?? 0);
    for (const { id } of recording.lanes) this.#tracks.set(id, []);
    const births = recording.arrows.filter(({ kind }) => kind === "clone").toReversed();
    this.#births = new Map(births.map((arrow) => [recording.steps[arrow.to]?.lane ?? "", arrow]));
    const firsts = new Map(
      recording.steps
        .flatMap(({ lane, about }) => [[about, true] as const, [lane, lane === about] as const])
        .toReversed(),
    );
    this.#always = new Set([...firsts].flatMap(([id, isAbout]) => (isAbout ? [] : [id])));
    for (const { id, process } of recording.lanes)
      if (process !== null && !this.#births.has(id)) this.#always.add(id);
    for (const [index, step] of recording.steps.entries()) this.#observe(step, index);
  }

  get length(): number {
    return this.recording.steps.length;
  }

  /** All that is known at a step. @param since the first of the steps whose changes are shown */
  at(index: number, since = index): Moment {
    const { steps } = this.recording;
    const last = Math.max(0, Math.min(index, this.length - 1));
    const subject = this.#subjects[last] ?? "";
    const known = this.lane(subject, index);
    const step = steps[index] ?? null;
    return {
      ...{ index, since, step, subject, known },
      registers: this.#registersAt(subject, index, since),
      place: this.#placeOf(step?.about === subject ? step.instruction : null, known),
    };
  }

  /** What is known of a lane at a step. */
  lane(id: string, index: number): LaneMoment {
    return this.#entry(id, index) ?? NOTHING_KNOWN;
  }

  /** The registers that a step, and those from `since` on, changed of the lane that it is about. */
  changedAt(index: number, since = index): readonly RegisterRow[] {
    const about = this.recording.steps[index]?.about ?? "";
    return this.#registersAt(about, index, since).filter(({ changed }) => changed);
  }

  /** What steps from `since` to `index` have reported of a lane. */
  reports<K extends "registers" | "kernel" | "memory">(
    id: string,
    what: K,
    index: number,
    since: number,
  ): readonly NonNullable<LaneMoment[K]>[] {
    const steps = (this.#tracks.get(id) ?? []).filter((each) => each.since >= since);
    return steps.flatMap((entry) => {
      const known: LaneMoment[K] = entry[what];
      return known !== null && known.step === entry.since && known.step <= index ? [known] : [];
    });
  }

  #registersAt(id: string, index: number, since: number): RegisterRow[] {
    const reports = this.reports(id, "registers", index, since);
    return Object.entries(this.lane(id, index).registers?.value ?? {}).map(([name, after]) =>
      changeOf(name, after, reports, (words) => wordOf(words, name)),
    );
  }

  /** Where a lane is in the code at a step; null if that is not known. */
  placeOf(id: string, index: number): CodePlace | null {
    return this.#placeOf(null, this.lane(id, index));
  }

  /** The arrows that begin or end at a step. */
  arrowsOf(index: number): readonly Arrow[] {
    const arriving = this.#arriving.get(index) ?? [];
    return [...arriving, ...(this.#leaving.get(index) ?? []).filter(({ to }) => to !== index)];
  }

  /** The index of the first step at which the observer did that. */
  firstWith(observer: string): number | undefined {
    return this.#observers.get(observer);
  }

  /** Whether a lane is there at a step: since its first one, or always if it acts on another in that. */
  isThere(id: string, index: number): boolean {
    return this.#always.has(id) || this.#entry(id, index) !== undefined;
  }

  /** The questions that a step answers, by their indices. */
  questionsAt(index: number): readonly number[] {
    return this.#questions.get(index) ?? [];
  }

  /** Whether a step up to this one has set a register of a lane, or of the parent that copied it to the lane. */
  isSet(id: string, name: string, index: number): boolean {
    const told = ({ registers }: LaneMoment) => registers && wordOf(registers.value, name);
    const track = (this.#tracks.get(id) ?? []).filter(({ since }) => since <= index);
    const value = told(track.at(-1) ?? NOTHING_KNOWN);
    const before = track.findLastIndex((known) => told(known) !== value);
    if (told(track[before] ?? NOTHING_KNOWN) != null) return true;
    const birth = this.#births.get(id);
    const parent = this.recording.steps[birth?.from ?? -1]?.lane;
    if (birth === undefined || parent === undefined || parent === id || birth.from >= index)
      return false;
    const given = told(this.lane(parent, birth.from));
    if (given === value) return this.isSet(parent, name, birth.from);
    return given != null && track[before + 1]?.registers?.step === birth.to;
  }

  #entry(id: string, index: number): Entry | undefined {
    const track = this.#tracks.get(id) ?? [];
    let [low, high] = [0, track.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((track[middle]?.since ?? 0) <= index) low = middle + 1;
      else high = middle;
    }
    return track[low - 1];
  }

  /** Takes what a step reports into the tracks of its lanes. */
  #observe(step: Step, index: number): void {
    const { lane, about, kernel, registers } = step;
    if (lane !== about && !hasEnded(this.lane(lane, index).state))
      this.#change(lane, index, { state: "R" });
    const known = this.lane(about, index);
    const replace = <T>(
      old: Known<T> | null,
      value: T | null | undefined,
      first: T | null = null,
    ) => (value == null ? old : { value, step: index, before: old?.value ?? first });
    const first = registers && {
      ...registers.after,
      ...registers.before,
      ...this.#inheritedAt(about, index),
    };
    this.#change(about, index, {
      state: this.#stateAfter(step, index, known),
      registers: replace(known.registers, registers?.after, first),
      kernel: replace(known.kernel, kernel),
      memory: replace(known.memory, kernel?.memory),
      stop: step.kind === "stop" ? index : known.stop,
    });
    const { registers: words, kernel: view } = this.lane(about, index);
    const isKnown = words !== null || view !== null;
    this.#subjects.push(isKnown ? about : (this.#subjects.at(-1) ?? about));
  }

  /** The registers of the parent, if a clone that has just made the lane has copied them. */
  #inheritedAt(id: string, index: number): Registers | undefined {
    const birth = this.#births.get(id);
    const parent = birth?.to === index ? this.recording.steps[birth.from]?.lane : undefined;
    return parent === undefined ? undefined : this.lane(parent, index).registers?.value;
  }

  #stateAfter(
    { lane, about, kind, kernel, call }: Step,
    index: number,
    known: LaneMoment,
  ): LaneState {
    const told = LETTERS.find((letter) => letter === kernel?.state);
    if (told !== undefined) return told;
    if (kind === "exit") return "Z";
    if (hasEnded(known.state)) {
      // After the last wait nothing is left of it.
      const isLast = call?.name === "wait4" && this.#last.get(about) === index;
      return isLast ? "X" : known.state;
    }
    if (kind === "stop") return "t";
    if (kind === "note" || kind === "signal") return known.state;
    if (lane === about) return "R";
    const request = kind === "ptrace" ? (call?.arguments[0]?.told ?? "") : "PTRACE_ATTACH";
    if (RESUMES.test(request)) return "R";
    // Any other request needs a thread that its tracer has stopped.
    return BEGINS.test(request) ? known.state : "t";
  }

  #change(id: string, index: number, change: Partial<LaneMoment>): void {
    const track = this.#tracks.get(id);
    if (track === undefined) return;
    track.push({ ...(track.at(-1) ?? NOTHING_KNOWN), ...change, since: index });
  }

  #placeOf(executed: Instruction | null, { registers }: LaneMoment): CodePlace | null {
    const { INSTRUCTION_POINTER } = this.arch;
    const word = registers === null ? undefined : wordOf(registers.value, INSTRUCTION_POINTER);
    const address = word === undefined ? undefined : BigInt(word);
    for (const code of this.recording.code) {
      if (executed !== null && executed.code !== code.name) continue;
      const next = address === undefined ? -1 : lineAt(code, address);
      const line = code.lines.findIndex(({ offset }) => offset === executed?.offset);
      if (line < 0 && next < 0) continue;
      const begin = BigInt(code.base) + BigInt(code.lines[next]?.offset ?? 0);
      return {
        code,
        executed: line < 0 ? null : line,
        next: next < 0 ? null : next,
        within: address === undefined || next < 0 ? 0 : Number(address - begin),
      };
    }
    return null;
  }
}

export const hasEnded = (state: LaneState) => state === "Z" || state === "X";

/** The index of the line that an address lies in; -1 if it is in none. */
function lineAt({ base, lines }: Code, address: bigint): number {
  const offset = address - BigInt(base);
  return lines.findIndex((line) => offset >= line.offset && offset < line.offset + lengthOf(line));
}

const lengthOf = ({ bytes }: CodeLine) => bytes.split(" ").length;

/** A recording may name a register anything, "constructor" too. */
function wordOf(registers: Registers, name: string): string | undefined {
  return Object.hasOwn(registers, name) ? registers[name] : undefined;
}

/** What reports made of a value, which `read` finds in each. */
export function changeOf<N extends string, T>(
  name: N,
  after: string,
  reports: readonly Known<T>[],
  read: (value: T) => string | undefined,
): RegisterRow & { readonly name: N } {
  const old = (known?: Known<T>) => (known?.before ? (read(known.before) ?? null) : null);
  const before = old(reports[0]);
  const changed = before !== null && before !== after;
  const last = reports.findLast((known) => old(known) !== (read(known.value) ?? null));
  return { name, before, after, changed, by: changed ? (last?.step ?? null) : null };
}
