// Events: what a reader walks by. An event is a step, and with it the steps before it that only lead to it:
//
//     mov, mov, mov, prctl        the instructions up to a system call
//     SETREGS, CONT, stop         requests as in every injection, up to what comes of them
//     setsid, rt_sigaction, …     several calls of a process, one after the other, up to the last

import { RESUMES } from "./calls.ts";
import type { Call, Recording, Step } from "./recording.ts";

/** Requests that each injected call and each attach has. */
const ROUTINE = /^PTRACE_(SETOPTIONS|[GS]ETREGS(ET)?)$/;

/** The indices of the steps that are events, in their order: the last step and those that answer a question among them. */
export function eventsOf({ steps, questions }: Recording): readonly number[] {
  const asked = new Set(questions.map(({ step }) => step));
  return [...steps.entries()].flatMap(([i, step]) => {
    const next = steps[i + 1];
    return next === undefined || asked.has(i) || !leadsTo(step, next, asked.has(i + 1)) ? [i] : [];
  });
}

/** Whether a step is only part of what comes after it. */
function leadsTo(step: Step, next: Step, isAsked: boolean): boolean {
  const { kind, call, staged } = step;
  if (kind === "instruction" || staged) return true;
  if (call === null) return false;
  if (step.lane !== step.about) return isRoutine(call);
  const isSame = next.kind === "syscall" && next.lane === step.lane && next.about === step.lane;
  return kind === "syscall" && isSame && !isAsked;
}

/** Whether a call on another process did what it does each time. */
function isRoutine({ name, arguments: [first], result }: Call): boolean {
  if (name === "wait4") return result !== null && result.told === first?.told;
  const request = first?.told ?? "";
  const isUsual = ROUTINE.test(request) || (RESUMES.test(request) && request !== "PTRACE_DETACH");
  return name === "ptrace" && isUsual && result?.told === "0";
}

/** The place of a step among the events: that of the event that it is part of. */
export function eventAt(events: readonly number[], step: number): number {
  return events.findIndex((event) => event >= step);
}

/** The steps that lead to an event; none for a step that is no event. */
export function stepsOf(events: readonly number[], event: number): readonly number[] {
  const place = events.indexOf(event);
  const first = (events[place - 1] ?? -1) + 1;
  return place < 0 ? [] : Array.from({ length: event - first }, (_, i) => first + i);
}
