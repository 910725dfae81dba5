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
/** What lies between two of its functions, of which there are three. */
const [STEP, FUNCTIONS] = [0x400n, 3n];
/** si_code of a SIGSYS that a filter made. */
const SYS_SECCOMP = 1;

export function prepareVsyscalls(tracee: Tracee): Tracee {
  requireFilter(tracee, TRAP_VSYSCALLS);
  return tracee;
}

/** rewindVsyscall: a stub that is resumed with the block calls into the vsyscall page again. */
export class VsyscallJudge extends FunctionJudge<Frames> {
  readonly name = "rewindVsyscall";
  readonly asked = "a call into the vsyscall page that a filter trapped, made again with the block";
  readonly #slot: TraceeSlot;

  /** @param slot of stubs that were prepared by `prepareVsyscalls` */
  constructor(layout: RecordLayout, slot: TraceeSlot, frames: Frames) {
    super(layout, frames);
    this.#slot = slot;
  }

  /** The block becomes that of a stub whose call was trapped, and the address is that of the call. */
  fit(input: BigUint64Array): void {
    const { registers } = this.kernel;
    const block = blockOf(this.layout, input);
    const address = VSYSCALL + STEP * (this.word(input, "address") % FUNCTIONS);
    const depth = 8n * (registers.get(block, "rsp") % 8n);
    registers.fit(block, PLACES.questions.callRax);
    block[registers.at("rax")] = address;
    block[registers.at("rsp")] = DATA + BigInt(SLOTS.stackEnd) - depth;
    block[registers.at("orig_rax")] = NO_CALL;
    // Before it asks a filter, the kernel looks whether they point to user space.
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
      return undecided("a call into the vsyscall page does not get to a filter here");
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

  /** The registers of a stub once a filter has trapped what it does with a block; undefined where none does. */
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

/** Addresses that are the user's on every machine. */
export const USER_SPACE = 2n ** 46n - 1n;
const CALL_SIZE = 2n;
