import type { Random } from "../../cases/random.ts";
import { PLACES } from "./code.ts";
import { type Frames, SYSCALL_SIZE } from "./frame.ts";
import { blockOf, RESTARTS } from "./frames.ts";
import { FunctionJudge } from "./function_judge.ts";
import { expect, type Judgement, undecided, unsigned } from "./judge.ts";
import { restartDifference } from "./kernels.ts";
import { NO_CALL } from "./registers.ts";

/** The number of the call that seems to be in progress: kill. */
const CALL = 62n;

/** restartsSyscall: a stub is resumed from a signal with -errno in rax, and notes whether RIP moved back. */
export class RestartsJudge extends FunctionJudge<Frames> {
  readonly name = "restartsSyscall";
  readonly asked =
    "resumed a stub from a signal with rax = -errno; it noted whether RIP moved back";

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const errno = this.int(input, "errno");
    const { registers } = this.kernel;
    const rax = unsigned(BigInt(-errno));
    const landing = this.kernel.run(registers.atEntry({ rax, orig_rax: CALL }));
    if (landing.kind === "strayed") return undecided(landing.how);
    const restarted = registers.get(landing.registers, "rip") !== PLACES.entry;
    return this.expectResult(restarted ? 1n : 0n, answered);
  }
}

/** restartSyscall: the registers after a resume by the kernel are compared with the encoder's block. */
export class RestartJudge extends FunctionJudge<Frames> {
  readonly name = "restartSyscall";
  readonly asked = "resumed a stub from a signal with the block; it stored its registers";

  draw(random: Random, input: BigUint64Array): void {
    if (random.chance(1, 2)) return;
    blockOf(this.layout, input)[this.kernel.registers.at("rax")] = unsigned(random.pick(RESTARTS));
  }

  fit(input: BigUint64Array): void {
    this.kernel.registers.fit(blockOf(this.layout, input));
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const landing = this.kernel.run(blockOf(this.layout, input));
    if (landing.kind === "strayed") return undecided(landing.how);
    const { registers } = this.kernel;
    const restarted = registers.get(landing.registers, "rip") !== PLACES.entry;
    const result = this.result(answered);
    if (result !== (restarted ? 1n : 0n)) {
      const number = registers.get(blockOf(this.layout, input), "orig_rax");
      const difference = restartDifference(number, restarted);
      if (difference !== undefined) return undecided(difference);
      return expect(this.name, restarted ? 1n : 0n, result);
    }
    const block = blockOf(this.layout, answered);
    return this.kernel.difference(landing.registers, block) ?? expect(this.name, result, result);
  }
}

/** rewindSyscall: a jump two bytes before the code notes that the stub started there. */
export class RewindJudge extends FunctionJudge<Frames> {
  readonly name = "rewindSyscall";
  readonly asked = "resumed a stub with the block; it noted where it started";

  fit(input: BigUint64Array): void {
    const { registers } = this.kernel;
    const block = blockOf(this.layout, input);
    registers.fit(block);
    block[registers.at("orig_rax")] = NO_CALL;
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const meant = this.kernel.registers.with(blockOf(this.layout, input), {
      rip: PLACES.entry - SYSCALL_SIZE,
    });
    return this.kernel.judge(meant, blockOf(this.layout, answered));
  }
}
