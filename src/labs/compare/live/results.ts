import { openSync } from "node:fs";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { FAIL_AS_ASKED, FAILING_CALL, requireFilter } from "./filters.ts";
import { type JudgeTable, unsigned } from "./judge.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

/** The lowest result that is an errno (MAX_ERRNO in include/linux/err.h). */
const LEAST_ERROR = 2n ** 64n - 4095n;
const SEEK_SET = 0n;

/** Prepares a stub for calls that return any result. */
export function prepareAnswers(tracee: Tracee): Tracee {
  tracee.descriptor = openSync(`/proc/${tracee.stub.pid}/mem`, "r");
  return requireFilter(tracee, FAIL_AS_ASKED);
}

/** @param stubs prepared by `prepareAnswers` */
export function resultJudges(stubs: TraceeSlot): JudgeTable {
  const asked = "lseek(/proc/PID/mem) for values, and a call that a filter made fail for errnos";
  /**
   * Makes a real call return a word. For values, lseek on /proc/PID/mem returns its offset, any 64-bit word. For errnos,
   * a filter makes a call fail with any errno.
   */
  const make = (tracee: Tracee, word: bigint): bigint =>
    word >= LEAST_ERROR
      ? tracee.call(FAILING_CALL, [2n ** 64n - word])
      : tracee.call("lseek", [BigInt(tracee.descriptor ?? -1), word, SEEK_SET]);
  const result = `block.${HOST_MACHINE.callRegisters.result}`;
  return {
    syscallResult: {
      asked,
      fit(input) {
        const tracee = stubs.get();
        make(tracee, input.word(result));
        input.words("block").set(tracee.words);
      },
      ask: (input) => input.word(result),
    },
    syscallErrno: {
      asked,
      /** Often an errno: a call can fail with each of them. */
      draw(random, input, enumerated) {
        if (!enumerated && random.chance(1, 2)) {
          input.put("result", 2n ** 64n - BigInt(random.below(4100)));
        }
      },
      ask(input) {
        const word = input.word("result");
        const made = make(stubs.get(), word);
        return word >= LEAST_ERROR ? unsigned(-made) : 0n;
      },
    },
  };
}
