import { InputError } from "../../../lib/errors.ts";
import { didYouMean } from "../../../lib/nearest.ts";
import { LESSONS } from "../course.ts";
import { taskTitle } from "../lesson_text.ts";
import type { Recording } from "../recording.ts";
import { cloneRegisters, earlyAttach, makeThread } from "./exercises/births.ts";
import { failingCall } from "./exercises/calls.ts";
import { exitSignal, parentDies } from "./exercises/deaths.ts";
import { guestCode } from "./exercises/guest.ts";
import { onePage, rseqArea } from "./exercises/memory.ts";
import { repairStub } from "./exercises/repair.ts";
import { forcedRestart, noRestart } from "./exercises/restarts.ts";
import { outOfReach, unblockSignal } from "./exercises/signals.ts";
import { findStep } from "./exercises/steps.ts";
import { traceOptions, waitOptions } from "./exercises/waits.ts";
import type { Task } from "./task.ts";

/** Every task by name, in the order of the course. */
export const TASKS: Readonly<Record<string, Task>> = {
  "find-step": findStep,
  "clone-registers": cloneRegisters,
  "repair-stub": repairStub,
  "failing-call": failingCall,
  "one-page": onePage,
  "guest-code": guestCode,
  "parent-dies": parentDies,
  "make-thread": makeThread,
  "early-attach": earlyAttach,
  "wait-options": waitOptions,
  "unblock-signal": unblockSignal,
  "out-of-reach": outOfReach,
  "trace-options": traceOptions,
  "forced-restart": forcedRestart,
  "no-restart": noRestart,
  "rseq-area": rseqArea,
  "exit-signal": exitSignal,
};

/** The tasks of a recording's lesson, with their names. */
export function tasksOf({
  scenario,
}: Pick<Recording, "scenario">): { readonly name: string; readonly title: string }[] {
  return Object.entries(TASKS).flatMap(([name, { lesson }]) =>
    lesson === scenario ? [{ name, title: taskTitle(name) }] : [],
  );
}

/** The names of the tasks of all lessons up to this one, in the order of the course. @throws InputError */
export function tasksAfter(lesson: string): string[] {
  const last = LESSONS.indexOf(lesson);
  if (last < 0) throw new InputError(`unknown lesson "${lesson}"${didYouMean(lesson, LESSONS)}`);
  const isTaught = ([, task]: [string, Task]) => LESSONS.indexOf(task.lesson) <= last;
  return Object.entries(TASKS)
    .filter(isTaught)
    .map(([name]) => name);
}

/** @throws InputError that names the nearest task. */
export function loadTask(name: string): Task {
  const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  if (task !== undefined) return task;
  throw new InputError(`unknown task "${name}"${didYouMean(name, Object.keys(TASKS))}`, {
    remedy: "`stublab lesson task` lists the tasks",
  });
}
