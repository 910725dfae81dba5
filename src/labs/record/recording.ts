/*
 * A recording is everything that happened from the start to the end of a scenario, as data: the document
 * "stublab.recording/1". Every view is made from it. docs/recording.md describes it. The shapes below are its types,
 * and what checks a document of unknown origin.
 */

import { ARCHES } from "../../core/machine/index.ts";
import { type Failure, InputError } from "../../lib/errors.ts";
import {
  count,
  hexWord,
  list,
  nullable,
  oneOf,
  optional,
  record,
  type Shape,
  type Shaped,
  show,
  table,
  text,
  truth,
} from "../../lib/shape.ts";

export const RECORDING_SCHEMA = "stublab.recording/1";

/** A word of 64 bits: "0x7fffffffe044". */
export type Hex = string;

/** Far more of anything than a lesson needs. A limit of the whole document is in load.ts. */
const MOST = 100_000;

const PID = count(2 ** 31 - 1);
const INDEX = count(2 ** 31 - 1);
const BYTES = count(Number.MAX_SAFE_INTEGER);

const many = <T>(shape: Shape<T>): Shape<readonly T[]> => list(shape, MOST);
const texts = many(text);

const schema: Shape<typeof RECORDING_SCHEMA> = (value, place) => {
  if (value === RECORDING_SCHEMA) return RECORDING_SCHEMA;
  if (typeof value !== "string" || !value.startsWith("stublab.")) {
    throw new InputError(`${place}: this is not a recording of stublab`);
  }
  throw new InputError(`${place}: expected ${show(RECORDING_SCHEMA)}, got ${show(value)}`, {
    remedy: "another version of stublab wrote it, or another command; record it again",
  });
};

const truthOr = optional(truth);
const pidOrNull = optional(nullable(PID));

const lane = record({
  /** "host", "tracer", "master", "grandchild", … */
  id: text,
  /** What it is, in a few words. */
  role: text,
  /** Of a thread its tid. */
  pid: PID,
  /** The process of a thread whose process has other lanes. Older recordings do not say that: null. */
  process: (value, place): number | null => pidOrNull(value, place) ?? null,
  /** Whether it is a terminal, and no process: its pid is that of who types. Older recordings do not say that: false. */
  terminal: (value, place): boolean => truthOr(value, place) ?? false,
});

/** A process or a thread: one line of the picture. */
export interface Lane extends Shaped<typeof lane> {}

const kind = oneOf([
  /** One instruction of the lane was executed. */
  "instruction",
  /** The lane made a system call; if it was stepped, that is also an instruction. */
  "syscall",
  /** A signal was sent to the lane, or delivered. */
  "signal",
  /** The lane stopped for its tracer. */
  "stop",
  /** The lane made a ptrace request. */
  "ptrace",
  /** The lane was born. */
  "clone",
  /** The lane ended. */
  "exit",
  /** Something to read that is not an event. */
  "note",
]);

export type StepKind = Shaped<typeof kind>;

const instruction = record({
  address: hexWord,
  /** The name of the code and the byte offset in it, as `code` has them. */
  code: text,
  offset: INDEX,
});

export interface Instruction extends Shaped<typeof instruction> {}

const call = record({
  name: text,
  /** A word is null if the recorder does not know it: an address in the host. */
  arguments: many(record({ word: nullable(hexWord), told: text })),
  /** null if it does not return. */
  result: nullable(record({ word: hexWord, told: text })),
});

/** A system call or a ptrace request, decoded. */
export interface Call extends Shaped<typeof call> {}

export type Registers = Readonly<Record<string, Hex>>;

const registers: Shape<Registers> = table(hexWord, MOST);

const kernel = record({
  /** One letter: "t" is stopped by its tracer, "T" by a signal, "Z" a zombie. */
  state: text,
  parentPid: PID,
  /** The thread of its parent that has it as a child; null if that is not known. Older recordings do not say it. */
  parentTid: (value, place): number | null => pidOrNull(value, place) ?? null,
  tracerTid: PID,
  session: PID,
  /** The foreground group of its terminal; null if it has none. Older recordings do not say it. */
  foreground: (value, place): number | null => pidOrNull(value, place) ?? null,
  blocked: hexWord,
  ignored: hexWord,
  /** SigPnd and ShdPnd: those of the thread and those of its process. */
  pending: hexWord,
  residentBytes: BYTES,
  /** The memory map if this step changed it, otherwise null: range, protection and name, without folders. */
  memory: nullable(many(text)),
});

/** /proc/PID/stat, status and maps. */
export interface KernelView extends Shaped<typeof kernel> {}

const detail = optional(nullable(text));

const step = record({
  /** The lane that acts. */
  lane: text,
  /** The lane whose registers and kernel view the step has: itself, or the target of a ptrace request. */
  about: text,
  kind,
  /** One line: "prctl(PR_SET_PDEATHSIG, SIGKILL) = 0", "mov $0x9d,%eax". */
  title: text,
  /** One or two sentences: what the step is for. */
  why: text,
  /** What a kernel engineer would add. Older recordings do not have that: null. */
  detail: (value, place): string | null => detail(value, place) ?? null,
  /** Time since the first step. */
  microseconds: BYTES,
  instruction: nullable<Instruction>(instruction),
  call: nullable<Call>(call),
  /** The registers of `about` by name, as the kernel reported them. */
  registers: nullable(record({ before: registers, after: registers })),
  /** What /proc said about `about` after the step. */
  kernel: nullable<KernelView>(kernel),
  /** What the observer did to see this, if it changed something. */
  observer: nullable(text),
  /** Whether an unobserved run does not have this step at all. Older recordings do not say that: false. */
  staged: (value, place): boolean => truthOr(value, place) ?? false,
});

export interface Step extends Shaped<typeof step> {}

const arrow = record({
  kind: oneOf(["clone", "signal", "wait", "attach"]),
  /** Indices of steps, in whose lanes the arrow begins and ends. */
  from: INDEX,
  to: INDEX,
  label: text,
});

export interface Arrow extends Shaped<typeof arrow> {}

const replies = optional(many(text));

const question = record({
  /** The index of the decisive step. */
  step: INDEX,
  text,
  /** The deed of the reader that leads to it; empty if it has none. */
  deed: (value, place): string => text(value ?? "", place),
  choices: many(text),
  /** The index of the right choice. */
  answer: INDEX,
  because: text,
  /** What is replied to each choice, in their order: the wrong ones are refuted. Empty if nothing is known of them. */
  replies: (value, place): readonly string[] => replies(value, place) ?? [],
});

/** A question about what will happen, asked before a step that answers it. */
export interface Question extends Shaped<typeof question> {}

const line = record({
  offset: INDEX,
  /** "0f 05" */
  bytes: text,
  /** "mov $157, %eax  # __NR_prctl": the comment has the name that the preprocessor replaced by a number. */
  text,
  /** The label before it; otherwise null. */
  label: nullable(text),
});

export interface CodeLine extends Shaped<typeof line> {}

const code = record({
  /** "stub code", or a guest's file. */
  name: text,
  base: hexWord,
  lines: many<CodeLine>(line),
});

/** A piece of code in memory. */
export interface Code extends Shaped<typeof code> {}

/** Code without an address, as the package has it. */
export const listing: Shape<Omit<Code, "base">> = record({
  name: text,
  lines: many<CodeLine>(line),
});
export const listings = many(listing);

const fact = record({ fact: text, expected: text, seen: text, held: truth });

export interface Fact extends Shaped<typeof fact> {}

/** The lists of a recording, which grow as it is made. */
const parts = {
  lanes: many<Lane>(lane),
  /** In the order in which they happened. */
  steps: many<Step>(step),
  arrows: many<Arrow>(arrow),
  questions: many<Question>(question),
  /** The code that instructions belong to, from the assembler's listing. */
  code: many<Code>(code),
  /** What the observer changed: it is missing, or different, in an unobserved run. */
  observed: texts,
  /** What must be true in the end, and what the kernel reported. */
  end: many<Fact>(fact),
};

const discarded = optional(texts);

/** The shape of a recording. */
export const recordingShape = record({
  schema,
  /** The version of stublab that recorded it. */
  stublab: text,
  /** The scenario's name: "host", "grandchild", … */
  scenario: text,
  title: text,
  /** Paragraphs that a reader needs before the first step. */
  introduction: texts,
  /** Where it was recorded: the kernel's release, the processor's architecture. */
  machine: record({ kernel: text, arch: oneOf(ARCHES) }),
  /** The encoder that wrote the registers. */
  encoder: text,
  /** What failed in each attempt that was recorded again. Older recordings do not say that. */
  discarded: (value, place): readonly string[] => discarded(value, place) ?? [],
  ...parts,
});

export interface Recording extends Shaped<typeof recordingShape> {}

/** The shape of a piece. */
export const pieceShape = record({
  lanes: optional(parts.lanes),
  steps: optional(parts.steps),
  arrows: optional(parts.arrows),
  questions: optional(parts.questions),
  code: optional(parts.code),
  observed: optional(parts.observed),
  end: optional(parts.end),
});

/** Why what records a part of it, elsewhere, has failed (lib/errors.ts). */
export const failureShape = record<Failure>({
  failure: text,
  details: record({ code: text, remedy: optional(text) }),
});

/**
 * An addition to a recording under way. Times are microseconds of the monotonic clock; indices of steps are those of its
 * recorder.
 */
export interface Piece extends Partial<Shaped<typeof pieceShape>> {}
