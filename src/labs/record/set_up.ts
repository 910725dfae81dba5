import { StateError } from "../../lib/errors.ts";
import { callTitle } from "./calls.ts";
import type { Call } from "./recording.ts";
import { runCall, TRACED_CALL } from "./stepping.ts";
import type { Tracee } from "./tracee.ts";

/** Why the child makes each call of its set-up. */
const SET_UP: Readonly<Record<string, string>> = {
  setsid:
    "A session and a process group of its own, without a terminal: Ctrl-C is sent to the foreground group of the " +
    "terminal, and must not reach the stub.",
  rt_sigaction:
    "Every signal gets its default disposition. Handlers are functions of Node.js, and will soon be unmapped; what " +
    "Node.js ignores, the stub would ignore, too. SIGKILL and SIGSTOP always have theirs.",
  rseq:
    "Restartable sequences (rseq): a thread can name code that must not be interrupted in the middle; after an " +
    "interruption there, the kernel makes it continue elsewhere. For this, glibc has registered some bytes of the thread's " +
    "memory, which the kernel may access each time the thread gets a processor again. The child has inherited that. " +
    "Once those bytes are unmapped, the kernel would kill it with SIGSEGV.",
  rt_sigprocmask:
    "Signals may be delivered, now that each has its default disposition. Every child inherits the mask, so without this " +
    "call all later stubs would be born with all signals blocked.",
  prctl: "No new privileges: a process without that, or CAP_SYS_ADMIN, may not install a filter.",
  seccomp:
    "From now on only the calls that are injected are allowed, to it and to all that come from it.",
};

/** Runs the child through its set-up, up to the stop before the stub code. */
export function recordSetUp(tracee: Tracee): void {
  const calls: Call[] = [];
  const flush = () => {
    recordCalls(tracee, calls.splice(0));
  };
  for (;;) {
    const outcome = runCall(tracee);
    if (outcome.kind === "ended") {
      flush();
      throw new StateError(`the set-up of ${tracee.lane} failed at ${callTitle(outcome.call)}`);
    }
    if (outcome.kind === "stopped") break;
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
function recordCalls(tracee: Tracee, calls: readonly Call[]): void {
  const [call] = calls;
  const last = calls.at(-1);
  if (call === undefined || last === undefined) return;
  const [first, ...rest] = call.arguments;
  const many = calls.length > 1 && first !== undefined;
  const all = many && { ...first, told: `${first.told} to ${last.arguments[0]?.told}` };
  const shown = all ? { ...call, arguments: [all, ...rest] } : call;
  tracee.tell({
    kind: "syscall",
    title: `${callTitle(shown)}${many ? `, ${calls.length} calls` : ""}`,
    why: SET_UP[call.name] ?? "",
    call: shown,
    registers: null,
    observer: TRACED_CALL,
  });
}
