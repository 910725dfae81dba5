import type { RecordLayout } from "../record.ts";
import { DATA, PLACES, SLOTS } from "./code.ts";
import { requireFilter, TRAP_VSYSCALLS } from "./filters.ts";
import { type Frames, strayed } from "./frame.ts";
import { blockOf } from "./frames.ts";
import { FunctionJudge } from "./function_judge.ts";
import { HELD, type Judgement, undecided } from "./judge.ts";
import { NO_CALL } from "./registers.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

const VSYSCALL = 0xffff_ffff_ff60_0000n;
/** The distance between two functions, and their number. */
const [STEP, FUNCTIONS] = [0x400n, 3n];
/** si_code of a filter's SIGSYS. */
const SYS_SECCOMP = 1;

export function prepareVsyscalls(tracee: Tracee): Tracee {
  requireFilter(tracee, TRAP_VSYSCALLS);
  return tracee;
}

/** rewindVsyscall: a stub resumed with the block calls into the vsyscall page again. */
export class VsyscallJudge extends FunctionJudge<Frames> {
  readonly name = "rewindVsyscall";
  readonly asked = "a call into the vsyscall page that a filter trapped, made again with the block";
  readonly #slot: TraceeSlot;

  /** @param slot stubs prepared by `prepareVsyscalls` */
  constructor(layout: RecordLayout, slot: TraceeSlot, frames: Frames) {
    super(layout, frames);
    this.#slot = slot;
  }

  /** Replaces the block by that of a stub whose call was trapped, and the address by that of the call. */
  fit(input: BigUint64Array): void {
    const { registers } = this.kernel;
    const block = blockOf(this.layout, input);
    const address = VSYSCALL + STEP * (this.word(input, "address") % FUNCTIONS);
    const depth = 8n * (registers.get(block, "rsp") % 8n);
    registers.fit(block, PLACES.questions.callRax);
    block[registers.at("rax")] = address;
    block[registers.at("rsp")] = DATA + BigInt(SLOTS.stackEnd) - depth;
    block[registers.at("orig_rax")] = NO_CALL;
    // The kernel checks that these point to user space before it runs a filter.
    for (const name of ["rdi", "rsi", "rdx"]) {
      block[registers.at(name)] = registers.get(block, name) & USER_SPACE;
    }
    this.put(input, "address", address);
    const trapped = this.#trap(block);
    if (trapped !== undefined) block.set(trapped);
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const { registers } = this.kernel;
    const before = blockOf(this.layout, input);
    if (registers.get(before, "rip") !== PLACES.questions.callRax + CALL_SIZE) {
      return undecided("a call into the vsyscall page does not reach a filter here");
    }
    const given = blockOf(this.layout, answered);
    const address = this.word(input, "address");
    const rsp = registers.get(before, "rsp") - 8n;
    const meant = registers.with(before, { rip: address, rsp });
    const trapped = this.#trap(given);
    if (trapped === undefined) {
      return this.kernel.difference(meant, given) ?? undecided("the call was not trapped again");
    }
    return this.kernel.difference(before, trapped) === undefined
      ? HELD
      : (this.kernel.difference(meant, given) ?? undecided("it was another call"));
  }

  /** The registers after a filter has trapped the stub's call; undefined if it is not trapped. */
  #trap(block: BigUint64Array): BigUint64Array | undefined {
    const tracee = this.#slot.get();
    tracee.words.set(block);
    try {
      const { signal, code } = tracee.run("PTRACE_SYSEMU");
      const trapped = signal === tracee.tracer.constant("SIGSYS") && code === SYS_SECCOMP;
      return trapped ? tracee.words.slice() : undefined;
    } catch (error) {
      if (strayed(error) === undefined) throw error;
      return undefined;
    }
  }
}

/** Addresses in user space on every machine. */
export const USER_SPACE = 2n ** 46n - 1n;
const CALL_SIZE = 2n;
