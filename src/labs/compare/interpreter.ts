import * as bpf from "../../core/stub/filter.ts";

/** Reads an instruction of an array of struct sock_filter. */
export function readInstruction(program: DataView, line: number) {
  const at = bpf.FILTER_INSTRUCTION * line;
  return {
    code: program.getUint16(at, true),
    jt: program.getUint8(at + 2),
    jf: program.getUint8(at + 3),
    k: program.getUint32(at + 4, true),
  };
}

/** The members of one struct sock_filter. */
export type SockFilter = Readonly<ReturnType<typeof readInstruction>>;

/** A condition of a jump, how it is written, and its opposite. */
type Comparison = readonly [
  holds: (accumulator: number, k: number) => boolean,
  held: string,
  failed: string,
];

/** By the code of the jump. */
export const COMPARISONS: Readonly<Record<number, Comparison>> = {
  [bpf.JUMP_EQUAL]: [(accumulator, k) => accumulator === k, "==", "!="],
  [bpf.JUMP_GREATER]: [(accumulator, k) => accumulator > k, ">", "<="],
  [bpf.JUMP_GREATER_OR_EQUAL]: [(accumulator, k) => accumulator >= k, ">=", "<"],
  [bpf.JUMP_IF_SET]: [(accumulator, k) => (accumulator & k) !== 0, "&", "!&"],
};

/**
 * A seccomp filter that can be run on calls. Instructions are not decoded in advance, as a comparison runs hundreds of
 * thousands of filters once each.
 */
export class Filter {
  readonly #program: DataView;

  /** @throws RangeError if the kernel would refuse the program, or an instruction is not supported here */
  constructor(bytes: Uint8Array) {
    this.#program = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = bytes.byteLength / bpf.FILTER_INSTRUCTION;
    for (let line = 0; line < length; line++) this.#check(line, length - line - 1);
    const last = readInstruction(this.#program, length - 1);
    if (last.code !== bpf.RETURN) throw new RangeError("the program does not end");
  }

  /**
   * Returns the action for a call.
   *
   * @param data struct seccomp_data
   */
  run(data: DataView): number {
    let accumulator = 0;
    for (let line = 0; ; line++) {
      const { code, jt, jf, k } = readInstruction(this.#program, line);
      if (code === bpf.RETURN) return k;
      if (code === bpf.LOAD_WORD) accumulator = data.getUint32(k, true);
      else if (code === bpf.AND) accumulator = (accumulator & k) >>> 0;
      else if (code === bpf.JUMP) line += k;
      else line += COMPARISONS[code]?.[0](accumulator, k) ? jt : jf;
    }
  }

  /** The checks of bpf_check_classic and seccomp_check_filter: no jump leaves the program. @param rest lines after it */
  #check(line: number, rest: number): void {
    const { code, jt, jf, k } = readInstruction(this.#program, line);
    const place = `instruction ${line}, code 0x${code.toString(16)}`;
    if (code === bpf.LOAD_WORD) {
      if (k % 4 !== 0 || k >= bpf.DATA_SIZE) throw new RangeError(`${place} loads from ${k}`);
    } else if (code === bpf.JUMP || code in COMPARISONS) {
      const furthest = code === bpf.JUMP ? k : Math.max(jt, jf);
      if (furthest >= rest) throw new RangeError(`${place} jumps by ${furthest}, past the end`);
    } else if (code !== bpf.RETURN && code !== bpf.AND) {
      throw new RangeError(`${place} is not supported`);
    }
  }
}
