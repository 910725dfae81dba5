// Events: what a reader walks by. An event is a step, and with it the steps before it that only lead to it:
//
//     mov, mov, mov, prctl        the instructions up to a system call
//     SETREGS, CONT, stop         requests as in every injection, up to what comes of them
//     clone, birth                a call up to what it does to another process: a birth, a stop, an end
//     setsid, rt_sigaction, …     several calls, one after the other, up to the last
//     note, SETOPTIONS, note      several looks at how things are

import { RESUMES } from "./calls.ts";
import type { Call, Recording, Step, StepKind } from "./recording.ts";

/** Requests that each injected call and each attach has. */
const ROUTINE = /^PTRACE_(SETOPTIONS|[GS]ETREGS(ET)?)$/;

/** The indices of the steps that are events, in their order: the last step and those that answer a question among them. */
export function eventsOf({ steps, questions }: Recording): readonly number[] {
  const asked = new Set(questions.map(({ step }) => step));
  const events: number[] = [];
  for (const [i, step] of [...steps.entries()].toReversed()) {
    const [next, event = i] = [steps[i + 1], events[0]];
    const end = asked.has(i) ? undefined : steps[event];
    if (next === undefined || end === undefined || !leadsTo(step, next, end, asked.has(event)))
      events.unshift(i);
  }
  return events;
}

/** Whether a step is only part of the event after it. */
function leadsTo(step: Step, next: Step, event: Step, isAsked: boolean): boolean {
  const { kind, lane, about, call, staged } = step;
  if (kind === "instruction" || staged) return true;
  if (kind === "note") return event.kind === "note" && !isAsked;
  if (call === null) return false;
  if (lane !== about && isRoutine(call)) return true;
  if (isAsked) return false;
  if (["clone", "exit", "stop"].includes(next.kind))
    return CAUSES[next.kind]?.test(told(call)) ?? false;
  return isOwn(step) && isOwn(next);
}

/** What causes a birth, an end, or a stop of another process. */
const CAUSES: Partial<Record<StepKind, RegExp>> = {
  clone: /^clone /,
  exit: /^(kill|tgkill) /,
  stop: /^ptrace PTRACE_(ATTACH|SEIZE|DETACH)$/,
};

/** A call that succeeded, by its name and its first argument. */
const told = ({ name, arguments: [first], result }: Call) =>
  result === null || result.told.startsWith("-") ? "" : `${name} ${first?.told}`;

/** Whether it is a call of a process that is about nobody else. */
const isOwn = ({ kind, lane, about }: Step) => kind === "syscall" && lane === about;

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

/** The index of the first step of the event that a step is part of. */
export function startOf(events: readonly number[], step: number): number {
  return (events.findLast((event) => event < step) ?? -1) + 1;
}

/** The steps that lead to an event; none for a step that is no event. */
export function stepsOf(events: readonly number[], event: number): readonly number[] {
  const first = startOf(events, event);
  return events.includes(event) ? Array.from({ length: event - first }, (_, i) => first + i) : [];
}
