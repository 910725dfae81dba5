import * as bpf from "../../core/stub/filter.ts";
import { hex } from "../../lib/errors.ts";
import { constantName, syscallName } from "../../lib/names.ts";
import { COMPARISONS, readInstruction, type SockFilter } from "./interpreter.ts";

type Constants = ReadonlyMap<string, bigint>;

/** The instructions of a filter, each with its text in the notation of seccomp-tools: "if (A == getpid) goto 0014". */
export function disassembleFilter(filter: Uint8Array, constants: Constants) {
  const view = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  const length = filter.length / bpf.FILTER_INSTRUCTION;
  const program = Array.from({ length }, (_, line) => readInstruction(view, line));
  const loaded = loadedAt(program);
  return program.map((instruction, line) => {
    return { ...instruction, text: textOf(instruction, line, loaded[line], constants) };
  });
}

/** For each line, the offset from which A was loaded; undefined if it depends on the path taken. */
function loadedAt(program: readonly SockFilter[]): (number | undefined)[] {
  const loaded: (number | undefined)[] = [];
  const reach = (line: number, offset: number | undefined) => {
    loaded[line] = !(line in loaded) || loaded[line] === offset ? offset : undefined;
  };
  // Jumps only go forward, so each line is complete when it is reached.
  program.forEach(({ code, jt, jf, k }, line) => {
    if (code === bpf.RETURN) return;
    if (code === bpf.JUMP) reach(line + 1 + k, loaded[line]);
    else if (code in COMPARISONS) {
      reach(line + 1 + jt, loaded[line]);
      reach(line + 1 + jf, loaded[line]);
    } else reach(line + 1, code === bpf.LOAD_WORD ? k : undefined);
  });
  return loaded;
}

function textOf(
  { code, jt, jf, k }: SockFilter,
  line: number,
  loaded: number | undefined,
  constants: Constants,
): string {
  const word = BigInt(k);
  const goTo = (distance: number) => `goto ${String(line + 1 + distance).padStart(4, "0")}`;
  const named = (prefix: string) => constantName(word, prefix, constants) ?? hex(word);
  const comparedWith = () => {
    if (loaded === bpf.DATA_NUMBER) return syscallName(word, constants) ?? `${k}`;
    if (loaded === bpf.DATA_ARCH) return named("AUDIT_ARCH_");
    return k < 10 ? `${k}` : hex(word);
  };
  if (code === bpf.LOAD_WORD) return `A = ${fieldAt(k)}`;
  if (code === bpf.RETURN) return `return ${named("SECCOMP_RET_").replace("SECCOMP_RET_", "")}`;
  if (code === bpf.JUMP) return goTo(k);
  if (code === bpf.AND) return `A &= ${hex(word)}`;
  const comparison = COMPARISONS[code];
  if (comparison === undefined) return "unknown";
  const [, held, failed] = comparison;
  if (jt === 0) return `if (A ${failed} ${comparedWith()}) ${goTo(jf)}`;
  const otherwise = jf === 0 ? "" : ` else ${goTo(jf)}`;
  return `if (A ${held} ${comparedWith()}) ${goTo(jt)}${otherwise}`;
}

/** The member of struct seccomp_data at an offset. */
function fieldAt(offset: number): string {
  if (offset === bpf.DATA_NUMBER) return "nr";
  if (offset === bpf.DATA_ARCH) return "arch";
  const half = offset % 8 === 0 ? "" : " >> 32";
  return offset < bpf.DATA_ARGUMENT
    ? `instruction_pointer${half}`
    : `args[${Math.floor((offset - bpf.DATA_ARGUMENT) / 8)}]${half}`;
}
