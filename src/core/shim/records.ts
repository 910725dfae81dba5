import { InputError } from "../../lib/errors.ts";
import { show } from "../../lib/shape.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import { DEADLINE, INJECTION, SWITCH } from "./bindings.ts";

const [READ, WRITE] = HOST_MACHINE.registerRequests;

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

/** struct stublab_injection in memory of its own. */
export class Injection {
  /** The struct. */
  readonly bytes = new DataView(new ArrayBuffer(INJECTION.size));
  readonly deadline: Deadline;

  /**
   * @param deadline in milliseconds
   * @param rest the address after the INT3 of the stub code
   */
  constructor(deadline: number, rest: bigint) {
    const { buffer } = this.bytes;
    this.bytes.setBigUint64(INJECTION.rest, rest, true);
    this.deadline = new Deadline(deadline, new DataView(buffer, INJECTION.deadline, DEADLINE.size));
  }

  /** The set of signals whose stops are always passed over. */
  get passOver(): bigint {
    return this.bytes.getBigUint64(INJECTION.passOver, true);
  }

  set passOver(signals: bigint) {
    this.bytes.setBigUint64(INJECTION.passOver, signals, true);
  }

  /** The call in progress when the injection ended. */
  get step(): string {
    return INJECT_STEPS[this.bytes.getInt32(INJECTION.step, true)] ?? "inject";
  }

  /** The status word of the last wait. */
  get status(): number {
    return this.bytes.getInt32(INJECTION.status, true);
  }
}

/** The results of an injection: enum stublab_inject_end. */
export const [INJECT_RESTS, INJECT_STOPPED, INJECT_LEFT] = [0, 1, 2] as const;

/** The steps of an injection in the order of enum stublab_inject_step. */
const INJECT_STEPS = [
  `ptrace(${WRITE})`,
  "ptrace(PTRACE_CONT)",
  "wait4",
  `ptrace(${READ})`,
  "ptrace(PTRACE_GETSIGINFO)",
] as const;

/** struct stublab_switch in memory of its own. */
export class SwitchRecord {
  /** The struct. */
  readonly bytes = new DataView(new ArrayBuffer(SWITCH.size));
  readonly deadline: Deadline;
  /** The siginfo_t of the last stop by a signal; zeros at a group-stop. */
  readonly siginfo = new DataView(this.bytes.buffer, SWITCH.siginfo, 128);

  constructor() {
    const { buffer } = this.bytes;
    this.deadline = new Deadline(0, new DataView(buffer, SWITCH.deadline, DEADLINE.size));
  }

  /**
   * Prepares the next switch.
   *
   * @param xstateLength bytes of the XSAVE area; 0 leaves the floating-point state unchanged.
   */
  begin(xstateLength: number): void {
    this.bytes.setUint32(SWITCH.xstateLength, xstateLength, true);
    this.bytes.setInt32(SWITCH.step, 0, true);
  }

  /** Whether the last switch ended because the kernel refused the XSAVE area. */
  get refusedXstate(): boolean {
    return this.bytes.getInt32(SWITCH.step, true) === WRITE_XSTATE;
  }

  /** The ptrace request that resumes. */
  set request(request: number) {
    this.bytes.setInt32(SWITCH.request, request, true);
  }

  /** The call in progress when the switch ended. */
  get step(): string {
    return SWITCH_STEPS[this.bytes.getInt32(SWITCH.step, true)] ?? "switch";
  }

  /** The status word of the last wait. */
  get status(): number {
    return this.bytes.getInt32(SWITCH.status, true);
  }
}

/** STUBLAB_SWITCH_SETREGSET */
const WRITE_XSTATE = 1;

/** The steps of a switch in the order of enum stublab_switch_step. */
const SWITCH_STEPS = [
  `ptrace(${WRITE})`,
  "ptrace(PTRACE_SETREGSET)",
  "ptrace(PTRACE_SYSEMU)",
  "wait4",
  `ptrace(${READ})`,
  "ptrace(PTRACE_GETREGSET)",
  "ptrace(PTRACE_GETSIGINFO)",
] as const;
