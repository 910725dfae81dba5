import {
  AND,
  DATA_SIZE,
  FILTER_INSTRUCTION,
  JUMP,
  JUMP_EQUAL,
  JUMP_GREATER,
  JUMP_GREATER_OR_EQUAL,
  JUMP_IF_SET,
  LOAD_WORD,
  RETURN,
} from "../../core/bpf/program.ts";

/**
 * A seccomp filter that can be run on calls. Instructions are not decoded in advance, as a comparison runs hundreds of
 * thousands of filters once each.
 */
export class Filter {
  readonly #program: DataView;
  readonly #length: number;

  /** @throws RangeError if the kernel would refuse the program, or an instruction is not supported here */
  constructor(bytes: Uint8Array) {
    this.#program = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#length = bytes.byteLength / FILTER_INSTRUCTION;
    for (let at = 0; at < this.#length; at++) this.#check(at);
    if (this.#code(this.#length - 1) !== RETURN) throw new RangeError("the program does not end");
  }

  /**
   * Returns the action for a call.
   *
   * @param data struct seccomp_data
   */
  run(data: DataView): number {
    let accumulator = 0;
    for (let at = 0; ; at++) {
      const [code, k] = [this.#code(at), this.#k(at)];
      switch (code) {
        case RETURN:
          return k;
        case LOAD_WORD:
          accumulator = data.getUint32(k, true);
          break;
        case AND:
          accumulator = (accumulator & k) >>> 0;
          break;
        case JUMP:
          at += k;
          break;
        default:
          at += CONDITIONS[code]?.(accumulator, k) ? this.#jt(at) : this.#jf(at);
      }
    }
  }

  /** The checks of bpf_check_classic and seccomp_check_filter: no jump leaves the program. */
  #check(at: number): void {
    const [code, k, rest] = [this.#code(at), this.#k(at), this.#length - at - 1];
    const place = `instruction ${at}, code 0x${code.toString(16)}`;
    if (code === LOAD_WORD) {
      if (k % 4 !== 0 || k >= DATA_SIZE) throw new RangeError(`${place} loads from ${k}`);
    } else if (code === JUMP) {
      if (k >= rest) throw new RangeError(`${place} jumps by ${k}, past the end`);
    } else if (code in CONDITIONS) {
      const furthest = Math.max(this.#jt(at), this.#jf(at));
      if (furthest >= rest) throw new RangeError(`${place} jumps by ${furthest}, past the end`);
    } else if (code !== RETURN && code !== AND) {
      throw new RangeError(`${place} is not supported`);
    }
  }

  #code(at: number): number {
    return this.#program.getUint16(FILTER_INSTRUCTION * at, true);
  }

  #jt(at: number): number {
    return this.#program.getUint8(FILTER_INSTRUCTION * at + 2);
  }

  #jf(at: number): number {
    return this.#program.getUint8(FILTER_INSTRUCTION * at + 3);
  }

  #k(at: number): number {
    return this.#program.getUint32(FILTER_INSTRUCTION * at + 4, true);
  }
}

/** Whether the condition of a jump holds, by its code. */
const CONDITIONS: Readonly<Record<number, (accumulator: number, k: number) => boolean>> = {
  [JUMP_EQUAL]: (accumulator, k) => accumulator === k,
  [JUMP_GREATER]: (accumulator, k) => accumulator > k,
  [JUMP_GREATER_OR_EQUAL]: (accumulator, k) => accumulator >= k,
  [JUMP_IF_SET]: (accumulator, k) => (accumulator & k) !== 0,
};
