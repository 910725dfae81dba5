// What a process is: all that `stublab explain` says of it, as a document.

import type { CompleteEncoder } from "../../core/encoder/abi.ts";
import { type Attacher, mayAttach, type Verdict } from "./attach.ts";
import { type Cause, cause } from "./cause.ts";
import { kindsOf } from "./kind.ts";
import { stateOf } from "./state.ts";
import type { Named, Task } from "./task.ts";

/** A thread, explained: "stublab.explain/1". */
export interface Explanation extends Pick<Task, "pid" | "tid" | "name" | "state" | "threads"> {
  readonly parent: Named;
  readonly tracer: Named | null;
  readonly stop: Cause;
  readonly attach: Verdict;
  /** What the process is, if that is recognised. */
  readonly kinds: readonly Cause[];
  /** What cannot be known, and what would show it. */
  readonly unknown: readonly Cause[];
  readonly lessons: readonly string[];
}

export function explainTask(task: Task, self: Attacher, encoder: CompleteEncoder): Explanation {
  const { pid, tid, name, state, threads, parent, tracer = null } = task;
  const stop = stateOf(task, encoder);
  const attach = mayAttach(task, self, stop.id);
  const kinds = kindsOf(task);
  const isClosed = !task.isReadable && !task.isKernelThread;
  const unknown = [
    isClosed && "unknown-file",
    stop.id === "traced-stop" && !isClosed && "unknown-stop",
    ["stopped", "signal-delivery"].includes(stop.id) &&
      stop.text.includes("a signal") &&
      "unknown-signal",
    stop.id === "syscall" && "unknown-side",
    stop.id === "group-stop-or-signal" && "unknown-group",
    ["group-stop", "trap-stop"].includes(stop.id) && "unknown-listen",
    !task.hasCalls && "unknown-attach",
  ].filter((id) => typeof id === "string");
  const remedy = self.uids[1] === 0 ? "" : "; run it as root";
  const lessons = [...kinds, stop, ...attach.causes].flatMap(({ lesson }) => lesson ?? []);
  return {
    ...{ pid, tid, name, state, parent, tracer, threads, stop, attach, kinds },
    unknown: unknown.map((id) => cause(id, { pid: `${tid}`, remedy })),
    lessons: [...new Set(lessons)],
  };
}
