import { MACHINES } from "../../../../../core/machine/index.ts";
import { PLACES } from "../../code.ts";
import type { Frames } from "../../frame.ts";
import { expect, type Judge, undecided } from "../../judge.ts";
import { resumed } from "../../processes.ts";
import type { Tracee } from "../../tracee.ts";

const [PTRACE_SYSEMU, PTRACE_GET_SYSCALL_INFO] = [31, 0x420e];
/** struct ptrace_syscall_info up to the six arguments (linux/ptrace.h): op, pc, sp, number, arguments. */
const INFO_WORDS = 11;
const [NUMBER, FIRST_ARGUMENT] = [3, 4];

/** Replaces a block by that of a stub stopped at a call with the block's number and arguments. */
function fitToCall(frames: Frames, block: BigUint64Array): void {
  const { registers } = frames;
  registers.fit(block, PLACES.call);
  const tracee = frames.toCall(block);
  if (tracee !== undefined) block.set(tracee.words);
}

/** SIGTRAP with the bit of PTRACE_O_TRACESYSGOOD, as a status word. */
const CALL_STOP = (0x85 << 8) | 0x7f;

/** Struct ptrace_syscall_info of the call that a stub makes with a block; undefined if it makes no call. */
function infoOf(tracee: Tracee, block: BigUint64Array): BigUint64Array | undefined {
  const { stub, tracer, words } = tracee;
  words.set(block);
  stub.thread.expect("stopped").writeRegisters(tracee.block);
  if (resumed(tracee, PTRACE_SYSEMU) !== CALL_STOP) return undefined;
  const info = new BigUint64Array(INFO_WORDS);
  const { byteLength } = info;
  const length = tracer.shim.ptrace(PTRACE_GET_SYSCALL_INFO, stub.pid, byteLength, info);
  // To a stop by a signal: what is written to x7 at the stop of a call is lost.
  tracee.load({ pc: PLACES.landed });
  stub.thread.expect("stopped").writeRegisters(tracee.block);
  resumed(tracee);
  tracee.stoppedBy = "signal";
  return length < 0 ? undefined : info;
}

/** The registers before the call that a stub stopped at with a block: pc moves back. */
function beforeCall({ registers }: Frames, block: BigUint64Array): BigUint64Array {
  return registers.with(block, {
    pc: registers.get(block, "pc") - BigInt(MACHINES.arm64.syscallLength),
  });
}

export function guestJudges(frames: Frames): Judge[] {
  return [enterJudge(frames), decodeJudge(frames), resultJudge(frames)];
}

function enterJudge(frames: Frames): Judge {
  return {
    name: "enterGuest",
    asked: "resumed a stub from a signal with the block; it stored its registers",
    fit(input) {
      frames.registers.fit(input.block());
    },
    judge(input, answered) {
      answered.returns(0n);
      frames.judge(input.block(), answered.block());
    },
  };
}

/** Number and arguments are those of the kernel. */
function decodeJudge(frames: Frames): Judge {
  return {
    name: "decodeGuestSyscall",
    asked: "a call at a stop of SYSEMU, repeated; PTRACE_GET_SYSCALL_INFO",
    fit(input) {
      fitToCall(frames, input.block());
    },
    judge(input, answered) {
      const tracee = frames.toCall(beforeCall(frames, input.block()));
      if (tracee === undefined) undecided("the call cannot be repeated");
      const info = infoOf(tracee, beforeCall(frames, input.block()));
      if (info === undefined) undecided("this kernel has no PTRACE_GET_SYSCALL_INFO");
      answered.returns(BigInt.asUintN(32, info[NUMBER] ?? 0n));
      for (const [i, word] of info.subarray(FIRST_ARGUMENT).subarray(0, 6).entries()) {
        expect(`at.arg${i}`, word, answered.block("at")[i] ?? 0n);
      }
      frames.expectSame(input.block(), answered.block());
    },
  };
}

function resultJudge(frames: Frames): Judge {
  const { registers } = frames;
  return {
    name: "encodeGuestResult",
    asked: "resumed a stub from a stop of SYSEMU with the block; it stored its registers",
    fit(input) {
      fitToCall(frames, input.block());
    },
    judge(input, answered) {
      const [before, given] = [input.block(), answered.block()];
      const meant = registers.with(before, { x0: input.word("result") });
      const call = beforeCall(frames, before);
      frames.judge(meant, given, () => frames.runFromCall(call, given));
    },
  };
}
