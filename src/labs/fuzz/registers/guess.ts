/* What a reader guesses of a case, and what of it is right. */

import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { hex, InputError } from "../../../lib/errors.ts";
import { parseFlags, parseSyscall } from "../../../lib/names.ts";
import { PC, REGISTERS } from "../case/arch.ts";
import type { CasePrediction } from "../predict/prediction.ts";
import { tellField } from "../tell/told.ts";
import { instructionsAround } from "./listing.ts";
import { encoder, type Words } from "./words.ts";

/** The registers that are guessed: the program counter, and that of a result. */
export const [COUNTER, RESULT] = [REGISTERS[PC] ?? "", HOST_MACHINE.callRegisters.result];

const REFUSED = "the write is refused";
const SIGNALS = "SIGTRAP SIGSEGV SIGILL SIGBUS SIGFPE SIGSTOP SIGUSR1 SIGUSR2".split(" ");
const [STAYS, OTHER, ENDS] = ["the resume is refused", "another signal stops it", "it ends"];

/** What may come of a case. */
export const ENDINGS: readonly string[] = [
  ...[REFUSED, STAYS, "stopped at a system call"],
  ...SIGNALS.map((name) => `stopped by ${name}`),
  ...[OTHER, ENDS, "runs on"],
];

/** Where a program counter is that is not at one of the listed instructions. */
export const ELSEWHERE = "elsewhere";

/** Answers by what they are about; "" is no answer. */
type Guess = Readonly<Record<"ending" | "counter" | "result", string>>;

/** What comes of a case; undefined if that is not predicted. */
export function endingOf({ it, predicted, unpredicted }: CasePrediction): string | undefined {
  if ((predicted.get("error") ?? 0n) !== 0n) return REFUSED;
  if (it.on === "NONE" || unpredicted !== null) return undefined;
  if ((predicted.get("resumed") ?? 0n) !== 0n) return STAYS;
  const told = tellField("status", predicted.get("status") ?? 0n);
  if (ENDINGS.includes(told)) return told;
  return told.startsWith("stopped") ? OTHER : ENDS;
}

/**
 * The guesses that were made, each with what is right: null if nothing stops, or the model does not predict it.
 *
 * @param words the registers that were written
 */
export function judge(guess: Guess, prediction: CasePrediction, words: Words) {
  const { predicted } = prediction;
  const counter = predicted.get(`stopped.${COUNTER}`);
  const isListed = instructionsAround(words[PC] ?? 0n).some(({ address }) => address === counter);
  const told = (word: bigint | undefined) => (word === undefined ? null : hex(word));
  const where = isListed || counter === undefined ? told(counter) : ELSEWHERE;
  const result = guess.result === "" ? "" : hex(parseWord(guess.result));
  const all = [
    { about: "what happens", guessed: guess.ending, right: endingOf(prediction) ?? null },
    { about: COUNTER, guessed: guess.counter, right: where },
    { about: RESULT, guessed: result, right: told(predicted.get(`stopped.${RESULT}`)) },
  ];
  return all.filter(({ guessed }) => guessed !== "");
}

/**
 * The word of a register: a number in any base, flags, or a system call as SYS_name.
 *
 * @throws InputError for another text, and for a number of more than 64 bits
 */
export function parseWord(text: string): bigint {
  const { constants } = encoder;
  const word = text.startsWith("SYS_")
    ? parseSyscall(text.slice("SYS_".length), constants)
    : parseFlags(text, constants);
  if (word >= -(2n ** 63n) && word < 2n ** 64n) return BigInt.asUintN(64, word);
  throw new InputError(`${text} has more than 64 bits`);
}
