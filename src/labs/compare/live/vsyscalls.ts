import { HOST } from "./arch.ts";
import { at, slot } from "./code.ts";
import { changed, type Frames } from "./frames.ts";
import { type JudgeTable, undecided } from "./judge.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

/** si_code of a filter's SIGSYS. */
const SYS_SECCOMP = 1;
/** Addresses in user space on every machine: the kernel checks them before it runs a filter. */
export const USER_SPACE = 2n ** 46n - 1n;
const CALL_SIZE = 2n;

/** @param stubs with the filter TRAP_VSYSCALLS */
export function vsyscallJudges(stubs: TraceeSlot, frames: Frames): JudgeTable {
  if (HOST.vsyscalls.length === 0) return {};
  return {
    rewindVsyscall: {
      asked: "a call into the vsyscall page that a filter trapped, made again with the block",
      /** Replaces the block by that of a stub whose call was trapped, and the address by that of the call. */
      fit(input) {
        const which = Number(input.word("address") % BigInt(HOST.vsyscalls.length));
        const [address] = HOST.vsyscalls[which] ?? [0n];
        const depth = 8n * (input.word("block.rsp") % 8n);
        frames.fit(input, "block", "askVsyscall");
        input.put("block.rax", address);
        input.put("block.rsp", slot("stackEnd") - depth);
        for (const name of ["rdi", "rsi", "rdx"]) input.mask(`block.${name}`, USER_SPACE);
        input.put("address", address);
        const block = changed(input.words("block"), HOST.idle);
        input.words("block").set(trap(stubs.get(), block) ?? block);
      },
      ask(input) {
        const before = input.words("block");
        if (input.word("block.rip") !== at("askVsyscall") + CALL_SIZE) {
          undecided("a call into the vsyscall page does not reach a filter here");
        }
        const rsp = input.word("block.rsp") - 8n;
        const meant = changed(before, { rip: input.word("address"), rsp });
        const again = (block: BigUint64Array) =>
          trap(stubs.get(), block) ?? undecided("the call was not trapped again");
        return frames.examine(meant, again, before);
      },
    },
  };
}

/** The registers after a filter has trapped the stub's call; undefined if it is not trapped. */
function trap(tracee: Tracee, block: BigUint64Array): BigUint64Array | undefined {
  const { signal, code } = tracee.emulate(block);
  const isTrap = signal === tracee.tracer.constant("SIGSYS") && code === SYS_SECCOMP;
  return isTrap ? tracee.words.slice() : undefined;
}
