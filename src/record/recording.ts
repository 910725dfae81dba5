/*
 * A recording is everything that happened from the start to the end of a scenario, as data: the document
 * "stublab.recording/1". Every view is made from it. docs/recording.md describes it.
 */

/** A word of 64 bits: "0x7fffffffe044". */
export type Hex = string;

export const RECORDING_SCHEMA = "stublab.recording/1";

export interface Recording {
  readonly schema: typeof RECORDING_SCHEMA;
  /** The version of stublab that recorded it. */
  readonly stublab: string;
  /** The scenario's name: "host", "grandchild", … */
  readonly scenario: string;
  readonly title: string;
  /** Paragraphs that a reader needs before the first step. */
  readonly introduction: readonly string[];
  /** Where it was recorded: the kernel's release, the processor's architecture. */
  readonly machine: { readonly kernel: string; readonly arch: "amd64" };
  /** The encoder that wrote the registers. */
  readonly encoder: string;
  readonly lanes: readonly Lane[];
  /** In the order in which they happened. */
  readonly steps: readonly Step[];
  readonly arrows: readonly Arrow[];
  readonly questions: readonly Question[];
  /** The code that instructions belong to, from the assembler's listing. */
  readonly code: readonly Code[];
  /** What the observer changed: it is missing, or different, in an unobserved run. */
  readonly observed: readonly string[];
  /** What must be true in the end, and what the kernel reported. */
  readonly end: readonly Fact[];
}

/** A process or a thread: one line of the picture. */
export interface Lane {
  /** "host", "tracer", "master", "grandchild", … */
  readonly id: string;
  /** What it is, in a few words. */
  readonly role: string;
  readonly pid: number;
}

export type StepKind =
  /** One instruction of the lane was executed. */
  | "instruction"
  /** The lane made a system call; if it was stepped, that is also an instruction. */
  | "syscall"
  /** A signal was sent to the lane, or delivered. */
  | "signal"
  /** The lane stopped for its tracer. */
  | "stop"
  /** The lane made a ptrace request. */
  | "ptrace"
  /** The lane was born. */
  | "clone"
  /** The lane ended. */
  | "exit"
  /** Something to read that is not an event. */
  | "note";

export interface Step {
  /** The lane that acts. */
  readonly lane: string;
  /** The lane whose registers and kernel view the step has: itself, or the target of a ptrace request. */
  readonly about: string;
  readonly kind: StepKind;
  /** One line: "prctl(PR_SET_PDEATHSIG, SIGKILL) = 0", "mov $0x9d,%eax". */
  readonly title: string;
  /** One or two sentences: what the step is for. */
  readonly why: string;
  /** Time since the first step. */
  readonly microseconds: number;
  readonly instruction: Instruction | null;
  readonly call: Call | null;
  /** The registers of `about` by name, as the kernel reported them. */
  readonly registers: { readonly before: Registers; readonly after: Registers } | null;
  /** What /proc said about `about` after the step. */
  readonly kernel: KernelView | null;
  /** What the observer did to see this, if it changed something. */
  readonly observer: string | null;
}

export type Registers = Readonly<Record<string, Hex>>;

export interface Instruction {
  readonly address: Hex;
  /** The name of the code and the byte offset in it, as `code` has them. */
  readonly code: string;
  readonly offset: number;
}

/** A system call or a ptrace request, decoded. */
export interface Call {
  readonly name: string;
  /** A word is null if the recorder does not know it: an address in the host. */
  readonly arguments: readonly { readonly word: Hex | null; readonly told: string }[];
  /** null if it does not return. */
  readonly result: { readonly word: Hex; readonly told: string } | null;
}

/** /proc/PID/stat, status and maps. */
export interface KernelView {
  /** One letter: "t" is stopped by its tracer, "T" by a signal, "Z" a zombie. */
  readonly state: string;
  readonly parentPid: number;
  readonly tracerTid: number;
  readonly session: number;
  readonly blocked: Hex;
  readonly ignored: Hex;
  /** SigPnd and ShdPnd: those of the thread and those of its process. */
  readonly pending: Hex;
  readonly residentBytes: number;
  /** The memory map if this step changed it, otherwise null: range, protection and name, without folders. */
  readonly memory: readonly string[] | null;
}

export interface Arrow {
  readonly kind: "clone" | "signal" | "wait" | "attach";
  /** Indices of steps, in whose lanes the arrow begins and ends. */
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

/** A question about what will happen, asked before a step that answers it. */
export interface Question {
  /** The index of the decisive step. */
  readonly step: number;
  readonly text: string;
  readonly choices: readonly string[];
  /** The index of the right choice. */
  readonly answer: number;
  readonly because: string;
  /** What is replied to each choice, in their order: the wrong ones are refuted. Empty if nothing is known of them. */
  readonly replies: readonly string[];
}

/** A question before the next step is known, which answers it. */
export type NewQuestion = Omit<Question, "step" | "replies"> & {
  readonly replies?: Question["replies"] | undefined;
};

/** A piece of code in memory. */
export interface Code {
  /** "stub code", or a guest's file. */
  readonly name: string;
  readonly base: Hex;
  readonly lines: readonly CodeLine[];
}

export interface CodeLine {
  readonly offset: number;
  /** "0f 05" */
  readonly bytes: string;
  /** "mov $157, %eax  # __NR_prctl": the comment has the name that the preprocessor replaced by a number. */
  readonly text: string;
  /** The label before it; otherwise null. */
  readonly label: string | null;
}

export interface Fact {
  readonly fact: string;
  readonly expected: string;
  readonly seen: string;
  readonly held: boolean;
}
