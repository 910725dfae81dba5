import { PLACES } from "./code.ts";
import { type Frames, SYSCALL_SIZE } from "./frame.ts";
import { RESTARTS } from "./frames.ts";
import { expect, fromInt, HELD, type Judge, undecided, unsigned } from "./judge.ts";
import { NO_CALL, TF } from "./registers.ts";
import type { Tracee } from "./tracee.ts";

const PTRACE_GET_SYSCALL_INFO = 0x420e;
/** struct ptrace_syscall_info up to the six arguments (linux/ptrace.h): op, ip, sp, number, arguments. */
const INFO_WORDS = 11;
const [NUMBER, FIRST_ARGUMENT] = [3, 4];

/** A call that a stub stopped at: its registers at the stop, and the call according to the kernel. */
interface Call {
  readonly registers: BigUint64Array;
  readonly number: bigint;
  readonly args: readonly bigint[];
}

/** Makes stubs stop at system calls by SYSEMU. */
class Calls {
  readonly frames: Frames;

  constructor(frames: Frames) {
    this.frames = frames;
  }

  /** Replaces a block by that of a stub stopped at a call with the block's number and arguments. */
  fit(block: BigUint64Array): void {
    const { registers } = this.frames;
    registers.fit(block, PLACES.call);
    block[registers.at("orig_rax")] = NO_CALL;
    const tracee = this.frames.toCall(block);
    if (tracee !== undefined) block.set(tracee.words);
  }

  /** Makes a stub repeat the call that it stopped at with a block: RIP moves back, and rax is the number. */
  again(block: BigUint64Array, number: bigint): Call | undefined {
    const tracee = this.frames.toCall(this.back(block, number));
    return tracee === undefined ? undefined : describe(tracee, this.frames);
  }

  /** The registers before that call. */
  back(block: BigUint64Array, rax: bigint): BigUint64Array {
    const { registers } = this.frames;
    const rip = unsigned(registers.get(block, "rip") - SYSCALL_SIZE);
    return registers.with(block, { rip, rax, orig_rax: NO_CALL });
  }
}

function describe({ tracer, stub, words }: Tracee, { registers }: Frames): Call | undefined {
  const info = new BigUint64Array(INFO_WORDS);
  const { byteLength } = info;
  const length = tracer.shim.ptraceMemory(PTRACE_GET_SYSCALL_INFO, stub.pid, byteLength, info);
  if (length < 0) return undefined;
  return {
    registers: registers.with(words, {}),
    number: info[NUMBER] ?? 0n,
    args: [...info.subarray(FIRST_ARGUMENT, FIRST_ARGUMENT + 6)],
  };
}

const NO_INFO = "this kernel has no PTRACE_GET_SYSCALL_INFO";

export function guestJudges(frames: Frames): Judge[] {
  const calls = new Calls(frames);
  return [enterJudge(frames), decodeJudge(calls), resultJudge(calls)];
}

/** Number and arguments are those of the kernel, and with its rax the call can be repeated. */
function decodeJudge(calls: Calls): Judge {
  const { registers } = calls.frames;
  return {
    name: "decodeGuestSyscall",
    asked: "a call at a stop of SYSEMU, repeated with RIP 2 bytes back; PTRACE_GET_SYSCALL_INFO",
    fit(input) {
      calls.fit(input.block());
    },
    judge(input, answered) {
      const [before, block] = [input.block(), answered.block()];
      const original = registers.get(before, "orig_rax");
      const call = calls.again(before, original);
      if (call === undefined) return undecided(NO_INFO);
      const result = answered.returns(BigInt.asUintN(32, call.number));
      if (result !== HELD) return result;
      for (const [i, word] of call.args.entries()) {
        const argument = expect(`at.arg${i}`, word, answered.block("at")[i] ?? 0n);
        if (argument !== HELD) return argument;
      }
      const rax = registers.get(block, "rax");
      const again = calls.again(block, rax);
      if (again === undefined) return calls.frames.difference(before, block) ?? undecided(NO_INFO);
      const asked = registers.get(again.registers, "orig_rax");
      if (asked !== original) return expect("block.rax", original, rax);
      return calls.frames.difference(call.registers, again.registers) ?? HELD;
    },
  };
}

function resultJudge(calls: Calls): Judge {
  const { frames } = calls;
  return {
    name: "encodeGuestResult",
    asked: "resumed a stub from a stop of SYSEMU with the block; it stored its registers",
    draw(random, input) {
      if (random.chance(1, 4)) input.put("result", unsigned(random.pick(RESTARTS)));
    },
    fit(input) {
      calls.fit(input.block());
    },
    judge(input, answered) {
      const [before, given] = [input.block(), answered.block()];
      const meant = frames.registers.with(before, { rax: input.word("result") });
      const call = calls.back(before, frames.registers.get(before, "orig_rax"));
      return frames.judge(meant, given, frames.runFromCall(call, given));
    },
  };
}

const SELECTORS = ["cs", "ss", "ds", "es", "fs", "gs"];
/** si_code of a trap after an instruction. */
const TRAP_TRACE = 2;

function enterJudge(frames: Frames): Judge {
  const { registers } = frames;
  const selectorsOf = (block: BigUint64Array) =>
    Object.fromEntries(SELECTORS.map((name) => [name, registers.get(block, name)]));
  return {
    name: "enterGuest",
    asked:
      "resumed a stub from a signal with the block; whether it trapped after one instruction; it stored its registers",
    /** Often a result that makes the kernel restart a call, and the number of one. */
    draw(random, input) {
      if (random.chance(1, 2)) return;
      input.block()[registers.at("rax")] = unsigned(random.pick(RESTARTS));
      input.block()[registers.at("orig_rax")] = BigInt(random.below(400));
    },
    /** The selectors of `block` stay: the encoder has to replace them. */
    fit(input) {
      const block = input.block();
      const own = selectorsOf(block);
      registers.fit(block, PLACES.entry, true);
      block.set(registers.with(block, own));
      registers.fitSelectors(input.block("initial"));
    },
    sharpen(input) {
      return RESTARTS.map((result) => {
        const sharper = input.copy();
        sharper.block()[registers.at("rax")] = unsigned(result);
        return { with: `rax = ${result}, which asks for a restart`, input: sharper };
      });
    },
    judge(input, answered) {
      const selectors = selectorsOf(input.block("initial"));
      const meant = registers.with(input.block(), { ...selectors, orig_rax: NO_CALL });
      const trap = registers.get(meant, "eflags") & TF;
      // Without TF, the registers that the stub stores below show that it did not trap.
      const stop = trap === 0n ? undefined : frames.stopOf(meant);
      if (trap !== 0n && stop?.kind !== "signal") return undecided("the stub did not trap");
      const result = answered.returns(fromInt(stop?.code === TRAP_TRACE ? 1 : 0));
      if (result !== HELD) return result;
      // A stub that traps does not store its registers.
      const untrapped = (block: BigUint64Array) =>
        registers.with(block, { eflags: registers.get(block, "eflags") ^ trap });
      return frames.judge(untrapped(meant), untrapped(answered.block()));
    },
  };
}
