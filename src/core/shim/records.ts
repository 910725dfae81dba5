import { InputError } from "../../lib/errors.ts";
import { show } from "../../lib/shape.ts";
import { DEADLINE, RUN } from "./bindings.ts";

/** A microsecond, the unit of the shim, in milliseconds. */
export const SHORTEST_DEADLINE = 0.001;
/** A day, in milliseconds. */
const LONGEST_DEADLINE = 86_400_000;

/** Returns a valid deadline, in milliseconds. @throws InputError */
export function checkDeadline(milliseconds: unknown): number {
  const valid =
    typeof milliseconds === "number" &&
    milliseconds >= SHORTEST_DEADLINE &&
    milliseconds <= LONGEST_DEADLINE;
  if (valid) return milliseconds;
  throw new InputError(
    `invalid deadline ${show(milliseconds)}: expected milliseconds from ${SHORTEST_DEADLINE} to ${LONGEST_DEADLINE}`,
  );
}

/** A time limit that several waits share: struct stublab_deadline. */
export class Deadline {
  /** The struct. */
  readonly bytes: DataView;
  #milliseconds = 0;

  /** @param bytes where the struct is; default: new memory */
  constructor(
    milliseconds: number,
    bytes: DataView = new DataView(new ArrayBuffer(DEADLINE.size)),
  ) {
    this.bytes = bytes;
    this.start(milliseconds);
  }

  /** The whole time limit. */
  get milliseconds(): number {
    return this.#milliseconds;
  }

  /** Starts again with a new time limit. */
  start(milliseconds: number): void {
    if (milliseconds !== this.#milliseconds) {
      this.#milliseconds = milliseconds;
      const microseconds = BigInt(Math.ceil(milliseconds * 1000));
      this.bytes.setBigInt64(DEADLINE.timeout, microseconds, true);
    }
    this.bytes.setFloat64(DEADLINE.seen, 0);
  }
}

/** struct stublab_run in memory of its own: how a thread is run, and what came of it. */
export class Run {
  /** The struct. */
  readonly bytes = new DataView(new ArrayBuffer(RUN.size));
  readonly deadline: Deadline;
  /** The siginfo_t of the last stop by a signal; zeros at a group-stop. */
  readonly siginfo = new DataView(this.bytes.buffer, RUN.siginfo, 128);

  /**
   * @param deadline in milliseconds
   * @param rest where an injection ends: the address after the INT3
   */
  constructor(deadline = 0, rest = 0n) {
    const { buffer } = this.bytes;
    this.bytes.setBigUint64(RUN.rest, rest, true);
    this.deadline = new Deadline(deadline, new DataView(buffer, RUN.deadline, DEADLINE.size));
  }

  /** The set of signals whose stops an injection always passes over. */
  get passOver(): bigint {
    return this.bytes.getBigUint64(RUN.passOver, true);
  }

  set passOver(signals: bigint) {
    this.bytes.setBigUint64(RUN.passOver, signals, true);
  }

  /** Bytes of the XSAVE area that a switch transfers; 0 leaves the floating-point state unchanged. */
  set xstateLength(length: number) {
    this.bytes.setUint32(RUN.xstateLength, length, true);
  }

  /** The ptrace request that resumes a guest. */
  set request(request: number) {
    this.bytes.setInt32(RUN.request, request, true);
  }

  /** Whether the last switch ended because the kernel refused the XSAVE area. */
  get refusedXstate(): boolean {
    return this.step === WRITE_XSTATE;
  }

  /** The request that was made last: an enum stublab_step. */
  get step(): number {
    return this.bytes.getInt32(RUN.step, true);
  }

  /** The status word of the last wait. */
  get status(): number {
    return this.bytes.getInt32(RUN.status, true);
  }
}

/** STUBLAB_STEP_SETREGSET */
const WRITE_XSTATE = 1;

/**
 * How a run ends, in the order of enum stublab_end:
 *
 *     done    the call is complete; or the guest is at a system call
 *     signal  stopped by a signal
 *     other   at an event, or at its end
 *     left    the injected call has replaced the program
 *     late    the deadline passed, and the thread runs on
 */
export const RUN_ENDS = ["done", "signal", "other", "left"] as const;
export type RunEnd = (typeof RUN_ENDS)[number] | "late";
