import {
  CALL,
  DEBUG_REGISTERS,
  END_OF_DEBUG_REGISTERS,
  FIRST_DEBUG_REGISTER,
  FRAME_REGISTERS,
  HANDLER_STOP,
  PC,
  placeOf,
  REGISTERS,
  type Way,
} from "./arch.ts";
import type { Batch } from "./batch.ts";
import type { Step } from "./case.ts";
import { isHandled } from "./pieces.ts";
import { OUTCOME, OUTCOME_SIZE } from "./records.ts";

/**
 * An outcome by its fields: "error", "refusedAt", "written.rax", "resumed", "status", "signal", "code", "address",
 * "stopped.rip", "frame.cr2". What was not reached, or says nothing, is left out: all, if the case was not tried.
 * Signal 0: there is no siginfo.
 */
export type Fields = ReadonlyMap<string, bigint>;

/** An outcome, as halves and as words. */
export interface Outcome {
  readonly halves: Uint32Array;
  readonly words: BigUint64Array;
}

/** Which fields of an outcome are known: bits of KNOWS, and of words sets that `has` reads. */
export interface Known {
  readonly fields: number;
  readonly written: number;
  readonly stopped: number;
  readonly frame: number;
}

/** assembly/model/prediction.ts */
export const KNOWS = { ERROR: 1, STATUS: 2, INFO: 4, ADDRESS: 8 } as const;

const ALL: Known = { fields: -1, written: -1, stopped: -1, frame: -1 };

const STOPPED = REGISTERS.map((name) => `stopped.${name}`);
const FRAME = FRAME_REGISTERS.map((name) => `frame.${name}`);

/** The fields of an outcome of `it`, or those of a predicted outcome that are known. */
export function fieldsOf(it: Step, { halves, words }: Outcome, known = ALL): Fields {
  const fields = new Map<string, bigint>();
  if (halves[OUTCOME.obstacle] !== 0) return fields;
  const half = (name: Half) => BigInt((halves[OUTCOME[name]] ?? 0) | 0);
  const add = (bit: number, ...names: Half[]) => {
    if ((known.fields & bit) !== 0) for (const name of names) fields.set(name, half(name));
  };
  const addWords = (from: number, set: number, names: readonly string[]) => {
    for (const [k, name] of names.entries()) {
      if (has(set, k)) fields.set(name, words[from / 2 + k] ?? 0n);
    }
  };
  add(KNOWS.ERROR, "error");
  if (it.way === "POKEUSER") add(KNOWS.ERROR, "refusedAt");
  addWords(OUTCOME.written, known.written, writtenNames(it));
  if (half("resumed") === -1n) return fields;
  add(KNOWS.STATUS, "resumed");
  if (half("resumed") !== 0n) return fields;
  add(KNOWS.STATUS, "status");
  if ((half("status") & 0xffn) !== 0x7fn) return fields;
  // A stub that looks itself does not find orig_rax in its frame.
  const shown = it.way === "SIGRETURN" ? ~(1 << CALL) : -1;
  addWords(OUTCOME.stopped, known.stopped & shown, STOPPED);
  add(KNOWS.INFO, "signal");
  if (half("signal") === 0n) return fields;
  add(KNOWS.INFO, "code");
  if ((known.fields & KNOWS.ADDRESS) !== 0 && hasAddress(half("code"))) {
    fields.set("address", words[OUTCOME.address / 2] ?? 0n);
  }
  // Anywhere else than in the handler there is something else on the stack.
  const at = words[OUTCOME.stopped / 2 + PC] ?? 0n;
  if (isHandled(it.signal) && (at === HANDLER || at === HANDLER + HANDLER_STOP)) {
    addWords(OUTCOME.frame, known.frame, FRAME);
  }
  return fields;
}

/** Whether word k is in a set: bit k stands for it, and the last bit for word 31 and all after it. */
const has = (set: number, k: number): boolean => ((set >> Math.min(k, 31)) & 1) === 1;

export const HALF = ["error", "refusedAt", "resumed", "status", "signal", "code"] as const;
export type Half = (typeof HALF)[number];

const isHalf = (field: string): field is Half => HALF.some((half) => half === field);

/** The word of a field in a log, as fields have it: those of 32 bits have a sign. */
export const signed = (field: string, word: bigint): bigint =>
  isHalf(field) ? BigInt.asIntN(32, word) : word;

/** Outcome `i` of a batch. */
function outcomeOf({ outcomes, outcomeWords }: Batch, i: number): Outcome {
  const at = i * OUTCOME_SIZE;
  const end = at + OUTCOME_SIZE;
  return {
    halves: outcomes.subarray(at / 4, end / 4),
    words: outcomeWords.subarray(at / 8, end / 8),
  };
}

/** The fields of outcome `i` of a batch, which is that of `it`. */
export function readFields(it: Step, batch: Batch, i: number): Fields {
  return fieldsOf(it, outcomeOf(batch, i));
}

/** Writes outcome `i` of a batch, which is that of `it`: fields that are missing are as if they were not reached. */
export function writeFields(it: Step, fields: Fields, batch: Batch, i: number): void {
  const { halves, words } = outcomeOf(batch, i);
  halves.fill(0);
  for (const name of ["refusedAt", "resumed"] as const) halves[OUTCOME[name]] = -1;
  for (const [field, word] of fields) {
    const { offset, half } = placeOfField(it, field);
    if (half) halves[offset / 4] = Number(word);
    else words[offset / 8] = word;
  }
}

/** Where a field lies in the record of an outcome: its offset in bytes, and whether it is a half. */
interface Place {
  readonly offset: number;
  readonly half: boolean;
}

/** The parts of an outcome that are words, in the order of events. */
export const PARTS = ["written", "stopped", "frame"] as const;
export type Part = (typeof PARTS)[number];

/** The fields that a part of the outcomes of `it` can have, in the order of their words. */
export function namesOfPart(it: Pick<Step, "way" | "pairs">, part: Part): readonly string[] {
  return part === "written" ? writtenNames(it) : part === "stopped" ? STOPPED : FRAME;
}

/** Where a field of the outcomes of `it` lies. */
export function placeOfField(it: Step, field: string): Place {
  if (isHalf(field)) return { offset: 4 * OUTCOME[field], half: true };
  if (field === "address") return { offset: 4 * OUTCOME.address, half: false };
  for (const part of PARTS) {
    const k = namesOfPart(it, part).indexOf(field);
    if (k >= 0) return { offset: 4 * OUTCOME[part] + 8 * k, half: false };
  }
  throw new RangeError(`an outcome has no field ${field}`);
}

/** The ways of which a word is read back for each pair. */
export const BY_PAIRS: ReadonlySet<Way> = new Set(["SETFPREGS", "XSTATE", "SIGRETURN", "PRFPREG"]);

/** Whether a case pokes debug registers, which are read back then. */
function pokesDebugRegisters({ way, pairs }: Pick<Step, "way" | "pairs">): boolean {
  return (
    way === "POKEUSER" &&
    pairs.some(
      ({ offset }) =>
        offset % 8n === 0n && offset >= FIRST_DEBUG_REGISTER && offset < END_OF_DEBUG_REGISTERS,
    )
  );
}

/** What is read back after a write: all registers, or what the way wrote. */
export function writtenNames(it: Pick<Step, "way" | "pairs">): string[] {
  const { way, pairs } = it;
  if (way === "SIGMASK") return ["written.mask"];
  if (way === "DISPATCH") return DISPATCH_CONFIG.map((name) => `written.${name}`);
  if (BY_PAIRS.has(way)) return pairs.map((_, i) => `written.${i}`);
  const registers = pokesDebugRegisters(it) ? [...REGISTERS, ...DEBUG_REGISTERS] : REGISTERS;
  return registers.map((name) => `written.${name}`);
}

/** The members of struct ptrace_sud_config. */
export const DISPATCH_CONFIG = ["mode", "selector", "offset", "len"] as const;

/** Codes of the kernel have it; those of other processes, and stops of system calls, have a pid there. */
function hasAddress(code: bigint): boolean {
  return code > 0n && code !== SYSCALL_STOP;
}

/** SIGTRAP with the bit of PTRACE_O_TRACESYSGOOD. */
const SYSCALL_STOP = 0x85n;

const HANDLER = placeOf("handler");
