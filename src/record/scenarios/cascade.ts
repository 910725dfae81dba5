import { DeathError, StateError } from "../../errors.ts";
import { readProcess } from "../../stub/proc.ts";
import type { Stub } from "../../stub/stub.ts";
import { Tracer } from "../../stub/tracer.ts";
import { ActingStub } from "../acting_stub.ts";
import { makeKeeper } from "../keeper.ts";
import { awaitProcess } from "../kernel_view.ts";
import type { Recorder } from "../recorder.ts";
import type { Scenario } from "../scenario.ts";
import { addStubCode } from "../stub_code.ts";
import { Tracee } from "../tracee.ts";

/** gVisor's choice. */
const EXIT_SIGNAL = "SIGKILL";

export const cascade: Scenario = {
  title: "The cascade: a stub's death kills its parent, up to the host",
  introduction: [
    "Every process has an exit signal, which its parent gets at its end. For fork that is SIGCHLD, which does " +
      "nothing to a program that has not asked for it. clone lets the caller choose any signal: it is the low byte " +
      "of the flags.",
    "gVisor chooses SIGKILL. A stub has the state of a guest's process in it, and no one can restore that. If one " +
      "dies that was not told to, something is badly wrong, and it is better that all end at once than that the " +
      "host goes on with half of its processes.",
    "So the death of a grandchild kills the master, and the master's death kills the host. But when? The kernel " +
      "tells a parent of its child's death. If somebody traces the child, the tracer hears of it first, and the " +
      "parent may have to wait.",
    "A dying stub comes past two places at which its tracer has the say. At the exit stop (PTRACE_O_TRACEEXIT) it " +
      "still has its registers, and can be asked. Then it is a zombie, until it is reaped.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    const family = makeFamily(recorder, tracer);
    try {
      family.host.takeOver(family.master);
      family.host.takeOver(family.grandchild);
      show(family);
      killGrandchild(family);
      endGrandchild(family);
      endMaster(family);
      tidyUp(family);
    } finally {
      // Whom the host's copy has traced ends with it.
      for (const stub of [family.grandchild, family.master]) {
        stub.thread.forget();
        stub.forgetIfDead();
      }
    }
  },
};

interface Family {
  readonly recorder: Recorder;
  readonly tracer: Tracer;
  readonly keeper: ActingStub;
  /** A copy of the host. */
  readonly host: ActingStub;
  readonly master: Stub;
  readonly grandchild: Stub;
}

function makeFamily(recorder: Recorder, tracer: Tracer): Family {
  recorder.addLane("observer", "the Node.js process, which sets all this up", process.pid);
  const keeper = makeKeeper(recorder, tracer);
  const copy = keeper.stub.createStub();
  const host = new ActingStub(recorder, "host", copy);
  const master = copy.createStub({ exitSignal: EXIT_SIGNAL });
  master.scrub();
  const grandchild = master.createStub({ exitSignal: EXIT_SIGNAL });
  recorder.addLane("host", "a copy of the Node.js process, which traces the others", copy.pid);
  recorder.addLane("master", "the host's child; exit signal SIGKILL", master.pid);
  recorder.addLane("grandchild", "the master's child; exit signal SIGKILL", grandchild.pid);
  recorder.observe(
    "The host that dies here is a copy: a child forked from the Node.js process, with all of its memory. It is a " +
      "stub, and makes the tracer's calls because the observer injects them. The real host makes the same calls; " +
      "then it is Node.js that dies, without a word.",
  );
  return { recorder, tracer, keeper, host, master, grandchild };
}

/** The family, before anything happens. */
function show({ recorder, tracer, host, master, grandchild }: Family): void {
  const options = ["PTRACE_O_TRACESYSGOOD", "PTRACE_O_TRACEEXIT", "PTRACE_O_EXITKILL"];
  const data = options.reduce((word, name) => word | tracer.constant(name), 0);
  recorder.step({
    lane: "host",
    kind: "note",
    title: "a host with two stubs",
    why: "Its exit signal is SIGCHLD, so that what happens here ends with it. It has a child, the master, and traces both stubs.",
    kernel: recorder.view(host.stub.pid),
  });
  for (const [lane, { pid }, why] of [
    ["master", master, "The options of every stub. TRACEEXIT gives the tracer a last look at it."],
    [
      "grandchild",
      grandchild,
      "The same. It is the master's child, and the host, which is not its parent, traces it.",
    ],
  ] as const) {
    host.request("PTRACE_SETOPTIONS", { lane, pid }, why, data);
    const exitSignal = tracer.signalName(readProcess(pid).exitSignal);
    recorder.check(`${lane}: its exit signal`, EXIT_SIGNAL, exitSignal);
    recorder.step({
      lane,
      kind: "note",
      title: `its exit signal is ${EXIT_SIGNAL}`,
      why: "It is stopped by its tracer. At its end its parent gets SIGKILL.",
      kernel: recorder.view(pid),
    });
  }
}

/** SIGKILL, and the exit stop. */
function killGrandchild({ recorder, tracer, host, master, grandchild }: Family): void {
  const { pid } = grandchild;
  const kill = recorder.step({
    lane: "observer",
    about: "grandchild",
    kind: "signal",
    title: `kill(${pid}, SIGKILL)`,
    why: "Somebody kills the grandchild. On a real machine that may be the kernel, when it is short of memory.",
  });
  recorder.ask({
    text: "SIGKILL cannot be caught, blocked or ignored. Who is dead a moment later?",
    choices: [
      "All three: grandchild, master and host",
      "The grandchild only",
      "Nobody, not even the grandchild",
    ],
    answer: 2,
    because:
      "On its way out the grandchild stops once more, because its tracer has asked for that. It executes no " +
      "instruction any more. But it stays there until its tracer resumes it. A host that does not look after its " +
      "stubs would never hear of it.",
  });
  tracer.shim.tgkill(pid, pid, tracer.constant("SIGKILL"));
  const told = host.wait(
    { lane: "grandchild", pid },
    {
      why: "The host has looked. The event in the status word is PTRACE_EVENT_EXIT.",
      of: (title) => {
        const stop = recorder.step({
          lane: "grandchild",
          kind: "stop",
          title,
          why: "The exit stop. It has its registers and its memory still; a debugger takes its last look here.",
          kernel: recorder.view(pid),
        });
        recorder.arrow("signal", kill, stop, "SIGKILL");
        return stop;
      },
    },
  );
  recorder.check("the grandchild, killed: first it is", EXIT_STOP, told);
  const message = host.eventMessage(
    { lane: "grandchild", pid },
    "What will it die of? The message of this event is the status that wait4 will tell: 9, killed by SIGKILL.",
  );
  recorder.check("the message of its exit stop", `${tracer.constant("SIGKILL")}`, `${message}`);
  recorder.check("the master at that time", "t", `${recorder.view(master.pid)?.state}`);
}

const EXIT_STOP = "stopped by PTRACE_EVENT_EXIT";

/** It becomes a zombie, and is reaped by its tracer. */
function endGrandchild({ recorder, tracer, host, master, grandchild }: Family): void {
  const subject = { lane: "grandchild", pid: grandchild.pid };
  host.request("PTRACE_CONT", subject, "The host lets it end.");
  awaitProcess(grandchild.pid, ({ state }) => state === "Z", tracer.deadline);
  const zombie = recorder.step({
    lane: "grandchild",
    kind: "exit",
    title: "killed by SIGKILL",
    why: "Its memory is gone. A zombie is left: the pid and the status, for whoever is to hear of it.",
    kernel: recorder.view(grandchild.pid),
  });
  recorder.ask({
    text: "The grandchild is a zombie, and its exit signal is SIGKILL. Has its parent, the master, got that signal?",
    choices: [
      "Yes: the exit signal is sent when a process ends",
      "No: first its tracer must reap it",
      "No: a stopped process gets no signals",
    ],
    answer: 1,
    because:
      "As long as it is traced by another process than its parent, the kernel tells the tracer only, and by " +
      "SIGCHLD. Only when the tracer has reaped it does the zombie go back to its parent, and the exit signal with " +
      "it.",
  });
  const quiet = host.poll(
    { lane: "master", pid: master.pid },
    "The host asks after the master, without waiting: 0, nothing has happened to it.",
  );
  recorder.check("the zombie is not reaped: news of the master", "none", quiet ? "none" : "some");
  const told = host.wait(subject, {
    why: "The host reaps the grandchild. This call, which only asks, is what kills the master.",
    of: zombie,
  });
  recorder.check("the grandchild's end", "killed by SIGKILL", told);
  const stopped = host.wait(
    { lane: "master", pid: master.pid },
    {
      why: "The host hears of the master, which it has done nothing to.",
      of: (title) => {
        const stop = recorder.step({
          lane: "master",
          kind: "stop",
          title,
          why: "The master was stopped, and waited for a call. SIGKILL, its child's exit signal, has brought it to its exit stop.",
          kernel: recorder.view(master.pid),
        });
        recorder.arrow("signal", zombie, stop, "exit signal SIGKILL");
        return stop;
      },
    },
  );
  recorder.check("the master, once the grandchild is reaped", EXIT_STOP, stopped);
}

/** The master ends, and the host with it. */
function endMaster({ recorder, tracer, host, master }: Family): void {
  const subject = { lane: "master", pid: master.pid };
  const tracee = new Tracee(recorder, "host", host.stub.thread, "observer");
  const how = lastRequest(host, master.pid);
  host.tell("PTRACE_CONT", subject, "The host lets the master end, as it has let the grandchild.");
  awaitProcess(master.pid, ({ state }) => state === "Z", tracer.deadline);
  const zombie = recorder.step({
    lane: "master",
    kind: "exit",
    title: "killed by SIGKILL",
    why: "The master is a zombie, and not reaped.",
    kernel: recorder.view(master.pid),
  });
  recorder.ask({
    text: "The host is the master's tracer, and its parent, too. It is about to reap the master with a wait4. Does it come to that?",
    choices: [
      "Yes: its SIGKILL comes only after that wait4, as for the master",
      "No: it is dead already",
      "Yes: a tracer gets no exit signals",
    ],
    answer: 1,
    because:
      "Tracer and parent are the same process here, so there is nobody who would have to hear of it first. The " +
      "kernel sends the exit signal at once, when the master ends.",
  });
  const end = tracee.ended(
    how,
    "In a real host this is Node.js: no exception, no exit hook, not a word on stderr. The shell that has started " +
      'it says "Killed".',
  );
  recorder.arrow("signal", zombie, end, "exit signal SIGKILL");
  tracee.waited(
    end,
    "The observer, who has traced the host's copy, hears of its end. Its exit signal is SIGCHLD: here the cascade " +
      "ends.",
  );
  recorder.check("the host's end", "killed by SIGKILL", how);
}

/** The request with which the host kills itself; answers how it ended. */
function lastRequest({ stub }: ActingStub, master: number): string {
  try {
    // It may come back from this, and rest at its INT3, or it may not.
    stub.call("ptrace", stub.tracer.flag("PTRACE_CONT"), master, 0, 0);
    stub.thread.wait();
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    stub.forgetIfDead();
    return error.how;
  }
  throw new StateError(`the host's copy ${stub.pid} stopped, and should end`);
}

/** The zombies that are left have lost their parents: the keeper reaps them. */
function tidyUp({ recorder, keeper, host, master, grandchild }: Family): void {
  for (const [lane, { pid }, why] of [
    [
      "master",
      master,
      "The host has never reaped the master. The keeper has inherited the zombie, as init would.",
    ],
    [
      "grandchild",
      grandchild,
      "The grandchild was reaped by its tracer, but never by its parent, and was a zombie all the time. Now it is " +
        "gone, too.",
    ],
  ] as const) {
    recorder.check(
      `${lane}, reaped by the keeper`,
      "killed by SIGKILL",
      keeper.wait({ lane, pid }, { why }),
    );
  }
  const left = [host.stub, master, grandchild].filter(({ pid }) => recorder.view(pid) !== null);
  recorder.check("of the three there are left", "0", `${left.length}`);
  recorder.check("the keeper lives: getpid", `${keeper.stub.pid}`, `${keeper.stub.call("getpid")}`);
}
