import { DEADLINE, Deadline } from "./deadline.ts";

/** Byte offsets in struct stublab_switch, and its size. */
const SWITCH = {
  deadline: 0,
  xstateLength: 32,
  request: 40,
  step: 44,
  status: 48,
  siginfo: 56,
  size: 184,
} as const;

/** struct stublab_switch in memory of its own. */
export class SwitchRecord {
  /** The struct. */
  readonly bytes = new DataView(new ArrayBuffer(SWITCH.size));
  readonly deadline: Deadline;
  /** The siginfo_t of the last stop by a signal; zeros at a group-stop. */
  readonly siginfo = new DataView(this.bytes.buffer, SWITCH.siginfo, 128);

  /** @param xstateLength bytes of the XSAVE area; 0 leaves the floating-point state unchanged. */
  constructor(xstateLength: number) {
    const { buffer } = this.bytes;
    this.bytes.setBigUint64(SWITCH.xstateLength, BigInt(xstateLength), true);
    this.deadline = new Deadline(0, new DataView(buffer, SWITCH.deadline, DEADLINE.size));
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
