import { Filter } from "../bpf/interpreter.ts";
import { DATA_SIZE, FILTER_INSTRUCTION } from "../bpf/program.ts";
import type { Random } from "../cases/random.ts";
import { drawWord, type Halves, setWord } from "../cases/words.ts";
import { ANSWER, type RecordLayout } from "./record.ts";

type Constants = ReadonlyMap<string, bigint>;

/**
 * Additional words of a record of encodeSeccomp: the struct seccomp_data that its program is run on, and the action.
 * `call` holds the number in its low half and the architecture in its high half.
 */
export const FILTER_FIELDS: readonly string[] = [
  "call",
  "instruction_pointer",
  "arg0",
  "arg1",
  "arg2",
  "arg3",
  "arg4",
  "arg5",
  ANSWER,
];

/** Stands for the action of an invalid program; no action of the kernel has this value. */
export const NO_PROGRAM = 0xdead_dead_dead_deadn;

/** The calls in the filter. */
const CALLS =
  "mmap munmap mprotect getpid getppid wait4 exit restart_syscall clone kill execveat prctl".split(
    " ",
  );

/** Writes the parameter of a filter, and a call to run it on: mostly one that a rule could allow. */
export function drawFilterQuestion(
  random: Random,
  layout: RecordLayout,
  constants: Constants,
  to: Halves,
  start: number,
): void {
  const value = (name: string) => Number(constants.get(name) ?? 0n);
  const place = (name: string) => start + layout.field(name).at;
  const exitSignal = random.chance(3, 4) ? random.pick([0, 9, 17]) : random.below(256);
  setWord(to, place("exitSignal"), exitSignal, 0);
  const arch = value("AUDIT_ARCH_X86_64") || value("AUDIT_ARCH_AARCH64");
  const known = value(`SYS_${CALLS[random.below(CALLS.length)]}`);
  const number = random.chance(7, 8) ? known : random.next();
  setWord(to, place("call"), number, random.chance(7, 8) ? arch : random.next());
  drawWord(random, to, place("instruction_pointer"));
  if (random.chance(1, 8)) to[2 * place("instruction_pointer") + 1] = 0xffff_ffff;
  const wanted: readonly [number, ...number[]] = [
    value("CLONE_FILES") | exitSignal,
    value("STUB_THREAD_FLAGS"),
    value("SIGSTOP"),
    value("AT_EMPTY_PATH"),
    value("PR_SET_PDEATHSIG"),
    value("SIGKILL"),
  ];
  for (let i = 0; i < 6; i++) {
    const at = place(`arg${i}`);
    if (random.chance(1, 6)) drawWord(random, to, at);
    else setWord(to, at, random.pick(wanted), random.chance(1, 8) ? 1 << random.below(32) : 0);
  }
  // Two matching arguments are too rare by chance.
  if (random.chance(1, 2)) {
    setWord(to, place("arg0"), random.pick(wanted), 0);
    setWord(to, place("arg1"), random.pick(wanted), 0);
  }
}

/**
 * Replaces the programs in records of encodeSeccomp by their actions: encoders may write different programs.
 */
export function answerFilters(layout: RecordLayout, records: BigUint64Array): void {
  const area = layout.field("at");
  for (let start = 0; start < records.length; start += layout.words) {
    const bytes = new Uint8Array(
      records.buffer,
      records.byteOffset + 8 * (start + area.at),
      8 * area.words,
    );
    const data = new DataView(
      records.buffer,
      records.byteOffset + 8 * (start + layout.field("call").at),
      DATA_SIZE,
    );
    const count = Number(BigInt.asIntN(32, records[start + layout.result] ?? 0n));
    records[start + layout.field(ANSWER).at] = answer(bytes, count, data);
    bytes.fill(0);
    records[start + layout.result] = 0n;
  }
}

function answer(area: Uint8Array, count: number, data: DataView): bigint {
  if (count < 1 || count * FILTER_INSTRUCTION > area.length) return NO_PROGRAM;
  try {
    return BigInt(new Filter(area.subarray(0, count * FILTER_INSTRUCTION)).run(data));
  } catch (error) {
    if (error instanceof RangeError) return NO_PROGRAM;
    throw error;
  }
}
