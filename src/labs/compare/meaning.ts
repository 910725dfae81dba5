import type { FunctionName } from "../../core/encoder/abi.ts";
import { hex } from "../../lib/errors.ts";
import { constantName, errorName, flagTerms, formatClone } from "../../lib/names.ts";
import { NO_PROGRAM } from "./filter.ts";
import type { Place } from "./places.ts";

type Constants = ReadonlyMap<string, bigint>;

/** What the words of a parameter or a result mean. */
interface Kind {
  /** The names of the flags that are set in a word, if it is a set. */
  flags?(word: bigint, constants: Constants): string[];
  /** A word as text, if that is not these; `number` has the sign of its type. */
  name?(number: bigint, word: bigint, constants: Constants): string | undefined;
}

/** Numbers that constants name. */
function named(pattern: string): Kind {
  return { name: (number, _, constants) => constantName(number, pattern, constants) };
}

function flags(pattern: RegExp): Kind {
  return { flags: (word, constants) => flagTerms(word, pattern, constants) };
}

const SIGNAL = "SIG(?!INFO_)";
const clone3 = flags(/^CLONE_/);
const clone: Kind = {
  ...clone3,
  name: (_, word, constants) => formatClone(word & ~0xffn, Number(word & 0xffn), constants),
};
/** More signals than this are a number: most of them are real-time signals, without names. */
const MOST_SIGNALS = 8;
const signals: Kind = {
  flags: (word, constants) =>
    Array.from({ length: 64 }, (_, bit) => bit + 1)
      .filter((number) => ((word >> BigInt(number - 1)) & 1n) === 1n)
      .map((number) => constantName(BigInt(number), SIGNAL, constants) ?? `signal ${number}`),
  name: (_, word, constants) => {
    const names = signals.flags?.(word, constants) ?? [];
    return names.length > MOST_SIGNALS ? `${names.length} signals` : names.join("|");
  },
};
const errno: Kind = {
  name: (number, _, constants) => (number > 0n ? errorName(Number(number), constants) : undefined),
};
const action: Kind = {
  name: (_, word, constants) =>
    word === NO_PROGRAM ? "no program" : constantName(word, "SECCOMP_RET_", constants),
};
const decimal: Kind = {
  name: (number) => (number < 0n || number > 9n ? `${number}` : undefined),
};

/** Kinds, and the names of the parameters, or the functions whose results they are. */
const NAMED_KINDS: readonly (readonly [Kind, names: string])[] = [
  [clone, "flags word encodeClone cloneFlags"],
  [clone3, "at.flags"],
  [named(SIGNAL), "cloneExitSignal exitSignal exit_signal at.exit_signal signal at.si_signo"],
  [flags(/^_?_?W(?!AIT_)/), "options encodeWaitOptions"],
  [signals, "set signalSet blockableSignals"],
  [errno, "syscallErrno errno"],
  [named("WAIT_"), "waitKind"],
  [named("PTRACE_EVENT_"), "waitEvent"],
  [named("SIGINFO_[A-Z]+$"), "siginfoForm encodeSiginfo"],
  [action, "action"],
  [decimal, "code parent waitValue encodeClone3 result original"],
];
const KINDS = new Map(
  NAMED_KINDS.flatMap(([kind, names]) => names.split(" ").map((name) => [name, kind] as const)),
);

/** Functions of which a refusal is one of the results. */
const REFUSING: ReadonlySet<string> = new Set<FunctionName>([
  "encodeClone",
  "encodeClone3",
  "encodeWaitOptions",
  "waitKind",
]);

/**
 * A word as a person who knows the kernel would write it: hexadecimal, with the names of its flags, its errno or its
 * signal.
 */
export function tell(
  { name: place, bytes }: Pick<Place, "name" | "bytes">,
  word: bigint,
  constants: Constants,
): string {
  const number = BigInt.asIntN(8 * bytes, word);
  if (REFUSING.has(place) && number === -22n) return `${hex(word)} (-EINVAL)`;
  const kind = KINDS.get(place);
  const name =
    kind?.name === undefined
      ? flagNames(place, word, constants).join("|")
      : kind.name(number, word, constants);
  return name === undefined || name === "" ? hex(word) : `${hex(word)} (${name})`;
}

/** The names of the flags that are set in a word; empty if the place has none. */
export function flagNames(place: string, word: bigint, constants: Constants): string[] {
  return KINDS.get(place)?.flags?.(word, constants) ?? [];
}
