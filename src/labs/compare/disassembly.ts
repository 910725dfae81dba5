import {
  AND,
  DATA_ARCH,
  DATA_ARGUMENT,
  DATA_NUMBER,
  FILTER_INSTRUCTION,
  JUMP,
  JUMP_EQUAL,
  JUMP_GREATER,
  JUMP_GREATER_OR_EQUAL,
  JUMP_IF_SET,
  LOAD_WORD,
  RETURN,
} from "../../core/bpf/program.ts";
import { constantName, syscallName } from "../../core/encoder/names.ts";

type Constants = ReadonlyMap<string, bigint>;

/** The members of one struct sock_filter. */
interface SockFilter {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** One instruction of a filter, and its disassembly. */
export interface FilterInstruction extends SockFilter {
  /** In the notation of seccomp-tools: "if (A == getpid) goto 0014". */
  readonly text: string;
}

const COMPARISONS: Readonly<Record<number, [held: string, failed: string]>> = {
  [JUMP_EQUAL]: ["==", "!="],
  [JUMP_GREATER]: [">", "<="],
  [JUMP_GREATER_OR_EQUAL]: [">=", "<"],
  [JUMP_IF_SET]: ["&", "!&"],
};

/** Disassembles a seccomp filter. */
export function disassembleFilter(filter: Uint8Array, constants: Constants): FilterInstruction[] {
  const program = readBpf(filter);
  const loaded = loadedAt(program);
  return program.map((instruction, line) => {
    return { ...instruction, text: textOf(instruction, line, loaded[line], constants) };
  });
}

/** For each line, the offset from which A was loaded; undefined if it depends on the path taken. */
function loadedAt(program: readonly SockFilter[]): (number | undefined)[] {
  const loaded: (number | undefined)[] = [];
  const reached = new Set<number>();
  const reach = (line: number, offset: number | undefined) => {
    if (reached.has(line) && loaded[line] !== offset) loaded[line] = undefined;
    else loaded[line] = offset;
    reached.add(line);
  };
  // Jumps only go forward, so each line is complete when it is reached.
  program.forEach(({ code, jt, jf, k }, line) => {
    if (code === RETURN) return;
    if (code === JUMP) reach(line + 1 + k, loaded[line]);
    else if (code in COMPARISONS) {
      reach(line + 1 + jt, loaded[line]);
      reach(line + 1 + jf, loaded[line]);
    } else reach(line + 1, code === LOAD_WORD ? k : undefined);
  });
  return loaded;
}

function textOf(
  { code, jt, jf, k }: SockFilter,
  line: number,
  loaded: number | undefined,
  constants: Constants,
): string {
  const goTo = (distance: number) => `goto ${String(line + 1 + distance).padStart(4, "0")}`;
  if (code === LOAD_WORD) return `A = ${fieldAt(k)}`;
  if (code === RETURN) return `return ${actionOf(k, constants)}`;
  if (code === JUMP) return goTo(k);
  if (code === AND) return `A &= 0x${k.toString(16)}`;
  const comparison = COMPARISONS[code];
  if (comparison === undefined) return "unknown";
  const [held, failed] = comparison;
  const value = comparedWith(k, loaded, constants);
  if (jt === 0) return `if (A ${failed} ${value}) ${goTo(jf)}`;
  const otherwise = jf === 0 ? "" : ` else ${goTo(jf)}`;
  return `if (A ${held} ${value}) ${goTo(jt)}${otherwise}`;
}

/** The member of struct seccomp_data at an offset. */
function fieldAt(offset: number): string {
  if (offset === DATA_NUMBER) return "nr";
  if (offset === DATA_ARCH) return "arch";
  const half = offset % 8 === 0 ? "" : " >> 32";
  return offset < DATA_ARGUMENT
    ? `instruction_pointer${half}`
    : `args[${Math.floor((offset - DATA_ARGUMENT) / 8)}]${half}`;
}

function comparedWith(k: number, loaded: number | undefined, constants: Constants): string {
  if (loaded === DATA_NUMBER) return syscallName(BigInt(k), constants) ?? `${k}`;
  if (loaded === DATA_ARCH)
    return constantName(BigInt(k), "AUDIT_ARCH_", constants) ?? `0x${k.toString(16)}`;
  return k < 10 ? `${k}` : `0x${k.toString(16)}`;
}

function actionOf(k: number, constants: Constants): string {
  const name = constantName(BigInt(k), "SECCOMP_RET_", constants);
  return name?.replace("SECCOMP_RET_", "") ?? `0x${k.toString(16)}`;
}

/** The instructions of an array of struct sock_filter. */
function readBpf(program: Uint8Array): SockFilter[] {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  return Array.from({ length: program.length / FILTER_INSTRUCTION }, (_, i) => {
    const at = FILTER_INSTRUCTION * i;
    return {
      code: view.getUint16(at, true),
      jt: view.getUint8(at + 2),
      jf: view.getUint8(at + 3),
      k: view.getUint32(at + 4, true),
    };
  });
}
