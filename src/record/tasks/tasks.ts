import { InputError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { cloneFrame, earlyAttach, orphan, threadWord } from "./exercises/births.ts";
import { errno } from "./exercises/calls.ts";
import { guestCode, repair } from "./exercises/code.ts";
import { onePage, rseqArea } from "./exercises/memory.ts";
import { noRestart, restart } from "./exercises/restarts.ts";
import { outOfReach, unblock } from "./exercises/signals.ts";
import { findStep } from "./exercises/steps.ts";
import { fatalWord, traceOptions, waitOptions } from "./exercises/waits.ts";
import type { Task } from "./task.ts";

/** Every task by name, in the order of the course. */
export const TASKS: Readonly<Record<string, Task>> = {
  "find-step": findStep,
  "repair-stub": repair,
  "clone-registers": cloneFrame,
  "failing-call": errno,
  "one-page": onePage,
  "guest-code": guestCode,
  "parent-dies": orphan,
  "make-thread": threadWord,
  "early-attach": earlyAttach,
  "wait-options": waitOptions,
  "unblock-signal": unblock,
  "out-of-reach": outOfReach,
  "trace-options": traceOptions,
  "forced-restart": restart,
  "no-restart": noRestart,
  "rseq-area": rseqArea,
  "exit-signal": fatalWord,
};

/** @throws InputError that names the nearest task. */
export function loadTask(name: string): Task {
  const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  if (task !== undefined) return task;
  const near = nearest(name, Object.keys(TASKS));
  throw new InputError(
    `unknown task "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`,
    {
      remedy: "`stublab task` lists the tasks",
    },
  );
}
