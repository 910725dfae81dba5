import type { Random } from "../../cases/random.ts";
import type { RecordLayout } from "../record.ts";
import { PLACES } from "./code.ts";
import { type Frames, SYSCALL_SIZE } from "./frame.ts";
import { blockOf, RESTARTS } from "./frames.ts";
import { expect, fromInt, HELD, type Judge, type Judgement, undecided, unsigned } from "./judge.ts";
import { NO_CALL, TF } from "./registers.ts";
import type { Tracee } from "./tracee.ts";

const PTRACE_GET_SYSCALL_INFO = 0x420e;
/** struct ptrace_syscall_info up to the six arguments (linux/ptrace.h): op, ip, sp, number, arguments. */
const INFO_WORDS = 11;
const [NUMBER, FIRST_ARGUMENT] = [3, 4];

/** A call that a stub stopped at: what its registers are then, and what the kernel says of it. */
interface Call {
  readonly registers: BigUint64Array;
  readonly number: bigint;
  readonly args: readonly bigint[];
}

/** Has stubs make system calls that SYSEMU takes. */
export class Calls {
  readonly frames: Frames;

  constructor(frames: Frames) {
    this.frames = frames;
  }

  /** Makes of a block that of a stub that stopped at a call, whose number and arguments the block had. */
  fit(block: BigUint64Array): void {
    const { registers } = this.frames;
    registers.fit(block, PLACES.call);
    block[registers.at("orig_rax")] = NO_CALL;
    const tracee = this.frames.toCall(block);
    if (tracee !== undefined) block.set(tracee.words);
  }

  /** Has a stub make again the call that it stopped at with a block: RIP back, the number in rax. */
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

/** decodeGuestSyscall: number and arguments are the kernel's, and with rax as it is left the call can be made again. */
export class DecodeJudge implements Judge {
  readonly name = "decodeGuestSyscall";
  readonly asked =
    "a call at a stop of SYSEMU, made again with RIP back by 2; PTRACE_GET_SYSCALL_INFO";
  readonly layout: RecordLayout;
  readonly #calls: Calls;

  constructor(layout: RecordLayout, calls: Calls) {
    this.layout = layout;
    this.#calls = calls;
  }

  fit(input: BigUint64Array): void {
    this.#calls.fit(blockOf(this.layout, input));
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const { registers } = this.#calls.frames;
    const [before, block] = [blockOf(this.layout, input), blockOf(this.layout, answered)];
    const call = this.#calls.again(before, registers.get(before, "orig_rax"));
    if (call === undefined) return undecided(NO_INFO);
    const number = BigInt.asUintN(32, call.number);
    const result = expect(this.name, number, answered[this.layout.result] ?? 0n);
    if (result !== HELD) return result;
    const args = blockOf(this.layout, answered, "at");
    for (const [i, word] of call.args.entries()) {
      const argument = expect(`at.arg${i}`, word, args[i] ?? 0n);
      if (argument !== HELD) return argument;
    }
    const rax = registers.get(block, "rax");
    const again = this.#calls.again(block, rax);
    if (again === undefined)
      return this.#calls.frames.difference(before, block) ?? undecided(NO_INFO);
    const asked = registers.get(again.registers, "orig_rax");
    const original = registers.get(before, "orig_rax");
    if (asked !== original) return expect("block.rax", original, rax);
    return this.#calls.frames.difference(call.registers, again.registers) ?? HELD;
  }
}

/** encodeGuestResult: a stub goes on from a call with the block. */
export class GuestResultJudge implements Judge {
  readonly name = "encodeGuestResult";
  readonly asked =
    "resumed a stub from a stop of SYSEMU with the block; it wrote its registers down";
  readonly layout: RecordLayout;
  readonly #calls: Calls;

  constructor(layout: RecordLayout, calls: Calls) {
    this.layout = layout;
    this.#calls = calls;
  }

  draw(random: Random, input: BigUint64Array): void {
    if (random.chance(1, 4)) {
      input[this.layout.field("result").at] = unsigned(random.pick(RESTARTS));
    }
  }

  fit(input: BigUint64Array): void {
    this.#calls.fit(blockOf(this.layout, input));
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const { frames } = this.#calls;
    const { registers } = frames;
    const [before, given] = [blockOf(this.layout, input), blockOf(this.layout, answered)];
    const rax = input[this.layout.field("result").at] ?? 0n;
    const call = this.#calls.back(before, registers.get(before, "orig_rax"));
    return frames.judge(registers.with(before, { rax }), given, frames.runFromCall(call, given));
  }
}

/** enterGuest: a stub is resumed from a signal with the block, and traps after one instruction if it single-steps. */
export class EnterJudge implements Judge {
  readonly name = "enterGuest";
  readonly asked =
    "resumed a stub from a signal with the block; whether it trapped after one instruction; it wrote its registers down";
  readonly layout: RecordLayout;
  readonly #frames: Frames;

  constructor(layout: RecordLayout, frames: Frames) {
    this.layout = layout;
    this.#frames = frames;
  }

  /** Results that make the kernel run a call again, where one is under way. */
  draw(random: Random, input: BigUint64Array): void {
    if (random.chance(1, 2)) return;
    const { registers } = this.#frames;
    const block = blockOf(this.layout, input);
    block[registers.at("rax")] = unsigned(random.pick(RESTARTS));
    block[registers.at("orig_rax")] = BigInt(random.below(400));
  }

  /** The selectors of `block` stay as they are: they are to be replaced. */
  fit(input: BigUint64Array): void {
    const { registers } = this.#frames;
    const block = blockOf(this.layout, input);
    const own = SELECTORS.map((name) => [name, registers.get(block, name)] as const);
    registers.fit(block, PLACES.entry, true);
    for (const [name, word] of own) block[registers.at(name)] = word;
    registers.fitSelectors(blockOf(this.layout, input, "initial"));
  }

  sharpen(input: BigUint64Array) {
    return RESTARTS.map((result) => {
      const sharper = input.slice();
      blockOf(this.layout, sharper)[this.#frames.registers.at("rax")] = unsigned(result);
      return { with: `rax = ${result}, which asks for a restart`, input: sharper };
    });
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const { registers } = this.#frames;
    const initial = blockOf(this.layout, input, "initial");
    const meant = registers.with(blockOf(this.layout, input), {
      ...Object.fromEntries(SELECTORS.map((name) => [name, registers.get(initial, name)])),
      orig_rax: NO_CALL,
    });
    const trap = registers.get(meant, "eflags") & TF;
    // Without TF, the registers that the stub writes down below show that nothing trapped.
    const stop = trap === 0n ? undefined : this.#frames.stopOf(meant);
    if (trap !== 0n && stop?.kind !== "signal") return undecided("the stub did not trap");
    const stepping = fromInt(stop?.code === TRAP_TRACE ? 1 : 0);
    const result = expect(this.name, stepping, answered[this.layout.result] ?? 0n);
    if (result !== HELD) return result;
    // A stub that traps writes nothing down.
    const untrapped = (block: BigUint64Array) =>
      registers.with(block, { eflags: registers.get(block, "eflags") ^ trap });
    return this.#frames.judge(untrapped(meant), untrapped(blockOf(this.layout, answered)));
  }
}

const SELECTORS = ["cs", "ss", "ds", "es", "fs", "gs"];
/** si_code of a trap after an instruction. */
const TRAP_TRACE = 2;
