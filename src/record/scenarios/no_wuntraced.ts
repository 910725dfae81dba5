import { hex, StateError } from "../../errors.ts";
import { takeInitialRegisters } from "../../stub/attach.ts";
import { Tracer } from "../../stub/tracer.ts";
import { awaitSelfStop, stepToRest } from "../birth.ts";
import { callTitle } from "../calls.ts";
import { checkStub } from "../facts.ts";
import type { Recorder } from "../recorder.ts";
import { tellWait } from "../requests.ts";
import type { Scenario } from "../scenario.ts";
import { addStubCode } from "../stub_code.ts";
import { forkUnseen, type UnseenStub } from "../unseen.ts";

/** How long the host waits for what never comes, in milliseconds. */
const PATIENCE = 200;

export const noWuntraced: Scenario = {
  title: "Without WUNTRACED: a stop that is never reported",
  introduction: [
    "A stub signals that it is ready by stopping itself. Its parent waits for that with wait4; then the tracer " +
      "attaches.",
    "But wait4 exists for parents that want to know how their children ended. A stop is not an end, and most parents " +
      "ignore it. A shell does not, because of Ctrl-Z: it uses the option WUNTRACED. As the name says, the option is " +
      "about stops of children that are not traced.",
    "It is one bit. Here the host first omits it, then sets it, and then becomes the tracer, for which the rule is " +
      "different.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    const child = forkUnseen(recorder, tracer, {
      lane: "master",
      role: "the first stub",
      why: "The host creates a child. It is not traced before it has stopped itself.",
      stopped:
        "The child has done all that a stub does by itself, and has stopped. /proc says T. When it stopped, the kernel " +
        "sent the host a SIGCHLD (unless the parent has set SA_NOCLDSTOP): the state of a child has changed. wait4 " +
        "reports how.",
    });
    const without = waitWithout(recorder, child);
    const within = waitWith(recorder, child);
    const again = waitAgain(recorder, child);
    const traced = becomeTracer(recorder, child);
    stepToRest(child.tracee);
    recorder.check(`without WUNTRACED, in ${PATIENCE} ms`, "nothing", without);
    recorder.check("with WUNTRACED", "stopped by SIGSTOP", within);
    recorder.check("with WUNTRACED once more, with WNOHANG", "nothing", again);
    recorder.check("the tracer, without WUNTRACED", "stopped by SIGSTOP", traced);
    checkStub(recorder, child.stub, { parent: process.pid, session: child.stub.pid });
  },
};

/** A wait4 that should report nothing; returns "nothing", or what it reported. */
function waitInVain(
  recorder: Recorder,
  { tracee: { thread, lane } }: UnseenStub,
  options: number,
  { why, milliseconds }: { readonly why: string; readonly milliseconds: number },
): string {
  const { tracer, tid } = thread;
  const result = tracer.shim.wait(tid, options, milliseconds * 1000, tracer.status);
  if (result < 0) throw new StateError(`wait4 failed with ${tracer.errorName(-result)}`);
  // It may not return by itself: then it has no result.
  const returns = (options & tracer.constant("WNOHANG")) !== 0;
  const call = tellWait(
    { tid, options },
    undefined,
    { word: hex(BigInt(result)), told: `${result}` },
    recorder.constants,
  );
  const told = returns ? call : { ...call, result: null };
  recorder.step({
    lane: "host",
    about: lane,
    kind: "syscall",
    title: callTitle(told),
    why,
    call: told,
    kernel: recorder.view(tid),
    observer: returns
      ? null
      : `A timer interrupts the wait after ${PATIENCE} ms. wait4 itself has no deadline.`,
  });
  return result === 0 ? "nothing" : `status ${hex(BigInt(tracer.status[0] ?? 0))}`;
}

function waitWithout(recorder: Recorder, child: UnseenStub): string {
  const { tracer } = child.stub;
  recorder.ask({
    text: "The child is stopped. The host calls wait4(child, &status, __WALL, NULL). What does it get?",
    choices: [
      "At once: the child is stopped by SIGSTOP",
      "Nothing: the call does not return",
      "ECHILD: a stopped process is not a child",
    ],
    answer: 1,
    because:
      "Without WUNTRACED wait4 reports only the ends of children. The child has not ended, and will not end, because it " +
      "waits for the host. The host waits for the child. This is a deadlock, and a silent one: both processes look " +
      "healthy.",
  });
  return waitInVain(recorder, child, tracer.waitAll, {
    why:
      "wait4 reports nothing. __WALL does not help: it selects children (also those whose exit signal is not SIGCHLD), " +
      "not which changes are reported. A host without a deadline would hang here forever.",
    milliseconds: PATIENCE,
  });
}

function waitWith(recorder: Recorder, { tracee, stopped }: UnseenStub): string {
  recorder.ask({
    text:
      "The same call, with WUNTRACED this time. The child has been stopped all the time, and nothing new has happened. " +
      "What does the host get?",
    choices: [
      "Nothing: it has missed the moment of the stop",
      "At once: the child is stopped by SIGSTOP",
      "EINVAL: the child is not traced",
    ],
    answer: 1,
    because:
      "wait4 asks for a state that has not been reported yet, not for an event. The kernel keeps the stop until it is " +
      "reported, so a wait is never too late for it.",
  });
  awaitSelfStop(tracee, stopped);
  const { tracer } = tracee.thread;
  return `stopped by ${tracer.signalName(tracer.encoder.waitValue(tracer.status[0] ?? 0))}`;
}

function waitAgain(recorder: Recorder, child: UnseenStub): string {
  const { tracer } = child.stub;
  recorder.ask({
    text: "And once more, with WNOHANG, so that it returns in any case. The child is still stopped. What is the result?",
    choices: ["The child's pid, as before", "0", "ECHILD"],
    answer: 1,
    because:
      "A stop is reported once. The kernel has recorded that the parent knows. 0 means: it is your child, and nothing " +
      "has changed.",
  });
  return waitInVain(recorder, child, Number(tracer.waitSelfStop) | tracer.constant("WNOHANG"), {
    why: "0: there is such a child, and there is nothing to report.",
    milliseconds: 0,
  });
}

function becomeTracer(recorder: Recorder, { tracee }: UnseenStub): string {
  const { tracer } = tracee.thread;
  const request = tracee.request("PTRACE_ATTACH", "Now the host becomes the tracer.");
  recorder.ask({
    text: "The child is now in a ptrace stop. The host calls wait4 without WUNTRACED. Does wait4 report the stop?",
    choices: [
      "No: without WUNTRACED no stop is reported",
      "Yes: every stop is reported to the tracer",
      "Only if it is also the parent",
    ],
    answer: 1,
    because:
      "The bit concerns children that are not traced. ptrace works by the stops of the traced thread, so wait4 reports " +
      "all of them to the tracer, whatever the options.",
  });
  const { length } = recorder;
  const stop = tracee.awaitStop({
    stop: "The stop by a signal (T) has become a ptrace stop (t). That is a new stop, and is reported again.",
    wait: "Without WUNTRACED, and at once. From here on the host does not need the bit for this stub.",
  });
  recorder.arrow("attach", request, length, "PTRACE_ATTACH");
  tracee.request("PTRACE_SETOPTIONS", "The usual options.", { data: tracer.traceOptions });
  takeInitialRegisters(tracee.thread);
  tracee.getRegisters(
    "The initial registers, as in every birth: RIP is after the SYSCALL of the kill.",
  );
  return `stopped by ${tracer.signalName(stop.signal)}`;
}
