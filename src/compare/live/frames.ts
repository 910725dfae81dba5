import type { Random } from "../../cases/random.ts";
import type { RecordLayout } from "../record.ts";
import type { Frames } from "./frame.ts";
import { FunctionJudge } from "./function_judge.ts";
import { fromInt, type Judgement, unsigned } from "./judge.ts";
import { NO_CALL } from "./registers.ts";

/** Results that make the kernel restart a call. They are independent of the model of the fuzzer on purpose. */
export const RESTARTS: readonly [bigint, ...bigint[]] = [-512n, -513n, -514n, -516n];
/** Numbers of calls that could be restarted: kill, read, restart_syscall and an unknown one. */
const CALLS: readonly [bigint, ...bigint[]] = [62n, 0n, 219n, 2n ** 31n - 1n];

/** The registers of arguments (syscall(2)). */
const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"];

/** The part of a record that is a register block. */
export function blockOf(layout: RecordLayout, record: BigUint64Array, name = "block") {
  const { at, words } = layout.field(name);
  return record.subarray(at, at + words);
}

/** encodeSyscall: a stub is resumed with the frame, and stores its registers. */
export class SyscallJudge extends FunctionJudge<Frames> {
  readonly name = "encodeSyscall";
  readonly asked = "resumed a stub with the frame; it stored its registers";

  /** Sometimes numbers that look like results to restart: the kernel finds the number in rax. */
  draw(random: Random, input: BigUint64Array): void {
    if (random.chance(3, 4)) return;
    this.#restart(input, random.pick(RESTARTS), random.pick(CALLS));
  }

  fit(input: BigUint64Array): void {
    this.kernel.registers.fit(blockOf(this.layout, input, "initial"));
  }

  /** A wrong orig_rax has an effect if rax asks for a restart. */
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

/** encodeBootstrap: the same for R15, the parent's pid, and RBX, the mark of a clone. */
export class BootstrapJudge extends FunctionJudge<Frames> {
  readonly name = "encodeBootstrap";
  readonly asked = "resumed a stub with the block; it stored its registers";

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
