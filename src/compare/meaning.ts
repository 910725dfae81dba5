import type { FunctionName } from "../encoder/abi.ts";
import { constantName, errorName, flagTerms, formatClone } from "../encoder/names.ts";
import { hex } from "../errors.ts";
import { NO_PROGRAM } from "./filter.ts";
import type { Place } from "./places.ts";

type Constants = ReadonlyMap<string, bigint>;

/** What the words of a parameter or a result are. */
type Kind =
  | "clone"
  | "clone3"
  | "wait"
  | "signals"
  | "signal"
  | "errno"
  | "kind"
  | "event"
  | "form"
  | "action"
  | "number"
  | "signed"
  | "word";

/** By the name of a parameter, or of the function whose result it is. */
const KINDS: Readonly<Record<string, Kind>> = {
  flags: "clone",
  word: "clone",
  encodeClone: "clone",
  cloneFlags: "clone",
  "at.flags": "clone3",
  cloneExitSignal: "signal",
  exitSignal: "signal",
  exit_signal: "signal",
  "at.exit_signal": "signal",
  signal: "signal",
  "at.si_signo": "signal",
  options: "wait",
  encodeWaitOptions: "wait",
  set: "signals",
  signalSet: "signals",
  blockableSignals: "signals",
  syscallErrno: "errno",
  errno: "errno",
  waitKind: "kind",
  waitEvent: "event",
  siginfoForm: "form",
  encodeSiginfo: "form",
  action: "action",
  code: "number",
  parent: "number",
  waitValue: "number",
  encodeClone3: "number",
  result: "signed",
  original: "signed",
};

/** Where a refusal is one of the answers. */
const REFUSING: ReadonlySet<string> = new Set<FunctionName>([
  "encodeClone",
  "encodeClone3",
  "encodeWaitOptions",
  "waitKind",
]);

/**
 * A word as a person who knows the kernel would write it: hexadecimal, and what its flags, its errno or its
 * signal are called.
 */
export function tell(
  place: Pick<Place, "name" | "bytes">,
  word: bigint,
  constants: Constants,
): string {
  const name = meaningOf(place, word, constants);
  return name === undefined ? hex(word) : `${hex(word)} (${name})`;
}

function meaningOf(
  { name: place, bytes }: Pick<Place, "name" | "bytes">,
  word: bigint,
  constants: Constants,
): string | undefined {
  const number = BigInt.asIntN(8 * bytes, word);
  if (REFUSING.has(place) && number === -22n) return "-EINVAL";
  switch (KINDS[place] ?? "word") {
    case "clone":
      return formatClone(word & ~0xffn, Number(word & 0xffn), constants);
    case "clone3":
      return flagTerms(word, /^CLONE_/, constants).join("|") || undefined;
    case "signal":
      return constantName(number, "SIG(?!INFO_)", constants);
    case "errno":
      return number > 0n ? errorName(Number(number), constants) : undefined;
    case "kind":
      return constantName(number, "WAIT_", constants);
    case "event":
      return constantName(number, "PTRACE_EVENT_", constants);
    case "form":
      return constantName(number, "SIGINFO_[A-Z]+$", constants);
    case "action":
      return word === NO_PROGRAM ? "no program" : constantName(word, "SECCOMP_RET_", constants);
    case "number":
    case "signed":
      return number < 0n || number > 9n ? `${number}` : undefined;
    default:
      return flagNames(place, word, constants).join("|") || undefined;
  }
}

/** The names of the flags that are set in a word; empty where the place has none. */
export function flagNames(place: string, word: bigint, constants: Constants): string[] {
  switch (KINDS[place]) {
    case "clone":
    case "clone3":
      return flagTerms(word, /^CLONE_/, constants);
    case "wait":
      return flagTerms(word, /^_?_?W(?!AIT_)/, constants);
    case "signals":
      return Array.from({ length: 64 }, (_, bit) => bit)
        .filter((bit) => ((word >> BigInt(bit)) & 1n) === 1n)
        .map(
          (bit) => constantName(BigInt(bit + 1), "SIG(?!INFO_)", constants) ?? `signal ${bit + 1}`,
        );
    default:
      return [];
  }
}
