import { DEADLINE, SWITCH } from "./bindings.ts";
import { Deadline } from "./deadline.ts";

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
  "ptrace(PTRACE_SETREGS)",
  "ptrace(PTRACE_SETREGSET)",
  "ptrace(PTRACE_SYSEMU)",
  "wait4",
  "ptrace(PTRACE_GETREGS)",
  "ptrace(PTRACE_GETREGSET)",
  "ptrace(PTRACE_GETSIGINFO)",
] as const;
