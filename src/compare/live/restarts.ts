import type { Random } from "../../cases/random.ts";
import type { RecordLayout } from "../record.ts";
import { PLACES } from "./code.ts";
import { type Frames, SYSCALL_SIZE } from "./frame.ts";
import { blockOf, RESTARTS } from "./frames.ts";
import { expect, type Judge, type Judgement, toInt, undecided, unsigned } from "./judge.ts";
import { NO_CALL } from "./registers.ts";

/** The number of the call that seems to be under way: kill. */
const CALL = 62n;

/** restartsSyscall: a stub is resumed from a signal with such a result in rax, and notes whether it went back. */
export class RestartsJudge implements Judge {
  readonly name = "restartsSyscall";
  readonly asked = "resumed a stub from a signal with rax = -errno; it noted whether RIP went back";
  readonly layout: RecordLayout;
  readonly #frames: Frames;

  constructor(layout: RecordLayout, frames: Frames) {
    this.layout = layout;
    this.#frames = frames;
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const errno = toInt(input[this.layout.field("errno").at]);
    const { registers } = this.#frames;
    const rax = unsigned(BigInt(-errno));
    const landing = this.#frames.run(registers.atEntry({ rax, orig_rax: CALL }));
    if (landing.kind === "strayed") return undecided(landing.how);
    const restarted = registers.get(landing.registers, "rip") !== PLACES.entry;
    return expect(this.name, restarted ? 1n : 0n, answered[this.layout.result] ?? 0n);
  }
}

/** restartSyscall: what the kernel makes of a block is compared with what the encoder made of it. */
export class RestartJudge implements Judge {
  readonly name = "restartSyscall";
  readonly asked =
    "resumed a stub from a signal with the block; it wrote down what the kernel made of it";
  readonly layout: RecordLayout;
  readonly #frames: Frames;

  constructor(layout: RecordLayout, frames: Frames) {
    this.layout = layout;
    this.#frames = frames;
  }

  draw(random: Random, input: BigUint64Array): void {
    if (random.chance(1, 2)) return;
    blockOf(this.layout, input)[this.#frames.registers.at("rax")] = unsigned(random.pick(RESTARTS));
  }

  fit(input: BigUint64Array): void {
    this.#frames.registers.fit(blockOf(this.layout, input));
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const landing = this.#frames.run(blockOf(this.layout, input));
    if (landing.kind === "strayed") return undecided(landing.how);
    const { registers } = this.#frames;
    const restarted = registers.get(landing.registers, "rip") !== PLACES.entry;
    const result = answered[this.layout.result] ?? 0n;
    if (result !== (restarted ? 1n : 0n)) return expect(this.name, restarted ? 1n : 0n, result);
    const block = blockOf(this.layout, answered);
    return this.#frames.difference(landing.registers, block) ?? expect(this.name, result, result);
  }
}

/** rewindSyscall: two bytes before the code that the block points to lies a jump that tells. */
export class RewindJudge implements Judge {
  readonly name = "rewindSyscall";
  readonly asked = "resumed a stub with the block; it noted where it began";
  readonly layout: RecordLayout;
  readonly #frames: Frames;

  constructor(layout: RecordLayout, frames: Frames) {
    this.layout = layout;
    this.#frames = frames;
  }

  fit(input: BigUint64Array): void {
    const { registers } = this.#frames;
    const block = blockOf(this.layout, input);
    registers.fit(block);
    block[registers.at("orig_rax")] = NO_CALL;
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const meant = this.#frames.registers.with(blockOf(this.layout, input), {
      rip: PLACES.entry - SYSCALL_SIZE,
    });
    return this.#frames.judge(meant, blockOf(this.layout, answered));
  }
}
