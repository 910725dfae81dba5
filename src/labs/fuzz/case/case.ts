/*
 * A case is a register setup, or a few in a row: what differs from the baseline, how it is written, and how the stub is
 * resumed. text.ts has its documents.
 */

import { InputError } from "../../../lib/errors.ts";
import {
  count,
  list,
  type Members,
  members,
  oneOf,
  optional,
  record,
  type Shape,
  truth,
  word,
} from "../../../lib/shape.ts";
import { CONTENTS, type From, REGISTERS, type Way } from "./arch.ts";
import { CONSTANTS, ONS, type On, STARTS, WAYS } from "./records.ts";

/** A word, and the byte offset to write it to. */
export interface Pair {
  readonly offset: bigint;
  readonly word: bigint;
}

/** The members of a signal frame other than the registers. */
export interface SignalFrame {
  /** UC_SIGCONTEXT_SS and its like, 32 bits. */
  readonly ucFlags: number;
  /** Whether it has floating point: that of the last stop, unless there is an image. */
  readonly fpstate: boolean;
  /** The address of an image: the floating point of a new program, changed by the pairs of the case. */
  readonly image?: bigint;
}

/** One setup. With the way SIGRETURN, `from` is "signal", `on` is "CONT", and there is no signal. */
export interface Step {
  readonly from: From;
  readonly way: Way;
  readonly on: On;
  /** The signal to resume with; 0 for none. */
  readonly signal: number;
  /** SETREGS, SETREGSET and SIGRETURN: all 27 words, in the order of a block. Otherwise none. */
  readonly block: readonly bigint[];
  /** POKEUSER, SETFPREGS, XSTATE; SIGRETURN with an image. */
  readonly pairs: readonly Pair[];
  /** SYSCALL_INFO, SIGMASK and DISPATCH: the words that are written. */
  readonly words: readonly bigint[];
  /** SETREGSET, XSTATE, SYSCALL_INFO, SIGMASK, DISPATCH: the length that the request passes, in bytes. */
  readonly length: number;
  /** SIGRETURN. */
  readonly frame?: SignalFrame;
}

/** A setup, and those before it, if any. Ways other than SIGRETURN can have them. */
export interface Case extends Step {
  /**
   * The first begins at a stop by its `from`. The `from` of all others, and of the case itself, is "last": they begin at
   * the stop at which the step before them left the stub.
   */
  readonly before?: readonly Step[];
}

/** A case as its steps in order. */
export function stepsOf({ before = [], ...last }: Case): readonly Step[] {
  return [...before, last];
}

/** The case of at least one step. @param from the stop at which the first begins */
export function caseOf(steps: readonly Step[], from = steps[0]?.from ?? "signal"): Case {
  const before = steps.map((step, i) => ({ ...step, from: i === 0 ? from : "last" }) as const);
  const last = before.pop();
  if (last === undefined) throw new RangeError("a case has a step at least");
  return before.length === 0 ? last : { ...last, before };
}

const MOST = 2 ** 32 - 1;
const MOST_BEFORE = CONSTANTS.MOST_STEPS - 1;

/** Refuses a value that is not a case. @throws InputError that names the member. */
export function expectCase(value: Case, place = "case"): void {
  const read = members(value, place);
  const before = read("before", optional(list((step, at) => [step, at] as const, MOST_BEFORE)));
  const steps = [...(before ?? []), [value, place] as const];
  for (const [i, [step, at]] of steps.entries()) {
    const way = expectStep(members(step, at), i === 0 ? STARTS : ["last"]);
    // A stub that returns from a signal handler is not stopped between two steps.
    if (steps.length > 1 && CONTENTS[way].frame) {
      throw new InputError(`${at}.way: a case by ${way} has one step only`);
    }
  }
}

function expectStep(read: Members, froms: readonly From[]): Way {
  read("from", oneOf(froms));
  const way = read("way", oneOf(WAYS));
  read("on", oneOf(ONS));
  read("signal", count(MOST));
  const { block, words = 0, frame: framed } = CONTENTS[way];
  read("block", wordsOf(block ? REGISTERS.length : 0));
  read("words", wordsOf(words));
  read("length", count(MOST));
  const frame = framed && read("frame", frameShape);
  read("pairs", list(pairShape, mostPairs(way, frame)));
  return way;
}

function wordsOf(expected: number): Shape<bigint[]> {
  return (value, place) => {
    const words = list(word, expected)(value, place);
    if (words.length === expected) return words;
    throw new InputError(`${place}: expected ${expected} words, got ${words.length}`);
  };
}

const pairShape: Shape<Pair> = record({ offset: word, word });

const membersOfFrame = record({ ucFlags: count(MOST), image: optional(word), fpstate: truth });
const frameShape: typeof membersOfFrame = (value, place) => {
  const frame = membersOfFrame(value, place);
  if (frame.image === undefined || frame.fpstate) return frame;
  throw new InputError(`${place}.image: needs fpstate`);
};

/** The most pairs that a case may have. */
export function mostPairs(way: Way, frame?: { readonly image?: bigint | undefined }): number {
  const { frame: framed, pairs = 0 } = CONTENTS[way];
  return framed && frame?.image === undefined ? 0 : pairs;
}
