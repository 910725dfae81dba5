import { closeSync, openSync } from "node:fs";
import type { Random } from "../../cases/random.ts";
import { FAIL_AS_ASKED, FAILING_CALL, requireFilter } from "./filters.ts";
import { blockOf } from "./frames.ts";
import { FunctionJudge } from "./function_judge.ts";
import type { Judgement } from "./judge.ts";
import type { Registers } from "./registers.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

/** The lowest result that is an errno (MAX_ERRNO in include/linux/err.h). */
const LEAST_ERROR = 2n ** 64n - 4095n;
const SEEK_SET = 0n;

/**
 * Makes real calls return any result. For values, lseek on /proc/PID/mem returns its offset, any 64-bit word. For
 * errnos, a filter makes a call fail with any errno.
 */
export class Answers {
  readonly registers: Registers;
  readonly #slot: TraceeSlot;
  #memory: { readonly pid: number; readonly fd: number } | undefined;

  /** @param slot stubs prepared by `prepareAnswers` */
  constructor(slot: TraceeSlot, registers: Registers) {
    this.registers = registers;
    this.#slot = slot;
  }

  /** Makes a call that returns `word`; returns whether it failed, and the registers after it. */
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

/** syscallResult: the block has the registers of a stub after such a call. */
export class ResultJudge extends FunctionJudge<Answers> {
  readonly name = "syscallResult";
  readonly asked = ASKED;

  fit(input: BigUint64Array): void {
    const block = blockOf(this.layout, input);
    block.set(this.kernel.make(this.kernel.registers.get(block, "rax")).registers);
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const asked = this.kernel.registers.get(blockOf(this.layout, input), "rax");
    return this.expectResult(asked, answered);
  }
}

/** syscallErrno: whether the call failed, and with which errno. */
export class ErrnoJudge extends FunctionJudge<Answers> {
  readonly name = "syscallErrno";
  readonly asked = ASKED;

  /** Often an errno: a call can fail with each of them. */
  draw(random: Random, input: BigUint64Array, enumerated: boolean): void {
    if (!enumerated && random.chance(1, 2)) {
      this.put(input, "result", 2n ** 64n - BigInt(random.below(4100)));
    }
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const word = this.word(input, "result");
    const { failed, registers } = this.kernel.make(word);
    const result = this.kernel.registers.get(registers, "rax");
    const errno = failed ? BigInt.asUintN(64, -result) : 0n;
    return this.expectResult(errno, answered);
  }
}
