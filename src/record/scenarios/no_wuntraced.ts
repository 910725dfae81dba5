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

/** How long the host has patience where nothing will come, in milliseconds. */
const PATIENCE = 200;

export const noWuntraced: Scenario = {
  title: "Without WUNTRACED: a stop that nobody hears of",
  introduction: [
    "A stub says that it is ready by stopping itself. Whoever made it waits for that with wait4, and attaches then.",
    "But wait4 was made for parents who want to know how their children ended. A stop is not an end, and most parents do not " +
      "care: a shell does, for Ctrl-Z, and asks for it with the option WUNTRACED. The name says which stops are meant: those " +
      "of children that nobody traces.",
    "It is one bit. Here the host leaves it out first, then asks again with it, and then becomes the tracer, for whom " +
      "everything is different.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    const child = forkUnseen(recorder, tracer, {
      lane: "master",
      role: "the first stub",
      why: "The host makes a child. Nobody will trace it before it has stopped itself.",
      stopped:
        "The child has done all that a stub does by itself, and has stopped. /proc says T. As it stopped, the kernel sent the host a " +
        "SIGCHLD (a parent may decline that, with SA_NOCLDSTOP): something is new with some child. What it is, wait4 tells.",
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

/** A wait4 that should bring nothing; answers "nothing", or what it did bring. */
function waitInVain(
  recorder: Recorder,
  { tracee: { thread, lane } }: UnseenStub,
  options: number,
  { why, milliseconds }: { readonly why: string; readonly milliseconds: number },
): string {
  const { tracer, tid } = thread;
  const result = tracer.shim.wait(tid, options, milliseconds * 1000, tracer.status);
  if (result < 0) throw new StateError(`wait4 failed with ${tracer.errorName(-result)}`);
  // It may not come back by itself: then it has no result.
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
      : `A timer ends the wait after ${PATIENCE} ms. wait4 itself has no deadline.`,
  });
  return result === 0 ? "nothing" : `status ${hex(BigInt(tracer.status[0] ?? 0))}`;
}

function waitWithout(recorder: Recorder, child: UnseenStub): string {
  const { tracer } = child.stub;
  recorder.ask({
    text: "The child is stopped. The host calls wait4(child, &status, __WALL, NULL). What does it get?",
    choices: [
      "At once: the child is stopped by SIGSTOP",
      "Nothing: the call does not come back",
      "ECHILD: a stopped process is nobody's child",
    ],
    answer: 1,
    because:
      "Without WUNTRACED wait4 tells of the ends of children only. The child has not ended, and will not end, because it waits for the " +
      "host. The host waits for the child. This is a deadlock, and a silent one: both processes look as healthy as can be.",
  });
  return waitInVain(recorder, child, tracer.waitAll, {
    why:
      "Nothing comes. __WALL is of no help: it says which children are meant (also those whose exit signal is not SIGCHLD), not what " +
      "is to be told of them. A host without a deadline would sit here for ever.",
    milliseconds: PATIENCE,
  });
}

function waitWith(recorder: Recorder, { tracee, stopped }: UnseenStub): string {
  recorder.ask({
    text: "The same call, with WUNTRACED this time. The child has been stopped all the while, and nothing new has happened. What does the host get?",
    choices: [
      "Nothing: it has missed the moment of the stop",
      "At once: the child is stopped by SIGSTOP",
      "EINVAL: the child is not traced",
    ],
    answer: 1,
    because:
      "wait4 asks for a state that has not been told yet, not for an event. The kernel has kept the stop. Nobody can come too " +
      "late for it.",
  });
  awaitSelfStop(tracee, stopped);
  const { tracer } = tracee.thread;
  return `stopped by ${tracer.signalName(tracer.encoder.waitValue(tracer.status[0] ?? 0))}`;
}

function waitAgain(recorder: Recorder, child: UnseenStub): string {
  const { tracer } = child.stub;
  recorder.ask({
    text: "And once more, with WNOHANG, so that it comes back in any case. The child is still stopped. What is the result?",
    choices: ["The child's pid, as before", "0", "ECHILD"],
    answer: 1,
    because:
      "A stop is told once. The kernel has taken a note that the parent knows. 0 means: it is your child, and there is no news.",
  });
  return waitInVain(recorder, child, Number(tracer.waitSelfStop) | tracer.constant("WNOHANG"), {
    why: "0: there is such a child, and there is nothing new of it.",
    milliseconds: 0,
  });
}

function becomeTracer(recorder: Recorder, { tracee }: UnseenStub): string {
  const { tracer } = tracee.thread;
  const request = tracee.request("PTRACE_ATTACH", "Now the host becomes the tracer.");
  recorder.ask({
    text: "The child is stopped for its tracer now. The host calls wait4 without WUNTRACED. Does it hear of that?",
    choices: [
      "No: without WUNTRACED nobody hears of a stop",
      "Yes: a tracer is told of every stop",
      "Only if it is also the parent",
    ],
    answer: 1,
    because:
      "The bit is about children that are not traced. The stops of a traced thread are what ptrace is made of, so wait4 tells its tracer " +
      "of all of them, whatever the options.",
  });
  const { length } = recorder;
  const stop = tracee.awaitStop({
    stop: "The stop by a signal (T) has become a stop for a tracer (t). That is a new stop, to be told anew.",
    wait: "Without WUNTRACED, and at once. From here on the host never needs the bit again for this stub.",
  });
  recorder.arrow("attach", request, length, "PTRACE_ATTACH");
  tracee.request("PTRACE_SETOPTIONS", "The usual options.", { data: tracer.traceOptions });
  takeInitialRegisters(tracee.thread);
  tracee.getRegisters(
    "The initial registers, as in every birth: RIP is behind the SYSCALL of the kill.",
  );
  return `stopped by ${tracer.signalName(stop.signal)}`;
}
