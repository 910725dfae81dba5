import type { Random } from "../../cases/random.ts";
import { PLACES } from "./code.ts";
import { type Frames, SYSCALL_SIZE } from "./frame.ts";
import { blockOf, RESTARTS } from "./frames.ts";
import { FunctionJudge } from "./function_judge.ts";
import { expect, fromInt, HELD, type Judgement, undecided, unsigned } from "./judge.ts";
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
export class Calls {
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

/** decodeGuestSyscall: number and arguments are those of the kernel, and with its rax the call can be repeated. */
export class DecodeJudge extends FunctionJudge<Calls> {
  readonly name = "decodeGuestSyscall";
  readonly asked =
    "a call at a stop of SYSEMU, repeated with RIP 2 bytes back; PTRACE_GET_SYSCALL_INFO";

  fit(input: BigUint64Array): void {
    this.kernel.fit(blockOf(this.layout, input));
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const { registers } = this.kernel.frames;
    const [before, block] = [blockOf(this.layout, input), blockOf(this.layout, answered)];
    const call = this.kernel.again(before, registers.get(before, "orig_rax"));
    if (call === undefined) return undecided(NO_INFO);
    const number = BigInt.asUintN(32, call.number);
    const result = this.expectResult(number, answered);
    if (result !== HELD) return result;
    const args = blockOf(this.layout, answered, "at");
    for (const [i, word] of call.args.entries()) {
      const argument = expect(`at.arg${i}`, word, args[i] ?? 0n);
      if (argument !== HELD) return argument;
    }
    const rax = registers.get(block, "rax");
    const again = this.kernel.again(block, rax);
    if (again === undefined)
      return this.kernel.frames.difference(before, block) ?? undecided(NO_INFO);
    const asked = registers.get(again.registers, "orig_rax");
    const original = registers.get(before, "orig_rax");
    if (asked !== original) return expect("block.rax", original, rax);
    return this.kernel.frames.difference(call.registers, again.registers) ?? HELD;
  }
}

/** encodeGuestResult: a stub is resumed from a call with the block. */
export class GuestResultJudge extends FunctionJudge<Calls> {
  readonly name = "encodeGuestResult";
  readonly asked = "resumed a stub from a stop of SYSEMU with the block; it stored its registers";

  draw(random: Random, input: BigUint64Array): void {
    if (random.chance(1, 4)) {
      this.put(input, "result", unsigned(random.pick(RESTARTS)));
    }
  }

  fit(input: BigUint64Array): void {
    this.kernel.fit(blockOf(this.layout, input));
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const { frames } = this.kernel;
    const { registers } = frames;
    const [before, given] = [blockOf(this.layout, input), blockOf(this.layout, answered)];
    const rax = this.word(input, "result");
    const call = this.kernel.back(before, registers.get(before, "orig_rax"));
    return frames.judge(registers.with(before, { rax }), given, frames.runFromCall(call, given));
  }
}

/** enterGuest: a stub is resumed from a signal with the block, and traps after one instruction if it single-steps. */
export class EnterJudge extends FunctionJudge<Frames> {
  readonly name = "enterGuest";
  readonly asked =
    "resumed a stub from a signal with the block; whether it trapped after one instruction; it stored its registers";

  /** Often a result that makes the kernel restart a call, and the number of one. */
  draw(random: Random, input: BigUint64Array): void {
    if (random.chance(1, 2)) return;
    const { registers } = this.kernel;
    const block = blockOf(this.layout, input);
    block[registers.at("rax")] = unsigned(random.pick(RESTARTS));
    block[registers.at("orig_rax")] = BigInt(random.below(400));
  }

  /** The selectors of `block` stay: the encoder has to replace them. */
  fit(input: BigUint64Array): void {
    const { registers } = this.kernel;
    const block = blockOf(this.layout, input);
    const own = SELECTORS.map((name) => [name, registers.get(block, name)] as const);
    registers.fit(block, PLACES.entry, true);
    for (const [name, word] of own) block[registers.at(name)] = word;
    registers.fitSelectors(blockOf(this.layout, input, "initial"));
  }

  sharpen(input: BigUint64Array) {
    return RESTARTS.map((result) => {
      const sharper = input.slice();
      blockOf(this.layout, sharper)[this.kernel.registers.at("rax")] = unsigned(result);
      return { with: `rax = ${result}, which asks for a restart`, input: sharper };
    });
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const { registers } = this.kernel;
    const initial = blockOf(this.layout, input, "initial");
    const meant = registers.with(blockOf(this.layout, input), {
      ...Object.fromEntries(SELECTORS.map((name) => [name, registers.get(initial, name)])),
      orig_rax: NO_CALL,
    });
    const trap = registers.get(meant, "eflags") & TF;
    // Without TF, the registers that the stub stores below show that it did not trap.
    const stop = trap === 0n ? undefined : this.kernel.stopOf(meant);
    if (trap !== 0n && stop?.kind !== "signal") return undecided("the stub did not trap");
    const stepping = fromInt(stop?.code === TRAP_TRACE ? 1 : 0);
    const result = this.expectResult(stepping, answered);
    if (result !== HELD) return result;
    // A stub that traps does not store its registers.
    const untrapped = (block: BigUint64Array) =>
      registers.with(block, { eflags: registers.get(block, "eflags") ^ trap });
    return this.kernel.judge(untrapped(meant), untrapped(blockOf(this.layout, answered)));
  }
}

const SELECTORS = ["cs", "ss", "ds", "es", "fs", "gs"];
/** si_code of a trap after an instruction. */
const TRAP_TRACE = 2;
