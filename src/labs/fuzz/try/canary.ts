import { HOST_ARCH } from "../../../core/machine/index.ts";
import { readProc } from "../../../core/stub/proc.ts";
import { CorruptionError, hex } from "../../../lib/errors.ts";
import { CANARY_RECORD, CONSTANTS } from "../case/records.ts";

const { wide, changed, mxcsr, control, seen } = CANARY_RECORD.offsets;
const WORDS = 4;
/** The names of the two control registers that are compared. */
const CONTROLS = {
  amd64: { status: "mxcsr", rest: "the x87 control word" },
  arm64: { status: "fpsr", rest: "fpcr" },
};

/**
 * What the tracing thread has in its vector registers while stubs try cases. If that changes, the kernel has mixed up
 * the floating point of two threads, as kernels have done when a frame of rt_sigreturn was refused halfway.
 */
export class Canary {
  /** struct stublab_canary, for the shim, which fills and inspects the registers. */
  readonly bytes = new Uint8Array(CANARY_RECORD.size);
  readonly #view = new DataView(this.bytes.buffer);

  constructor() {
    const flags = /^flags\s*:(.*)$/m.exec(readProc("/proc/cpuinfo"))?.[1]?.split(" ") ?? [];
    // Under QEMU without XSAVE the kernel shows avx, and does not enable it.
    const hasAvx = flags.includes("avx") && flags.includes("xsave");
    this.#view.setUint32(wide, hasAvx ? 1 : 0, true);
  }

  /** @throws CorruptionError if a register has changed since the last check */
  check(): void {
    const set = this.#view.getUint32(changed, true);
    if (set === 0) return;
    this.#view.setUint32(changed, 0, true);
    throw corruption("the tracing thread", this.#describe(set));
  }

  /** The first register that has changed, and its value. */
  #describe(set: number): string {
    const n = 31 - Math.clz32(set & -set);
    const { status, rest } = CONTROLS[HOST_ARCH];
    if (n === CONSTANTS.CANARIES) return `${status} is ${hex(this.#half(mxcsr))}`;
    if (n > CONSTANTS.CANARIES) return `${rest} is ${hex(this.#half(control))}`;
    const words = Array.from({ length: WORDS }, (_, k) =>
      hex(this.#view.getBigUint64(seen + 8 * (WORDS * n + k), true)),
    );
    return `${this.#nameOf(n)} has the words ${words.join(" ")}`;
  }

  /** The vector register with an index: on arm64 q0 to q7 and q16 to q23. */
  #nameOf(n: number): string {
    if (HOST_ARCH === "arm64") return `q${n < 8 ? n : n + 8}`;
    return `${this.#half(wide) === 0n ? "xmm" : "ymm"}${n}`;
  }

  #half(offset: number): bigint {
    return BigInt(this.#view.getUint32(offset, true));
  }
}

/** @param whose "the tracing thread" */
export function corruption(whose: string, what: string): CorruptionError {
  return new CorruptionError(
    `the floating point of ${whose} changed while another process tried a case: ${what}`,
    {
      remedy:
        "the kernel has mixed up the floating point of two processes; try the case again with fuzz replay",
    },
  );
}
