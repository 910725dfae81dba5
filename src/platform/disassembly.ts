import { constantName, syscallName } from "../encoder/names.ts";

type Constants = ReadonlyMap<string, bigint>;

/** One struct sock_filter (<linux/filter.h>), and what it does. */
export interface FilterInstruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
  /** As seccomp-tools writes it: "if (A == getpid) goto 0014". */
  readonly text: string;
}

// The codes of <linux/bpf_common.h> that filters of system calls are made of.
const LOAD = 0x20;
const RETURN = 0x06;
const GO_TO = 0x05;
const AND = 0x54;
const COMPARISONS: Readonly<Record<number, [held: string, failed: string]>> = {
  21: ["==", "!="],
  37: [">", "<="],
  53: [">=", "<"],
  69: ["&", "!&"],
};

/** Disassembles an array of struct sock_filter that runs over struct seccomp_data. */
export function disassembleFilter(filter: Uint8Array, constants: Constants): FilterInstruction[] {
  const view = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  const raw = Array.from({ length: filter.length / 8 }, (_, i) => ({
    code: view.getUint16(i * 8, true),
    jt: view.getUint8(i * 8 + 2),
    jf: view.getUint8(i * 8 + 3),
    k: view.getUint32(i * 8 + 4, true),
  }));
  const loaded = loadedAt(raw);
  return raw.map((instruction, line) => {
    return { ...instruction, text: textOf(instruction, line, loaded[line], constants) };
  });
}

type RawInstruction = Omit<FilterInstruction, "text">;

/** The offset that A was loaded from, at each line; undefined where that depends on the way there. */
function loadedAt(program: readonly RawInstruction[]): (number | undefined)[] {
  const loaded: (number | undefined)[] = [];
  const reached = new Set<number>();
  const reach = (line: number, offset: number | undefined) => {
    if (reached.has(line) && loaded[line] !== offset) loaded[line] = undefined;
    else loaded[line] = offset;
    reached.add(line);
  };
  // Jumps only go forward, so each line is complete when it is come to.
  program.forEach(({ code, jt, jf, k }, line) => {
    if (code === RETURN) return;
    if (code === GO_TO) reach(line + 1 + k, loaded[line]);
    else if (code in COMPARISONS) {
      reach(line + 1 + jt, loaded[line]);
      reach(line + 1 + jf, loaded[line]);
    } else reach(line + 1, code === LOAD ? k : undefined);
  });
  return loaded;
}

function textOf(
  { code, jt, jf, k }: RawInstruction,
  line: number,
  loaded: number | undefined,
  constants: Constants,
): string {
  const goTo = (distance: number) => `goto ${String(line + 1 + distance).padStart(4, "0")}`;
  if (code === LOAD) return `A = ${fieldAt(k)}`;
  if (code === RETURN) return `return ${actionOf(k, constants)}`;
  if (code === GO_TO) return goTo(k);
  if (code === AND) return `A &= 0x${k.toString(16)}`;
  const comparison = COMPARISONS[code];
  if (comparison === undefined) return "unknown";
  const [held, failed] = comparison;
  const value = comparedWith(k, loaded, constants);
  if (jt === 0) return `if (A ${failed} ${value}) ${goTo(jf)}`;
  const otherwise = jf === 0 ? "" : ` else ${goTo(jf)}`;
  return `if (A ${held} ${value}) ${goTo(jt)}${otherwise}`;
}

/** The field of struct seccomp_data (<linux/seccomp.h>) at an offset. */
function fieldAt(offset: number): string {
  if (offset === 0) return "nr";
  if (offset === 4) return "arch";
  const half = offset % 8 === 0 ? "" : " >> 32";
  return offset < 16
    ? `instruction_pointer${half}`
    : `args[${Math.floor((offset - 16) / 8)}]${half}`;
}

function comparedWith(k: number, loaded: number | undefined, constants: Constants): string {
  if (loaded === 0) return syscallName(BigInt(k), constants) ?? `${k}`;
  if (loaded === 4)
    return constantName(BigInt(k), "AUDIT_ARCH_", constants) ?? `0x${k.toString(16)}`;
  return k < 10 ? `${k}` : `0x${k.toString(16)}`;
}

function actionOf(k: number, constants: Constants): string {
  const name = constantName(BigInt(k), "SECCOMP_RET_", constants);
  return name?.replace("SECCOMP_RET_", "") ?? `0x${k.toString(16)}`;
}
