// What a process or a status word is: all that `stublab explain` says, as a document.

import type { CompleteEncoder } from "../../core/encoder/abi.ts";
import { type Attacher, mayAttach, type Verdict } from "./attach.ts";
import { kindsOf } from "./kind.ts";
import { stateOf } from "./state.ts";
import type { Named, Task } from "./task.ts";
import { type Cause, cause } from "./texts.ts";

/** A thread, explained: "stublab.explain/1". */
export interface Explanation extends Pick<Task, "pid" | "tid" | "name" | "state" | "threads"> {
  readonly parent: Named;
  readonly tracer: Named | null;
  readonly stop: Cause;
  readonly attach: Pick<Verdict, "may" | "causes">;
  /** What the process is, if that is recognised. */
  readonly kinds: readonly Cause[];
  /** What cannot be known, and what would show it. */
  readonly unknown: readonly Cause[];
  readonly lessons: readonly string[];
}

export function explainTask(task: Task, self: Attacher, encoder: CompleteEncoder): Explanation {
  const stop = stateOf(task, encoder);
  const attach = mayAttach(task, self, stop.id);
  const kinds = kindsOf(task);
  const unknown = [
    !task.isReadable && !task.isKernelThread && "unknown-file",
    stop.id === "traced-stop" && task.isReadable && "unknown-stop",
    stop.id === "signal-delivery" && stop.text.includes("a signal") && "unknown-signal",
    stop.id === "group-stop-or-signal" && "unknown-group",
    ["group-stop", "trap-stop"].includes(stop.id) && "unknown-listen",
    ...attach.unknown,
  ].filter((id) => id !== false);
  const lessons = [...kinds, stop, ...attach.causes].flatMap(({ lesson }) => lesson ?? []);
  const { pid, tid, name, state, threads, parent, tracer = null } = task;
  return {
    ...{ pid, tid, name, state, parent, tracer, threads, stop },
    attach: { may: attach.may, causes: attach.causes },
    ...{ kinds, unknown: unknown.map((id) => cause(id, { pid: `${tid}` })) },
    lessons: [...new Set(lessons)],
  };
}
