import { NO_CALL } from "../../amd64.ts";
import { addressOf, at, SLOTS } from "../../code.ts";
import { requireFilter, TRAP_VSYSCALLS } from "../../filters.ts";
import type { Frames } from "../../frame.ts";
import { type Judge, undecided } from "../../judge.ts";
import type { Tracee, TraceeSlot } from "../../tracee.ts";

const VSYSCALL = 0xffff_ffff_ff60_0000n;
/** The distance between two functions, and their number. */
const [STEP, FUNCTIONS] = [0x400n, 3n];
/** si_code of a filter's SIGSYS. */
const SYS_SECCOMP = 1;

export function prepareVsyscalls(tracee: Tracee): Tracee {
  requireFilter(tracee, TRAP_VSYSCALLS);
  return tracee;
}

/** Addresses in user space on every machine. */
export const USER_SPACE = 2n ** 46n - 1n;
const CALL_SIZE = 2n;

/** @param slot stubs prepared by `prepareVsyscalls` */
export function vsyscallJudge(slot: TraceeSlot, frames: Frames): Judge {
  const { registers } = frames;
  return {
    name: "rewindVsyscall",
    asked: "a call into the vsyscall page that a filter trapped, made again with the block",
    /** Replaces the block by that of a stub whose call was trapped, and the address by that of the call. */
    fit(input) {
      const block = input.block();
      const address = VSYSCALL + STEP * (input.word("address") % FUNCTIONS);
      const depth = 8n * (registers.get(block, "rsp") % 8n);
      registers.fit(block, at("askCallRax"));
      block[registers.at("rax")] = address;
      block[registers.at("rsp")] = addressOf(SLOTS.stackEnd) - depth;
      block[registers.at("orig_rax")] = NO_CALL;
      // The kernel checks that these point to user space before it runs a filter.
      for (const name of ["rdi", "rsi", "rdx"]) {
        block[registers.at(name)] = registers.get(block, name) & USER_SPACE;
      }
      input.put("address", address);
      block.set(trap(slot.get(), block) ?? block);
    },
    judge(input, answered) {
      const before = input.block();
      if (registers.get(before, "rip") !== at("askCallRax") + CALL_SIZE) {
        undecided("a call into the vsyscall page does not reach a filter here");
      }
      const given = answered.block();
      const trapped = trap(slot.get(), given);
      const isSame = trapped !== undefined && frames.firstDifference(before, trapped) === undefined;
      if (isSame) return;
      const rsp = registers.get(before, "rsp") - 8n;
      frames.expectSame(registers.with(before, { rip: input.word("address"), rsp }), given);
      undecided(trapped === undefined ? "the call was not trapped again" : "it was another call");
    },
  };
}

/** The registers after a filter has trapped the stub's call; undefined if it is not trapped. */
function trap(tracee: Tracee, block: BigUint64Array): BigUint64Array | undefined {
  const stop = tracee.tryRun("PTRACE_SYSEMU", block);
  if (typeof stop === "string") return undefined;
  const trapped = stop.signal === tracee.tracer.constant("SIGSYS") && stop.code === SYS_SECCOMP;
  return trapped ? tracee.words.slice() : undefined;
}
