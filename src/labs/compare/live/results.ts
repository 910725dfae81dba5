import { openSync } from "node:fs";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { FAIL_AS_ASKED, FAILING_CALL, requireFilter } from "./filters.ts";
import { type Judge, unsigned } from "./judge.ts";
import type { Registers } from "./registers.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

/** The lowest result that is an errno (MAX_ERRNO in include/linux/err.h). */
const LEAST_ERROR = 2n ** 64n - 4095n;
const SEEK_SET = 0n;

const RESULT = HOST_MACHINE.callRegisters.result;

/** Prepares a stub for calls that return any result. */
export function prepareAnswers(tracee: Tracee): Tracee {
  requireFilter(tracee, FAIL_AS_ASKED);
  tracee.descriptor = openSync(`/proc/${tracee.stub.pid}/mem`, "r");
  return tracee;
}

/** @param slot stubs prepared by `prepareAnswers` */
export function resultJudges(slot: TraceeSlot, registers: Registers): Judge[] {
  /**
   * Makes a real call return `word`; returns whether it failed, and the registers after it. For values, lseek on
   * /proc/PID/mem returns its offset, any 64-bit word. For errnos, a filter makes a call fail with any errno.
   */
  const make = (word: bigint) => {
    const tracee = slot.get();
    const failed = word >= LEAST_ERROR;
    if (failed) tracee.call(FAILING_CALL, 2n ** 64n - word);
    else tracee.call("lseek", BigInt(tracee.descriptor ?? -1), word, SEEK_SET);
    return { failed, registers: tracee.words.slice() };
  };
  const asked = "lseek(/proc/PID/mem) for values, and a call that a filter made fail for errnos";
  const result: Judge = {
    name: "syscallResult",
    asked,
    fit(input) {
      const block = input.block();
      block.set(make(registers.get(block, RESULT)).registers);
    },
    judge(input, answered) {
      answered.returns(registers.get(input.block(), RESULT));
    },
  };
  const errno: Judge = {
    name: "syscallErrno",
    asked,
    /** Often an errno: a call can fail with each of them. */
    draw(random, input, enumerated) {
      if (!enumerated && random.chance(1, 2)) {
        input.put("result", 2n ** 64n - BigInt(random.below(4100)));
      }
    },
    judge(input, answered) {
      const { failed, registers: after } = make(input.word("result"));
      answered.returns(failed ? unsigned(-registers.get(after, RESULT)) : 0n);
    },
  };
  return [result, errno];
}
