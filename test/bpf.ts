/** One instruction of classic BPF, struct sock_filter. */
interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** Bytes of an instruction. */
export const INSTRUCTION = 8;

/** Bytes of struct seccomp_data. */
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

/** The jumps that test the accumulator against a constant. */
const TESTS = new Map<number, (accumulator: number, k: number) => boolean>([
  [JEQ, (accumulator, k) => accumulator === k],
  [JGT, (accumulator, k) => accumulator > k],
  [JGE, (accumulator, k) => accumulator >= k],
  [JSET, (accumulator, k) => (accumulator & k) !== 0],
]);

/** What a seccomp filter is asked about. */
export interface SeccompData {
  readonly nr: number;
  readonly arch: number;
  readonly instructionPointer: bigint;
  readonly args: readonly bigint[];
}

/** struct seccomp_data. */
export function encodeData({ nr, arch, instructionPointer, args }: SeccompData): DataView {
  const data = new DataView(new ArrayBuffer(DATA));
  data.setInt32(0, nr, true);
  data.setUint32(4, arch, true);
  data.setBigUint64(8, instructionPointer, true);
  for (const [i, word] of args.entries()) data.setBigUint64(16 + 8 * i, word, true);
  return data;
}

/** A classic BPF program as seccomp takes it. */
export class Filter {
  readonly #program: readonly Instruction[];

  /** @throws RangeError for a program that the kernel would not take */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#program = Array.from({ length: bytes.length / INSTRUCTION }, (_, i) => ({
      code: view.getUint16(INSTRUCTION * i, true),
      jt: view.getUint8(INSTRUCTION * i + 2),
      jf: view.getUint8(INSTRUCTION * i + 3),
      k: view.getUint32(INSTRUCTION * i + 4, true),
    }));
    for (const [i, instruction] of this.#program.entries()) this.#check(i, instruction);
    if (this.#program.at(-1)?.code !== RET) throw new RangeError("the program does not end");
  }

  /** What kernel/seccomp.c and bpf_check_classic check: no way leads out of the program. */
  #check(at: number, { code, jt, jf, k }: Instruction): void {
    const place = `instruction ${at}, code 0x${code.toString(16)}`;
    const rest = this.#program.length - at - 1;
    if (code === LD_W_ABS) {
      if (k % 4 !== 0 || k >= DATA) throw new RangeError(`${place} loads from ${k}`);
    } else if (code === JA) {
      if (k >= rest) throw new RangeError(`${place} jumps by ${k}`);
    } else if (TESTS.has(code)) {
      if (Math.max(jt, jf) >= rest) throw new RangeError(`${place} jumps by ${jt} or ${jf}`);
    } else if (code !== RET && code !== AND) {
      throw new RangeError(`${place} is unknown here`);
    }
  }

  /** The action for a call. */
  run(data: DataView): number {
    let accumulator = 0;
    for (let at = 0; ; at++) {
      const { code, jt, jf, k } = this.#program[at] ?? { code: -1, jt: 0, jf: 0, k: 0 };
      if (code === RET) return k;
      if (code === LD_W_ABS) accumulator = data.getUint32(k, true);
      else if (code === AND) accumulator = (accumulator & k) >>> 0;
      else if (code === JA) at += k;
      else at += TESTS.get(code)?.(accumulator, k) ? jt : jf;
    }
  }
}
