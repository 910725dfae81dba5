import type { Random } from "../../cases/random.ts";
import type { RecordLayout } from "../record.ts";
import type { Frames } from "./frame.ts";
import { FunctionJudge } from "./function_judge.ts";
import { fromInt, type Judgement, unsigned } from "./judge.ts";
import { NO_CALL } from "./registers.ts";

/** Results that make the kernel run a call again. */
export const RESTARTS: readonly [bigint, ...bigint[]] = [-512n, -513n, -514n, -516n];
/** Numbers of calls that could be run again: kill, read, restart_syscall and none. */
const CALLS: readonly [bigint, ...bigint[]] = [62n, 0n, 219n, 2n ** 31n - 1n];

/** Where the arguments go: rdi, rsi, rdx, r10, r8, r9 (syscall(2)). */
const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"];

/** The part of a record that is a register block. */
export function blockOf(layout: RecordLayout, record: BigUint64Array, name = "block") {
  const { at, words } = layout.field(name);
  return record.subarray(at, at + words);
}

/** encodeSyscall: a stub is resumed with the frame, and writes down the registers that it has. */
export class SyscallJudge extends FunctionJudge<Frames> {
  readonly name = "encodeSyscall";
  readonly asked = "resumed a stub with the frame; it wrote its registers down";

  /** Numbers that are results, for the kernel takes rax for one. */
  draw(random: Random, input: BigUint64Array): void {
    if (random.chance(3, 4)) return;
    this.#restart(input, random.pick(RESTARTS), random.pick(CALLS));
  }

  fit(input: BigUint64Array): void {
    this.kernel.registers.fit(blockOf(this.layout, input, "initial"));
  }

  /** orig_rax shows where the kernel is made to look at it. */
  sharpen(input: BigUint64Array) {
    const initial = blockOf(this.layout, input, "initial");
    const original = this.kernel.registers.get(initial, "orig_rax");
    return RESTARTS.map((number) => {
      const sharper = input.slice();
      this.#restart(sharper, number, original);
      return { with: `the number ${number}, a result that asks for a restart`, input: sharper };
    });
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const { registers } = this.kernel;
    const meant = registers.with(blockOf(this.layout, input, "initial"), {
      rax: this.word(input, "number"),
      orig_rax: NO_CALL,
      ...Object.fromEntries(ARGUMENTS.map((name, i) => [name, this.word(input, `arg${i}`)])),
    });
    return this.kernel.judge(meant, blockOf(this.layout, answered));
  }

  #restart(input: BigUint64Array, number: bigint, original: bigint): void {
    this.put(input, "number", unsigned(number));
    blockOf(this.layout, input, "initial")[this.kernel.registers.at("orig_rax")] = original;
  }
}

/** encodeBootstrap: the same with the registers in which a cloned stub looks for its parent and its mark. */
export class BootstrapJudge extends FunctionJudge<Frames> {
  readonly name = "encodeBootstrap";
  readonly asked = "resumed a stub with the block; it wrote its registers down";

  fit(input: BigUint64Array): void {
    const { registers } = this.kernel;
    const block = blockOf(this.layout, input);
    registers.fit(block);
    block[registers.at("orig_rax")] = NO_CALL;
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const parent = this.word(input, "parent");
    const meant = this.kernel.registers.with(blockOf(this.layout, input), {
      r15: fromInt(Number(BigInt.asUintN(32, parent))),
      rbx: 1n,
    });
    return this.kernel.judge(meant, blockOf(this.layout, answered));
  }
}
