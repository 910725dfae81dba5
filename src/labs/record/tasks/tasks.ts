import { InputError } from "../../../lib/errors.ts";
import { didYouMean } from "../../../lib/nearest.ts";
import { LESSONS } from "../course.ts";
import { taskTitle } from "../lesson_text.ts";
import { cloneRegisters, earlyAttach, makeThread } from "./exercises/births.ts";
import { failingCall, forcedRestart, noRestart } from "./exercises/calls.ts";
import { guestCode, repairStub } from "./exercises/code.ts";
import { exitSignal, parentDies } from "./exercises/deaths.ts";
import { onePage, rseqArea } from "./exercises/memory.ts";
import { outOfReach, unblockSignal } from "./exercises/signals.ts";
import { findStep } from "./exercises/steps.ts";
import { traceOptions, waitOptions } from "./exercises/waits.ts";
import type { Task } from "./task.ts";

/** Every task by name, in the order of the course. */
export const TASKS: Readonly<Record<string, Task>> = {
  "find-step": { lesson: "host", given: 0, points: 1, pose: findStep },
  "clone-registers": { lesson: "grandchild", given: 5, points: 7, pose: cloneRegisters },
  "repair-stub": { lesson: "grandchild", given: 12, points: 1, pose: repairStub },
  "failing-call": { lesson: "inject", given: 3, points: 3, pose: failingCall },
  "one-page": { lesson: "scrub", given: 0, points: 2, pose: onePage },
  "guest-code": { lesson: "switch", given: 0, points: 3, pose: guestCode },
  "parent-dies": { lesson: "parent-dies", given: 8, points: 1, pose: parentDies },
  "make-thread": { lesson: "thread-dies", given: 2, points: 5, pose: makeThread },
  "early-attach": { lesson: "early-attach", given: 4, points: 5, pose: earlyAttach },
  "wait-options": { lesson: "no-wuntraced", given: 4, points: 1, pose: waitOptions },
  "unblock-signal": { lesson: "blocked-signals", given: 1, points: 2, pose: unblockSignal },
  "out-of-reach": { lesson: "no-setsid", given: 4, points: 2, pose: outOfReach },
  "trace-options": { lesson: "exitkill", given: 2, points: 1, pose: traceOptions },
  "forced-restart": { lesson: "stale-orig-rax", given: 3, points: 1, pose: forcedRestart },
  "no-restart": { lesson: "stale-orig-rax", given: 3, points: 1, pose: noRestart },
  "rseq-area": { lesson: "rseq", given: 4, points: 2, pose: rseqArea },
  "exit-signal": { lesson: "cascade", given: 3, points: 2, pose: exitSignal },
};

/** The tasks of a recording's lesson, with their names. */
export function tasksOf({ scenario }: { scenario: string }): { name: string; title: string }[] {
  const names = Object.keys(TASKS).filter((name) => TASKS[name]?.lesson === scenario);
  return names.map((name) => ({ name, title: taskTitle(name) }));
}

/** The names of the tasks of all lessons up to this one, in the order of the course. @throws InputError */
export function tasksAfter(lesson: string): string[] {
  const last = LESSONS.indexOf(lesson);
  if (last < 0) throw new InputError(`unknown lesson "${lesson}"${didYouMean(lesson, LESSONS)}`);
  return Object.keys(TASKS).filter((name) => LESSONS.indexOf(loadTask(name).lesson) <= last);
}

/** @throws InputError that names the nearest task. */
export function loadTask(name: string): Task {
  const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  if (task !== undefined) return task;
  throw new InputError(`unknown task "${name}"${didYouMean(name, Object.keys(TASKS))}`, {
    remedy: "`stublab lesson task` lists the tasks",
  });
}
