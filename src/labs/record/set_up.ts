import { StateError } from "../../lib/errors.ts";
import type { Actor } from "./actor.ts";
import { callTitle } from "./calls.ts";
import { common } from "./lesson_text.ts";
import type { Call } from "./recording.ts";
import type { Saying } from "./said.ts";
import { runCall } from "./stepping.ts";

/** Runs the child through its set-up, up to the stop before the stub code. */
export function recordSetUp(child: Actor): void {
  const calls: Call[] = [];
  const flush = () => {
    recordCalls(child, calls.splice(0));
  };
  for (;;) {
    const outcome = runCall(child.thread);
    if (outcome.kind === "ended") {
      flush();
      throw new StateError(`the set-up of ${child.lane} failed at ${callTitle(outcome.call)}`);
    }
    if (outcome.kind !== "executed" || outcome.call === undefined) break;
    const { call } = outcome;
    if (call.name === "getpid" || call.name === "kill") continue;
    if (calls.length > 0 && !isRepetition(calls, call)) flush();
    calls.push(call);
    // A step for many calls is recorded when the last of them is known.
    if (call.name !== "rt_sigaction") flush();
  }
  flush();
}

/** The same call with the same result, for the next signal. */
function isRepetition([first]: readonly Call[], call: Call): boolean {
  return first?.name === call.name && first.result?.word === call.result?.word;
}

/** One step for calls that differ only in the first argument. */
function recordCalls(child: Actor, calls: readonly Call[]): void {
  const [call] = calls;
  const last = calls.at(-1);
  if (call === undefined || last === undefined) return;
  const [first, ...rest] = call.arguments;
  const many = calls.length > 1 && first !== undefined;
  const all = many && { ...first, told: `${first.told} to ${last.arguments[0]?.told}` };
  const shown = all ? { ...call, arguments: [all, ...rest] } : call;
  const reasons: Readonly<Record<string, Saying>> = common.parts("set-up");
  child.tell({
    kind: "syscall",
    title: `${callTitle(shown)}${many ? `, ${calls.length} calls` : ""}`,
    why: reasons[call.name] ?? "",
    call: shown,
    registers: null,
    observer: common("set-up-observed"),
  });
}
