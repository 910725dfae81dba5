import type { FunctionName, Operation } from "../../core/encoder/abi.ts";
import type { Arch } from "../../core/machine/index.ts";
import type { BreakKind } from "./record.ts";

/** The result of a comparison: the document "stublab.compare/1". Words are hex strings. */
export interface CompareReport {
  readonly seed: string;
  /** Inputs given to every encoder that has the function. */
  readonly cases: number;
  readonly milliseconds: number;
  readonly encoders: readonly EncoderReport[];
  readonly functions: readonly FunctionReport[];
  readonly layouts: readonly LayoutReport[];
  readonly disagreements: readonly Disagreement[];
  /** Of a comparison of one case: the encoders that agree. */
  readonly agreements: readonly Agreement[];
  readonly broken: readonly Breakage[];
  /** What the kernel was asked, with --live. */
  readonly live: readonly LiveReport[];
  /** Functions that an encoder lacks, that had no case, or that had nothing to be compared with. */
  readonly uncompared: readonly Uncompared[];
  /** What was not compared, and why. */
  readonly notes: readonly string[];
}

export interface Uncompared {
  readonly encoder: string;
  readonly arch: Arch;
  readonly functions: readonly FunctionName[];
}

/**
 * Why a difference is not an error: docs/encoder-abi.md chooses what the headers leave open, or no kernel makes such an input.
 */
export type Apart = "differs by design" | "no such input";

export interface EncoderReport {
  readonly name: string;
  readonly arch: Arch;
  /** How many functions of the ABI it has for that architecture. */
  readonly functions: number;
  readonly constants: number;
}

/** The name of the headers as a reference: the answers of `native`, whether it is compared or not. */
export const HEADERS = "headers";

/** One function on one architecture. */
export interface FunctionReport {
  readonly arch: Arch;
  readonly operation: Operation;
  readonly name: FunctionName;
  readonly cases: number;
  /** Each encoder with the reference: `native` if it is compared, else "headers". */
  readonly pairs: readonly PairReport[];
  readonly coverage: Coverage;
}

export interface PairReport {
  /** An encoder and its reference. */
  readonly encoders: readonly [string, string];
  /** Whether one of the two is the reference: always. */
  readonly truth: boolean;
  readonly cases: number;
  /** Cases that differ, without those that are counted apart. */
  readonly disagreed: number;
  readonly byDesign: number;
  readonly noInput: number;
}

/** How many of all things were seen. */
export interface Share {
  readonly seen: number;
  readonly all: number;
}

/** How much of a function's inputs was covered. */
export interface Coverage {
  /** Cases that are enumerated before others are drawn: pairs of flags, status words, results. */
  readonly enumerated: Share;
  /** For each parameter of flags: its bits, and how many pairs of them were set together. */
  readonly flags: readonly {
    readonly parameter: string;
    readonly bits: Share;
    readonly pairs: Share;
  }[];
  /** For each word of input: classes by sign and bit length. */
  readonly classes: readonly (Share & { readonly parameter: string })[];
  /** waitKind and its like: low halves of a status word, of 65,536, and events. */
  readonly statuses: { readonly low: number; readonly events: number } | null;
}

/** The constants of an architecture, compared with the headers. */
export interface LayoutReport {
  readonly arch: Arch;
  /** By encoder: how many names it shares with the headers, and how many differ. */
  readonly encoders: readonly {
    readonly name: string;
    readonly compared: number;
    readonly disagreed: number;
  }[];
}

/** Which encoders are right, and by which reference. */
export interface Verdict {
  /** "abi" if docs/encoder-abi.md chooses what the headers do not prescribe. */
  readonly by: "headers" | "kernel" | "abi";
  readonly right: readonly string[];
  readonly wrong: readonly string[];
  /** What was tried, and its result, in a sentence. */
  readonly reason: string;
}

/** A cluster: cases in which one encoder differs in the same place. */
export interface Disagreement {
  readonly arch: Arch;
  readonly operation: Operation;
  /** The function; a constant has none. */
  readonly name: FunctionName | null;
  readonly encoder: string;
  /** What it disagrees with: "headers". */
  readonly against: string;
  /** The register, the member, the constant or the function's result. */
  readonly field: string;
  /** Flags in which the answers differ; if one is a refusal, the flags of the minimised input. */
  readonly flags: readonly string[];
  readonly cases: number;
  /** How the answers differ in the minimised case, and how many other differences the field had. */
  readonly xor: string;
  readonly masks: number;
  /** The first byte that differs, counted from the beginning of the block, struct or result. */
  readonly byte: number;
  /** Both answers in the bytes of the field, as memory has them, and in words. */
  readonly own: Answer;
  readonly other: Answer;
  /** The words of the minimised input that are not 0. */
  readonly input: readonly {
    readonly name: string;
    readonly word: string;
    readonly told: string;
  }[];
  readonly replay: string;
  /** Why it is not an error; null if it is one. */
  readonly apart: Apart | null;
  readonly verdict: Verdict;
}

export interface Answer {
  readonly bytes: string;
  readonly word: string;
  /** The word with its name: "0xffffffffffffffea (-EINVAL)". */
  readonly told: string;
}

/** One case in which an encoder answers as the headers do. */
export interface Agreement
  extends Pick<Disagreement, "arch" | "name" | "encoder" | "against" | "input"> {
  /** The result, and the words of memory that it changed. */
  readonly answer: Disagreement["input"];
}

/** An encoder that did not answer. */
export interface Breakage {
  readonly encoder: string;
  /** Both are null if it happened while the encoder was opened. */
  readonly arch: Arch | null;
  readonly name: FunctionName | null;
  readonly kind: BreakKind;
  readonly message: string;
  readonly input: Disagreement["input"];
  readonly replay: string | null;
}

/** The kernel's judgement of one function of one encoder. */
export interface LiveReport {
  readonly name: FunctionName;
  readonly encoder: string;
  /** What was done in a stub, in a few words. */
  readonly asked: string;
  readonly cases: number;
  readonly held: number;
  /** Cases that the kernel could not decide. */
  readonly undecided: number;
  /** Why, the most frequent first. */
  readonly reasons: readonly { readonly why: string; readonly cases: number }[];
  readonly failures: readonly LiveFailure[];
}

export interface LiveFailure {
  readonly field: string;
  readonly cases: number;
  readonly meant: string;
  readonly seen: string;
  readonly input: Disagreement["input"];
  readonly replay: string;
}
