import { MACHINES } from "../../../../../core/machine/index.ts";
import { fitSelectors, NO_CALL, TF } from "../../amd64.ts";
import { PLACES } from "../../code.ts";
import type { Frames } from "../../frame.ts";
import { expect, type Judge, undecided, unsigned } from "../../judge.ts";
import { RESTARTS } from "./restarts.ts";

const PTRACE_GET_SYSCALL_INFO = 0x420e;
/** struct ptrace_syscall_info up to the six arguments (linux/ptrace.h): op, ip, sp, number, arguments. */
const INFO_WORDS = 11;
const [NUMBER, FIRST_ARGUMENT] = [3, 4];

/** Replaces a block by that of a stub stopped at a call with the block's number and arguments. */
function fitToCall(frames: Frames, block: BigUint64Array): void {
  const { registers } = frames;
  registers.fit(block, PLACES.call);
  block[registers.at("orig_rax")] = NO_CALL;
  const tracee = frames.toCall(block);
  if (tracee !== undefined) block.set(tracee.words);
}

/** The registers before the call that a stub stopped at with a block: RIP moves back, and rax is the number. */
function beforeCall({ registers }: Frames, block: BigUint64Array, rax: bigint): BigUint64Array {
  const rip = unsigned(registers.get(block, "rip") - BigInt(MACHINES.amd64.syscallLength));
  return registers.with(block, { rip, rax, orig_rax: NO_CALL });
}

/** A call that a stub stopped at: its registers at the stop, and the call according to the kernel. */
interface Call {
  readonly registers: BigUint64Array;
  readonly number: bigint;
  readonly args: readonly bigint[];
}

/** Makes a stub repeat the call that it stopped at with a block; undefined if it stops otherwise. */
function repeat(frames: Frames, block: BigUint64Array, number: bigint): Call | undefined {
  const tracee = frames.toCall(beforeCall(frames, block, number));
  if (tracee === undefined) return undefined;
  const { tracer, stub, words } = tracee;
  const info = new BigUint64Array(INFO_WORDS);
  const { byteLength } = info;
  const length = tracer.shim.ptrace(PTRACE_GET_SYSCALL_INFO, stub.pid, byteLength, info);
  if (length < 0) return undefined;
  const args = [...info.subarray(FIRST_ARGUMENT, FIRST_ARGUMENT + 6)];
  return { registers: words.slice(), number: info[NUMBER] ?? 0n, args };
}

const NO_INFO = "this kernel has no PTRACE_GET_SYSCALL_INFO";

export function guestJudges(frames: Frames): Judge[] {
  return [enterJudge(frames), decodeJudge(frames), resultJudge(frames)];
}

/** Number and arguments are those of the kernel, and with its rax the call can be repeated. */
function decodeJudge(frames: Frames): Judge {
  const { registers } = frames;
  return {
    name: "decodeGuestSyscall",
    asked: "a call at a stop of SYSEMU, repeated with RIP 2 bytes back; PTRACE_GET_SYSCALL_INFO",
    fit(input) {
      fitToCall(frames, input.block());
    },
    judge(input, answered) {
      const [before, block] = [input.block(), answered.block()];
      const original = registers.get(before, "orig_rax");
      const call = repeat(frames, before, original) ?? undecided(NO_INFO);
      answered.returns(BigInt.asUintN(32, call.number));
      for (const [i, word] of call.args.entries()) {
        expect(`at.arg${i}`, word, answered.block("at")[i] ?? 0n);
      }
      const rax = registers.get(block, "rax");
      const again = repeat(frames, block, rax);
      if (again === undefined) {
        frames.expectSame(before, block);
        undecided(NO_INFO);
      }
      if (registers.get(again.registers, "orig_rax") !== original) {
        expect("block.rax", original, rax);
      }
      frames.expectSame(call.registers, again.registers);
    },
  };
}

function resultJudge(frames: Frames): Judge {
  const { registers } = frames;
  return {
    name: "encodeGuestResult",
    asked: "resumed a stub from a stop of SYSEMU with the block; it stored its registers",
    draw(random, input) {
      if (random.chance(1, 4)) input.put("result", unsigned(random.pick(RESTARTS)));
    },
    fit(input) {
      fitToCall(frames, input.block());
    },
    judge(input, answered) {
      const [before, given] = [input.block(), answered.block()];
      const meant = registers.with(before, { rax: input.word("result") });
      const call = beforeCall(frames, before, registers.get(before, "orig_rax"));
      frames.judge(meant, given, () => frames.runFromCall(call, given));
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
      fitSelectors(registers.view(input.block("initial")));
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
      const code = typeof stop === "object" && stop.kind === "signal" ? stop.code : undefined;
      if (trap !== 0n && code === undefined) undecided("the stub did not trap");
      answered.returns(code === TRAP_TRACE ? 1n : 0n);
      // A stub that traps does not store its registers.
      const untrapped = (block: BigUint64Array) =>
        registers.with(block, { eflags: registers.get(block, "eflags") ^ trap });
      frames.judge(untrapped(meant), untrapped(answered.block()));
    },
  };
}
