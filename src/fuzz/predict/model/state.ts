import { BASELINE } from "../../case/baseline.ts";
import { indexOf, REGISTERS } from "../../case/setups.ts";
import { ALL } from "./prediction.ts";

export const R11 = indexOf("r11");
export const RAX = indexOf("rax");
export const RBX = indexOf("rbx");
export const RCX = indexOf("rcx");
export const RDX = indexOf("rdx");
export const RSI = indexOf("rsi");
export const RDI = indexOf("rdi");
export const ORIG_RAX = indexOf("orig_rax");
export const RIP = indexOf("rip");
export const CS = indexOf("cs");
export const EFLAGS = indexOf("eflags");
export const RSP = indexOf("rsp");
export const SS = indexOf("ss");
export const FS_BASE = indexOf("fs_base");
export const GS_BASE = indexOf("gs_base");
export const DS = indexOf("ds");
export const ES = indexOf("es");
export const GS = indexOf("gs");

const BASE = new Uint32Array(BigUint64Array.from(BASELINE).buffer);
const HALVES = 2 * REGISTERS.length;

/** A stub as the model has it: its registers as halves, which of them are known, and what a resume asks for. */
export class State {
  words: Uint32Array = new Uint32Array(HALVES);
  /** Bit n for register n. */
  known = ALL;
  /** TIF_SINGLESTEP and TIF_FORCED_TF. */
  stepping = false;
  forced = false;
  /** PTRACE_SYSCALL; PTRACE_SYSEMU and its single-step. */
  traces = false;
  emulates = false;
  /** The signals that are blocked. */
  blockedLow = 0;
  blockedHigh = 0;
  /** A signal that is blocked and pending: 0 for none. */
  pending = 0;
  /** Whether it came from the kernel, not from a process. */
  pendingIsKernels = false;
  /** A signal that a call has raised: 0 for none. */
  raised = 0;
  /** Whether the program is returned to from a system call. */
  inCall = false;

  /** As between two setups, in the given words. */
  start(words: Uint32Array): void {
    this.words = words;
    words.set(BASE);
    this.known = ALL;
    this.stepping = false;
    this.forced = false;
    this.traces = false;
    this.emulates = false;
    this.blockedLow = 0;
    this.blockedHigh = 0;
    this.pending = 0;
    this.raised = 0;
    this.inCall = false;
  }

  low(register: number): number {
    return this.words[2 * register] ?? 0;
  }

  high(register: number): number {
    return this.words[2 * register + 1] ?? 0;
  }

  set(register: number, low: number, high: number): void {
    this.words[2 * register] = low;
    this.words[2 * register + 1] = high;
    this.known |= 1 << register;
  }

  copy(from: number, to: number): void {
    this.words[2 * to] = this.words[2 * from] ?? 0;
    this.words[2 * to + 1] = this.words[2 * from + 1] ?? 0;
    this.known = (this.known & ~(1 << to)) | (((this.known >>> from) & 1) << to);
  }

  forget(register: number): void {
    this.known &= ~(1 << register);
  }

  knows(register: number): boolean {
    return ((this.known >>> register) & 1) !== 0;
  }

  /** Moves a register by a small distance. */
  move(register: number, by: number): void {
    const sum = this.low(register) + by;
    const carry = sum > 0xffff_ffff ? 1 : sum < 0 ? -1 : 0;
    this.words[2 * register] = sum;
    this.words[2 * register + 1] = this.high(register) + carry;
  }

  /** A flag of eflags, all of which lie in the low half. */
  flag(mask: number): boolean {
    return (this.low(EFLAGS) & mask) !== 0;
  }

  setFlags(mask: number): void {
    this.words[2 * EFLAGS] = this.low(EFLAGS) | mask;
  }

  clearFlags(mask: number): void {
    this.words[2 * EFLAGS] = this.low(EFLAGS) & ~mask;
  }
}
