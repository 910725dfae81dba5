// The results that a caller gives to the system calls of a guest.

import { InputError } from "../../lib/errors.ts";
import { didYouMean } from "../../lib/nearest.ts";
import { count, object, show, text, word } from "../../lib/shape.ts";
import type { Answer, CallArguments } from "./call.ts";

/** A system call that a guest made, before its result. */
export interface GuestCall {
  /** E.g. "write"; "syscall_NUMBER" if the encoder does not know the number. */
  readonly name: string;
  readonly number: number;
  /** The six argument registers, as unsigned 64-bit words. */
  readonly args: CallArguments;
}

/** The result that a caller gives to a system call; it has one member. */
export type GuestAnswer =
  /** The result: from -2^63 to 2^64 - 1, but not -4095 to -1, which is how the kernel returns errnos. */
  | { readonly value: number | bigint; readonly errno?: never; readonly exit?: never }
  /** The call fails with this errno, e.g. "ENOENT". */
  | { readonly errno: string; readonly value?: never; readonly exit?: never }
  /** The guest exits with this status, from 0 to 255. */
  | { readonly exit: number; readonly value?: never; readonly errno?: never };

const PLACE = "the result of onSyscall";
const EXPECTED = "expected { value }, { errno } or { exit }, or undefined";

const STATUS = count(255);
/** The kernel's MAX_ERRNO. */
const MOST_ERRNO = 4095n;
/** Errnos from here on are internal to the kernel: no program sees them (<linux/errno.h>). */
const FIRST_INTERNAL_ERRNO = 512n;

/** @throws InputError if it is neither an answer nor undefined. */
export function checkAnswer(
  answer: GuestAnswer | undefined,
  constants: ReadonlyMap<string, bigint>,
): Answer | undefined {
  if (answer === undefined) return undefined;
  if (answer instanceof Promise) {
    throw new InputError(`${PLACE}: got a promise, but onSyscall must be synchronous`);
  }
  object(answer, PLACE);
  const names = Object.keys(answer);
  if (names.length === 1) {
    if ("value" in answer) return checkValue(answer.value);
    if ("errno" in answer) return checkErrno(answer.errno, constants);
    if ("exit" in answer) return { exit: STATUS(answer.exit, `${PLACE}.exit`) };
  }
  throw new InputError(`${PLACE}: ${EXPECTED}, got the members ${show(names.join(", "))}`);
}

function checkValue(value: unknown): bigint {
  const result = word(value, `${PLACE}.value`);
  const errno = BigInt.asUintN(64, -result);
  if (errno === 0n || errno > MOST_ERRNO) return result;
  throw new InputError(`${PLACE}.value: -${errno} is how the kernel returns an errno`, {
    remedy: 'answer { errno: "ENOENT" }, for example',
  });
}

function checkErrno(value: unknown, constants: ReadonlyMap<string, bigint>): string {
  const name = text(value, `${PLACE}.errno`);
  const errnos = [...constants].filter(([, number]) => number < FIRST_INTERNAL_ERRNO);
  const known = errnos.map(([other]) => other).filter((other) => /^E[A-Z0-9]+$/.test(other));
  if (known.includes(name)) return name;
  const hint = didYouMean(name, known);
  throw new InputError(`${PLACE}.errno: unknown errno ${show(name)}${hint}`);
}
