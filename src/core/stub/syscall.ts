import { InputError } from "../../lib/errors.ts";
import { toWord, word } from "../../lib/shape.ts";
import type { Lane } from "./lane.ts";

/** The result of an injected system call: a value, or the name of an errno; and the lane that executed it. */
export type SyscallResult =
  | { readonly value: bigint; readonly errno: null; readonly lane: Lane }
  | { readonly value: null; readonly errno: string; readonly lane: Lane };

/** An argument of an injected system call: an integer from -2^63 to 2^64 - 1; a negative one is taken modulo 2^64. */
export type SyscallArgument = number | bigint;

type SixWords = [bigint, bigint, bigint, bigint, bigint, bigint];

/** Six arguments as words. @throws InputError */
export function wordsOf(args: readonly SyscallArgument[]): SixWords {
  expectSix(args);
  return [
    wordOf(args, 0),
    wordOf(args, 1),
    wordOf(args, 2),
    wordOf(args, 3),
    wordOf(args, 4),
    wordOf(args, 5),
  ];
}

/** @throws InputError if there are more than six arguments. */
export function expectSix(args: readonly unknown[]): void {
  if (args.length <= 6) return;
  throw new InputError(`a system call takes at most 6 arguments, got ${args.length}`);
}

/** An omitted argument is 0, but undefined is an error: it must not become descriptor 0. @throws InputError */
export function wordOf(args: readonly SyscallArgument[], index: number): bigint {
  if (index >= args.length) return 0n;
  return toWord(args[index]) ?? word(args[index], `argument ${index + 1}`);
}
