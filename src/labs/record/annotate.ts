// What the words in registers mean at a step: pids, flags, errnos, addresses in the code.

import { errorName, syscallName } from "../../lib/names.ts";
import { type RecordArch, tellFlags } from "./arch.ts";
import { tellCall } from "./calls.ts";
import { changeOf, type Moment, type Moments, type RegisterRow } from "./moment.ts";
import { type KernelField, kernelRows } from "./proc.ts";
import type { Call, KernelView } from "./recording.ts";

/** A register with what its word means; null if that is only a number. */
export interface MeaningRow extends RegisterRow {
  readonly meaning: string | null;
  /** Whether it is an operand of the instruction. */
  readonly used: boolean;
}

/** A field of /proc. */
export type KernelRow = RegisterRow & { readonly name: KernelField };

/** Below this, a number is not taken for a pid unless it is where a pid belongs. */
export const LEAST_PID = 256;

const NO_CALL = -1n;

/** Tells what words mean. */
export class Annotator {
  readonly #moments: Moments;
  readonly #arch: RecordArch;
  readonly #constants: ReadonlyMap<string, bigint>;

  constructor(moments: Moments, constants: ReadonlyMap<string, bigint>) {
    this.#moments = moments;
    this.#arch = moments.arch;
    this.#constants = constants;
  }

  /** "1510 host" for the pid of a lane; undefined for another number. */
  pid(pid: number): string | undefined {
    const lane = this.#moments.lanesByPid.get(pid);
    return lane === undefined ? undefined : `${pid} ${lane.id}`;
  }

  /** What /proc said of a lane last, with the lanes that its pids belong to; empty if it was not asked. */
  kernelRows(id: string, index: number, since = index): readonly KernelRow[] {
    const { kernel } = this.#moments.lane(id, index);
    if (kernel === null) return [];
    const reports = this.#moments.reports(id, "kernel", index, since);
    return this.#kernelTerms(kernel.value).map(([name, after]) =>
      changeOf(name, after, reports, (view) => new Map(this.#kernelTerms(view)).get(name)),
    );
  }

  #kernelTerms(view: KernelView): (readonly [term: KernelField, value: string])[] {
    return kernelRows(view, this.#constants).map(([term, value]) => [
      term,
      this.pid(Number(value)) ?? value,
    ]);
  }

  /** The registers of a moment, each in the same place at every step: those that matter most first, segments last. */
  registers(moment: Moment): readonly MeaningRow[] {
    const operands = this.operands(moment);
    const call = this.#callAt(moment);
    const { FIRST_REGISTERS, SEGMENTS } = this.#arch;
    const rows = moment.registers.map((row) => ({
      ...row,
      meaning: this.#meaning(row, moment, call),
      used: operands.includes(row.name),
    }));
    const first = FIRST_REGISTERS.flatMap((name) => rows.filter((row) => row.name === name));
    const isSegment = ({ name }: RegisterRow) => SEGMENTS.includes(name);
    const rest = rows.filter((row) => !first.includes(row));
    return [...first, ...rest.toSorted((a, b) => Number(isSegment(a)) - Number(isSegment(b)))];
  }

  /** The registers that changed. */
  changes(moment: Moment): readonly MeaningRow[] {
    // The registers of a moment may be those of another lane than its step is about.
    if (moment.step?.about !== moment.subject) return [];
    return this.registers(moment).filter(({ changed }) => changed);
  }

  /** The operands of the instruction that the step executed, or of the one that comes next. */
  operands(moment: Moment): readonly string[] {
    const { place } = moment;
    const text = place?.code.lines[place.executed ?? place.next ?? -1]?.text;
    return text === undefined
      ? []
      : this.#arch.operandsOf(text, this.#callAt(moment)?.arguments.length);
  }

  /** The system call that the thread has made with this step, or makes with its next instruction. */
  #callAt({ step, place, registers, subject }: Moment): Call | undefined {
    if (step?.kind === "syscall" && step.lane === subject && step.call !== null) return step.call;
    const { ARGUMENTS, NUMBER, SYSTEM_CALL } = this.#arch;
    if (place?.next == null || place.code.lines[place.next]?.text !== SYSTEM_CALL) return undefined;
    const words = new Map(registers.map(({ name, after }) => [name, BigInt(after)]));
    const [number = 0n, ...passed] = [NUMBER, ...ARGUMENTS].map((name) => words.get(name) ?? 0n);
    return tellCall(number, passed, { constants: this.#constants, read: () => undefined });
  }

  #meaning(
    { name, after }: RegisterRow,
    { place, step }: Moment,
    call: Call | undefined,
  ): string | null {
    const { ARGUMENTS, FLAGS, INSTRUCTION_POINTER, NUMBER, ORIGINAL, RESULT } = this.#arch;
    const word = BigInt(after);
    const signed = BigInt.asIntN(64, word);
    if (name === FLAGS) return tellFlags(this.#arch, word);
    if (name === ORIGINAL) return signed === NO_CALL ? "no call" : this.#callName(word);
    const pid = this.#pidOf(name, word);
    if (pid !== undefined) return pid;
    const isMade = call !== undefined && step?.call === call;
    const isResult = isMade && name === RESULT;
    const told = isResult ? undefined : call?.arguments[ARGUMENTS.indexOf(name)];
    if (told !== undefined && told.word === after) return named(told.told, after);
    if (signed < 0n && signed >= -4095n) return `-${errorName(Number(-signed), this.#constants)}`;
    if (name === NUMBER && call !== undefined && !isResult) return this.#callName(word);
    return name === INSTRUCTION_POINTER && place === null ? null : this.#address(word);
  }

  #callName(number: bigint): string | null {
    return syscallName(number, this.#constants) ?? null;
  }

  #pidOf(register: string, word: bigint): string | undefined {
    return register === this.#arch.PARENT || word >= LEAST_PID ? this.pid(Number(word)) : undefined;
  }

  /** An address in the code: "stub code + 0x47". */
  #address(word: bigint): string | null {
    for (const { name, base, lines } of this.#moments.recording.code) {
      const last = lines.at(-1);
      const offset = word - BigInt(base);
      if (last !== undefined && offset >= 0n && offset <= last.offset) {
        return offset === 0n ? name : `${name} + 0x${offset.toString(16)}`;
      }
    }
    return null;
  }
}

/** What an argument is called, unless that is only its number. */
function named(told: string, word: string): string | null {
  return told === word || /^-?\d+$/.test(told) ? null : told;
}
