import { closeSync, openSync } from "node:fs";
import type { Random } from "../../cases/random.ts";
import type { RecordLayout } from "../record.ts";
import { FAIL_AS_ASKED, FAILING_CALL, requireFilter } from "./filters.ts";
import { blockOf } from "./frames.ts";
import { expect, type Judge, type Judgement } from "./judge.ts";
import type { Registers } from "./registers.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

/** The least result that is an errno (MAX_ERRNO in include/linux/err.h). */
const LEAST_ERROR = 2n ** 64n - 4095n;
const SEEK_SET = 0n;

/**
 * Calls that really answer what is asked of them. A value: lseek on /proc/PID/mem answers with the offset, any
 * word of 64 bits. An errno: a filter makes a call fail, and takes any errno that there is.
 */
export class Answers {
  readonly #slot: TraceeSlot;
  #memory: { readonly pid: number; readonly fd: number } | undefined;

  /** @param slot of stubs that were prepared by `prepareAnswers` */
  constructor(slot: TraceeSlot) {
    this.#slot = slot;
  }

  /** Makes the call that answers with `word`; answers whether it failed, and the registers after it. */
  make(word: bigint): { failed: boolean; registers: BigUint64Array } {
    const tracee = this.#slot.get();
    const failed = word >= LEAST_ERROR;
    if (failed) tracee.call(FAILING_CALL, 2n ** 64n - word);
    else tracee.call("lseek", BigInt(this.#descriptor(tracee)), word, SEEK_SET);
    return { failed, registers: tracee.words.slice() };
  }

  close(): void {
    if (this.#memory !== undefined) closeSync(this.#memory.fd);
    this.#memory = undefined;
  }

  /** /proc/PID/mem of the stub, which shares the host's file table. */
  #descriptor({ stub }: Tracee): number {
    if (this.#memory?.pid !== stub.pid) {
      this.close();
      this.#memory = { pid: stub.pid, fd: openSync(`/proc/${stub.pid}/mem`, "r") };
    }
    return this.#memory.fd;
  }
}

export function prepareAnswers(tracee: Tracee): Tracee {
  requireFilter(tracee, FAIL_AS_ASKED);
  return tracee;
}

const ASKED = "lseek(/proc/PID/mem) for values, and a call that a filter made fail for errnos";

/** syscallResult: the block is that of a stub after such a call. */
export class ResultJudge implements Judge {
  readonly name = "syscallResult";
  readonly asked = ASKED;
  readonly layout: RecordLayout;
  readonly #answers: Answers;
  readonly #registers: Registers;

  constructor(layout: RecordLayout, answers: Answers, registers: Registers) {
    this.layout = layout;
    this.#answers = answers;
    this.#registers = registers;
  }

  fit(input: BigUint64Array): void {
    const block = blockOf(this.layout, input);
    block.set(this.#answers.make(this.#registers.get(block, "rax")).registers);
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const asked = this.#registers.get(blockOf(this.layout, input), "rax");
    return expect(this.name, asked, answered[this.layout.result] ?? 0n);
  }
}

/** syscallErrno: whether the call failed, and with what. */
export class ErrnoJudge implements Judge {
  readonly name = "syscallErrno";
  readonly asked = ASKED;
  readonly layout: RecordLayout;
  readonly #answers: Answers;
  readonly #registers: Registers;

  constructor(layout: RecordLayout, answers: Answers, registers: Registers) {
    this.layout = layout;
    this.#answers = answers;
    this.#registers = registers;
  }

  /** Every errno, for each of them has a call that fails with it. */
  draw(random: Random, input: BigUint64Array, enumerated: boolean): void {
    if (!enumerated && random.chance(1, 2)) {
      input[this.layout.field("result").at] = 2n ** 64n - BigInt(random.below(4100));
    }
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const word = input[this.layout.field("result").at] ?? 0n;
    const { failed, registers } = this.#answers.make(word);
    const result = this.#registers.get(registers, "rax");
    const errno = failed ? BigInt.asUintN(64, -result) : 0n;
    return expect(this.name, errno, answered[this.layout.result] ?? 0n);
  }
}
