import { WordTable } from "../../cases/words.ts";
import {
  type Batch,
  FROMS,
  indexOf,
  ONS,
  OUTCOME,
  outcomeAt,
  REGISTERS,
  SETUP,
  SETUP_SIZE,
  setupAt,
  WANT_INFO,
  WAYS,
  wordAt,
} from "../setups.ts";
import { KEPT } from "./kept.ts";
import { SIGRETURN_RULES, type SigreturnRuleId } from "./rules.ts";

const HALVES = SETUP_SIZE / 4;
const KINDS =
  FROMS.indexOf("signal") |
  (WAYS.indexOf("SETREGS") << 8) |
  (ONS.indexOf("CONT") << 16) |
  (WANT_INFO << 24);

const CS = indexOf("cs");
const SS = indexOf("ss");
const EFLAGS = indexOf("eflags");
const ORIG_RAX = indexOf("orig_rax");
const KEPT_REGISTERS = Object.keys(KEPT).map(indexOf);
const kept = new WordTable(Object.values(KEPT));

/** Alters the values of rules, for whoever wants to see that it is noticed. */
export type ChangedRules = Partial<
  Readonly<Record<SigreturnRuleId, Readonly<Record<string, bigint>>>>
>;

/**
 * The rules at work: what ptrace would have to write for a stub to be where rt_sigreturn leads it. Two paths that the
 * kernel has to the same registers are compared so without a model of what comes then.
 */
export class Equivalent {
  readonly #selector: number;
  readonly #level: number;
  readonly #user64: number;
  readonly #strict: number;
  readonly #ss: number;
  readonly #flags: number;
  readonly #handlerFlags: number;
  readonly #origRax: WordTable;

  constructor(change: ChangedRules = {}) {
    const value = (rule: SigreturnRuleId, name: string): bigint =>
      change[rule]?.[name] ?? valuesOf(rule)[name] ?? 0n;
    this.#selector = Number(value("S2", "mask"));
    this.#level = Number(value("S2", "level"));
    this.#user64 = Number(value("S3", "cs"));
    this.#strict = Number(value("S3", "strict"));
    this.#ss = Number(value("S3", "ss"));
    this.#flags = Number(value("S4", "mask"));
    this.#handlerFlags = Number(value("S4", "handler"));
    this.#origRax = new WordTable([value("S5", "orig_rax")]);
  }

  /** Writes the equivalent of setup `i` of a batch, which is of the way SIGRETURN, as setup `j` of another. */
  write({ setups }: Pick<Batch, "setups">, i: number, to: Pick<Batch, "setups">, j: number): void {
    const [from, at] = [setupAt(i), setupAt(j)];
    const out = to.setups;
    out.fill(0, at, at + SETUP.words);
    out[at + SETUP.kinds] = KINDS;
    for (let k = SETUP.words; k < HALVES; k++) out[at + k] = setups[from + k] ?? 0;
    const words = wordAt(j);
    const [cs, ss] = this.#selectors(setups, from);
    putLow(out, words + CS, cs);
    putLow(out, words + SS, ss);
    const flags = setups[from + SETUP.words + 2 * EFLAGS] ?? 0;
    putLow(
      out,
      words + EFLAGS,
      ((flags & this.#flags) | (this.#handlerFlags & ~this.#flags)) >>> 0,
    );
    this.#origRax.copy(0, out, words + ORIG_RAX);
    for (let k = 0; k < KEPT_REGISTERS.length; k++) {
      kept.copy(k, out, words + (KEPT_REGISTERS[k] ?? 0));
    }
  }

  #selectors(setups: Uint32Array, from: number): [number, number] {
    const cs = ((setups[from + SETUP.words + 2 * CS] ?? 0) & this.#selector) | this.#level;
    const ss = ((setups[from + SETUP.words + 2 * SS] ?? 0) & this.#selector) | this.#level;
    const strict = ((setups[from + SETUP.ucFlags] ?? 0) & this.#strict) !== 0;
    return [cs, cs === this.#user64 && !strict ? this.#ss : ss];
  }
}

function valuesOf(rule: SigreturnRuleId): Readonly<Record<string, bigint>> {
  return SIGRETURN_RULES[rule].values;
}

function putLow(halves: Uint32Array, word: number, low: number): void {
  halves[2 * word] = low;
  halves[2 * word + 1] = 0;
}

/** Halves of an outcome that both paths show: no orig_rax, which is in no frame. */
const SHOWN = [
  ...[OUTCOME.status, OUTCOME.signal, OUTCOME.code, OUTCOME.address, OUTCOME.address + 1],
  ...REGISTERS.flatMap((_, k) =>
    k === ORIG_RAX ? [] : [OUTCOME.stopped + 2 * k, OUTCOME.stopped + 2 * k + 1],
  ),
];

/**
 * Whether outcome `i` is in all that both paths show the same in two batches.
 *
 * @param pids of the stubs, in the order of the batches: each sees its own in the answer of a getpid
 */
export function sameOutcome(
  a: Batch,
  b: Batch,
  i: number,
  pids: readonly [number, number],
): boolean {
  const at = outcomeAt(i);
  for (const half of SHOWN) {
    const [first, second] = [a.outcomes[at + half], b.outcomes[at + half]];
    if (first === second) continue;
    if (half < OUTCOME.stopped || first !== pids[0] || second !== pids[1]) return false;
  }
  return true;
}
