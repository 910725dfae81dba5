/** Bytes of struct sock_filter (linux/filter.h): code (16 bits), jt and jf (8 each), k (32). */
export const INSTRUCTION = 8;

/** Bytes of struct seccomp_data (linux/seccomp.h). */
const DATA = 64;

// linux/bpf_common.h
const LD_W_ABS = 0x20;
const JA = 0x05;
const JEQ = 0x15;
const JGT = 0x25;
const JGE = 0x35;
const JSET = 0x45;
const AND = 0x54;
const RET = 0x06;

/** A classic BPF program as seccomp takes it, over the bytes that it is given. */
export class Filter {
  readonly #program: DataView;
  readonly #length: number;

  /** @throws RangeError for a program that the kernel would not take */
  constructor(bytes: Uint8Array) {
    this.#program = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#length = bytes.byteLength / INSTRUCTION;
    for (let at = 0; at < this.#length; at++) this.#check(at);
    if (this.#code(this.#length - 1) !== RET) throw new RangeError("the program does not end");
  }

  /**
   * The action for a call.
   *
   * @param data struct seccomp_data
   */
  run(data: DataView): number {
    let accumulator = 0;
    for (let at = 0; ; at++) {
      const k = this.#k(at);
      switch (this.#code(at)) {
        case RET:
          return k;
        case LD_W_ABS:
          accumulator = data.getUint32(k, true);
          break;
        case AND:
          accumulator = (accumulator & k) >>> 0;
          break;
        case JA:
          at += k;
          break;
        default:
          at += this.#jump(at, this.#holds(at, accumulator, k));
      }
    }
  }

  /** Whether the test of a jump holds; undefined for what is none. */
  #holds(at: number, accumulator: number, k: number): boolean | undefined {
    switch (this.#code(at)) {
      case JEQ:
        return accumulator === k;
      case JGT:
        return accumulator > k;
      case JGE:
        return accumulator >= k;
      case JSET:
        return (accumulator & k) !== 0;
      default:
        return undefined;
    }
  }

  /** What kernel/seccomp.c and bpf_check_classic check: no way leads out of the program. */
  #check(at: number): void {
    const [code, k, rest] = [this.#code(at), this.#k(at), this.#length - at - 1];
    const place = `instruction ${at}, code 0x${code.toString(16)}`;
    if (code === LD_W_ABS) {
      if (k % 4 !== 0 || k >= DATA) throw new RangeError(`${place} loads from ${k}`);
    } else if (code === JA) {
      if (k >= rest) throw new RangeError(`${place} jumps by ${k}`);
    } else if (this.#holds(at, 0, 0) !== undefined) {
      const furthest = Math.max(this.#jump(at, true), this.#jump(at, false));
      if (furthest >= rest) throw new RangeError(`${place} jumps by ${furthest}`);
    } else if (code !== RET && code !== AND) {
      throw new RangeError(`${place} is unknown here`);
    }
  }

  #code(at: number): number {
    return this.#program.getUint16(INSTRUCTION * at, true);
  }

  /** How far a jump leads: jt where its test holds, jf where it does not. */
  #jump(at: number, holds: boolean | undefined): number {
    return this.#program.getUint8(INSTRUCTION * at + (holds ? 2 : 3));
  }

  #k(at: number): number {
    return this.#program.getUint32(INSTRUCTION * at + 4, true);
  }
}
