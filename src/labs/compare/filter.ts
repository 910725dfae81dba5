import { DATA_SIZE, FILTER_INSTRUCTION } from "../../core/stub/filter.ts";
import type { Random } from "../../lib/cases/random.ts";
import { drawWord, type Halves, setWord } from "../../lib/cases/words.ts";
import { Filter } from "./interpreter.ts";
import { ANSWER, type RecordLayout } from "./record.ts";

type Constants = ReadonlyMap<string, bigint>;

/**
 * Additional words of a record of encodeSeccomp: the struct seccomp_data that its program is run on, and the action.
 * `call` holds the number in its low half and the architecture in its high half.
 */
export const FILTER_FIELDS: readonly string[] = [
  ...["call", "instruction_pointer", "arg0", "arg1", "arg2", "arg3", "arg4", "arg5", ANSWER],
];

/** Stands for the action of an invalid program; no action of the kernel has this value. */
export const NO_PROGRAM = 0xdead_dead_dead_deadn;

/** Calls that a filter allows with any arguments, and all of which it allows some. */
const FREE = "mmap munmap mprotect getpid getppid wait4 exit restart_syscall".split(" ");
const CALLS = [...FREE, "clone", "kill", "execveat", "prctl"];

/** Arguments that it asks for. */
const WANTED = "STUB_THREAD_FLAGS SIGSTOP AT_EMPTY_PATH PR_SET_PDEATHSIG SIGKILL".split(" ");

/**
 * The rules of the filter of guests' stubs: calls that it allows, with the arguments that they must have
 * (docs/encoder-abi.md).
 */
export function rulesOf(value: (name: string) => bigint, exitSignal: bigint) {
  const rule = (name: string, ...args: (bigint | undefined)[]) => {
    return { number: value(`SYS_${name}`), args };
  };
  return [
    ...FREE.map((name) => rule(name)),
    rule("clone", value("STUB_THREAD_FLAGS")),
    rule("clone", value("CLONE_FILES") | exitSignal),
    rule("kill", undefined, value("SIGSTOP")),
    rule("execveat", undefined, undefined, undefined, undefined, value("AT_EMPTY_PATH")),
    rule("prctl", value("PR_SET_PDEATHSIG"), value("SIGKILL")),
  ];
}

/** In the numbers of x32. */
const X32 = 0x4000_0000;
/** How many numbers of calls are all tried. */
export const NUMBERS = 1024;
const I386 = 0x4000_0003;
/** The upper half of every address in the vsyscall page. */
export const VSYSCALL_HALF = 0xffff_ffff;
const EXIT_SIGNAL = 17;

/** A call that a filter is asked about; what is not given stays as it was drawn. */
interface Question {
  readonly number: number;
  readonly arch: number;
  /** The upper half of the instruction pointer. */
  readonly high?: number;
  readonly args?: readonly (bigint | undefined)[];
}

/**
 * The inputs of encodeSeccomp: a parameter, and a call to run the program on. Drawn ones are mostly such that a rule could
 * allow them. Enumerated ones are what a filter may allow too much: arguments and numbers that are off by a bit, other
 * architectures, addresses near the vsyscall page; then all small numbers, each with the bit of x32, and -1.
 */
export function filterInputs(layout: RecordLayout, constants: Constants) {
  const value = (name: string) => Number(constants.get(name) ?? 0n);
  const place = (name: string) => layout.field(name).at;
  const arch = value("AUDIT_ARCH_X86_64") || value("AUDIT_ARCH_AARCH64");
  const questions = [...questionsOf(value, arch)];
  const [call, pointer] = [place("call"), place("instruction_pointer")];
  const args = Array.from({ length: 6 }, (_, i) => place(`arg${i}`));
  return {
    draw(random: Random, to: Halves, start: number): void {
      const exitSignal = random.chance(3, 4) ? random.pick([0, 9, 17]) : random.below(256);
      setWord(to, start + place("exitSignal"), exitSignal, 0);
      const known = value(`SYS_${CALLS[random.below(CALLS.length)]}`);
      const number = random.chance(7, 8) ? known : random.next();
      setWord(to, start + call, number, random.chance(7, 8) ? arch : random.next());
      drawWord(random, to, start + pointer);
      if (random.chance(1, 8)) to[2 * (start + pointer) + 1] = VSYSCALL_HALF;
      const wanted = [value("CLONE_FILES") | exitSignal, ...WANTED.map(value)] as const;
      for (const at of args) {
        if (random.chance(1, 6)) drawWord(random, to, start + at);
        else {
          const low = random.pick(wanted);
          setWord(to, start + at, low, random.chance(1, 8) ? 1 << random.below(32) : 0);
        }
      }
      // Two matching arguments are too rare by chance.
      const both = random.chance(1, 2) ? args.slice(0, 2) : [];
      for (const at of both) setWord(to, start + at, random.pick(wanted), 0);
    },
    enumeration: {
      count: questions.length,
      first: questions.length,
      write(index: number, to: Halves, start: number): void {
        const question = questions[index] ?? { number: 0, arch };
        setWord(to, start + place("exitSignal"), EXIT_SIGNAL, 0);
        setWord(to, start + call, question.number >>> 0, question.arch >>> 0);
        to[2 * (start + pointer) + 1] = (question.high ?? 0) >>> 0;
        for (const [i, word] of (question.args ?? []).entries()) {
          if (word === undefined) continue;
          setWord(to, start + (args[i] ?? 0), Number(word & 0xffff_ffffn), Number(word >> 32n));
        }
      },
    },
  };
}

const BITS = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit));
const HALF_BITS = Array.from({ length: 32 }, (_, bit) => 1 << bit);

function* questionsOf(value: (name: string) => number, arch: number): Generator<Question> {
  const rules = rulesOf((name) => BigInt(value(name)), BigInt(EXIT_SIGNAL));
  for (const { number: call, args } of rules) {
    const number = Number(call);
    yield { number, arch, args };
    for (const bit of HALF_BITS) yield { number: number ^ bit, arch, args };
    yield { number, arch: I386, args };
    for (const [i, word = 0n] of args.entries()) {
      if (args[i] === undefined) continue;
      for (const other of [...BITS.map((bit) => word ^ bit), word + 1n, word - 1n, 0n]) {
        yield { number, arch, args: args.with(i, other) };
      }
    }
  }
  const number = value("SYS_getpid");
  for (const bit of HALF_BITS) {
    yield { number, arch: arch ^ bit };
    yield { number, arch, high: VSYSCALL_HALF ^ bit };
    yield { number, arch, high: bit };
  }
  for (const of of [arch, I386]) {
    yield { number, arch: of, high: VSYSCALL_HALF };
    yield { number: -1, arch: of, high: VSYSCALL_HALF };
  }
  yield { number: -1, arch };
  for (let small = 0; small < NUMBERS; small++) {
    yield { number: small, arch };
    yield { number: small | X32, arch };
  }
}

/**
 * Replaces the programs in records of encodeSeccomp by their actions: encoders may write different programs.
 */
export function answerFilters(layout: RecordLayout, records: BigUint64Array): void {
  const { at, words } = layout.field("at");
  for (let start = 0; start < records.length; start += layout.words) {
    const record = records.subarray(start, start + layout.words);
    const filter = programOf(layout, record);
    const call = record.byteOffset + 8 * layout.field("call").at;
    const data = new DataView(record.buffer, call, DATA_SIZE);
    record[layout.field(ANSWER).at] =
      typeof filter === "string" ? NO_PROGRAM : BigInt(filter.run(data));
    record.fill(0n, at, at + words);
    record[layout.result] = 0n;
  }
}

/** The program in a record of encodeSeccomp, or why the record does not hold one. */
export function programOf(layout: RecordLayout, record: BigUint64Array): Filter | string {
  const { at, words } = layout.field("at");
  const area = new Uint8Array(record.buffer, record.byteOffset + 8 * at, 8 * words);
  return readProgram(area, Number(BigInt.asIntN(32, record[layout.result] ?? 0n)));
}

/** Reads a program of `count` instructions from an area. Returns the program, or the reason why the area does not hold it. */
export function readProgram(area: Uint8Array, count: number): Filter | string {
  const most = area.length / FILTER_INSTRUCTION;
  if (count < 1 || count > most) return `returned ${count} instructions, expected 1 to ${most}`;
  try {
    return new Filter(area.subarray(0, count * FILTER_INSTRUCTION));
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
