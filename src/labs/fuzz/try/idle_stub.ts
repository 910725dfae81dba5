import { constants } from "node:os";
import type { Stub } from "../../../core/stub/stub.ts";
import { StateError, TraceError } from "../../../lib/errors.ts";
import { CONSTANTS } from "../case/records.ts";
import { corruption } from "./canary.ts";

/** All but XFEATURE_MASK_USER_DYNAMIC: components that a process need not ask for. */
const EVERY_COMPONENT = (1n << 64n) - 1n - (1n << 18n);

// struct _xstate, asm/sigcontext.h: the vector registers, and the header.
const XMM = 160;
const AFTER_XMM = 416;
/** Bytes for software, in which gVisor shows the components in use; then the header. */
const NO_REGISTERS = 464;
const YMM = 576;

/**
 * A stub that tries no case, with a pattern in its vector registers. It runs at each check, so that the processor may
 * hold its floating point when the next case is tried.
 */
export class IdleStub {
  readonly #stub: Stub;
  readonly #expected: Uint8Array;

  /**
   * @param master a scrubbed stub with exit signal SIGCHLD
   * @throws what creating a stub throws
   */
  constructor(master: Stub) {
    this.#stub = master.createStub({ exitSignal: "SIGCHLD" });
    const { tracer, thread } = this.#stub;
    const area = new Uint8Array(CONSTANTS.MOST_XSTATE);
    const length = tracer.shim.freshXstate(thread.tid, area, area.length, EVERY_COMPONENT);
    for (let at = XMM; at < AFTER_XMM; at++) area[at] = at % 251;
    for (let at = YMM; at < Math.min(length, YMM + AFTER_XMM - XMM); at++) area[at] = at % 251;
    if (length > 0) this.#expectDone(tracer.shim.writeXstate(thread.tid, area, length));
    this.#expected = this.#read();
  }

  get pid(): number {
    return this.#stub.pid;
  }

  /**
   * Lets the stub run, and compares its registers.
   *
   * @throws CorruptionError if one has changed; what losing a stub throws
   */
  check(): void {
    this.#stub.call("getpid");
    const seen = this.#read();
    const at = seen.findIndex((byte, i) => byte !== this.#expected[i] && isRegister(i));
    if (at < 0) return;
    const row = (bytes: Uint8Array) =>
      Buffer.from(bytes.subarray(at & ~7, (at & ~7) + 8)).toString("hex");
    const what = `at offset ${at} of its XSAVE area it has the bytes ${row(seen)}, and had ${row(this.#expected)}`;
    throw corruption(`stub ${this.pid}, which is idle`, what);
  }

  close(): void {
    this.#stub.close();
  }

  #read(): Uint8Array {
    const { tracer, thread } = this.#stub;
    const area = new Uint8Array(CONSTANTS.MOST_XSTATE);
    const length = tracer.shim.readXstate(thread.tid, area, area.length);
    // A machine without an XSAVE area has another errno, and nothing to compare.
    if (length === -constants.errno.ESRCH) throw new StateError(`stub ${this.pid} is gone`);
    return area.subarray(0, Math.max(length, 0));
  }

  #expectDone(result: number): void {
    if (result < 0) throw new TraceError(`floating point cannot be written: errno ${-result}`);
  }
}

/** Which components the processor has in use may change as programs run. */
function isRegister(offset: number): boolean {
  return offset < NO_REGISTERS || offset >= YMM;
}
