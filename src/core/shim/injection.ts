import { DEADLINE, INJECTION } from "./bindings.ts";
import { Deadline } from "./deadline.ts";

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
  "ptrace(PTRACE_SETREGS)",
  "ptrace(PTRACE_CONT)",
  "wait4",
  "ptrace(PTRACE_GETREGS)",
  "ptrace(PTRACE_GETSIGINFO)",
] as const;
