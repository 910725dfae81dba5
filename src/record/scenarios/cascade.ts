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
    "Every process has an exit signal, which its parent gets when it ends. For fork that is SIGCHLD, which is ignored " +
      "by default. clone lets the caller choose any signal: it is the low byte of the flags.",
    "gVisor chooses SIGKILL. A stub holds the state of a guest's process, which cannot be restored. If a stub dies " +
      "unexpectedly, something is badly wrong, and it is better that all end at once than that the host continues with " +
      "half of its processes.",
    "So the death of a grandchild kills the master, and the master's death kills the host. But when? The kernel " +
      "notifies a parent of its child's death. If the child is traced, the tracer is notified first, and the parent may " +
      "have to wait.",
    "A dying stub passes two points that its tracer controls. At the exit stop (PTRACE_O_TRACEEXIT) it still has its " +
      "registers, and can be examined. Then it is a zombie, until it is reaped.",
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
      // What the host's copy has traced ends with it.
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
  recorder.addLane("observer", "the Node.js process, which sets up the others", process.pid);
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
      "stub, and makes the tracer's calls because the observer injects them. The real host makes the same calls; then " +
      "Node.js itself dies, silently.",
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
    why: "Its exit signal is SIGCHLD, so the cascade ends with it. It has a child, the master, and traces both stubs.",
    kernel: recorder.view(host.stub.pid),
  });
  for (const [lane, { pid }, why] of [
    [
      "master",
      master,
      "The options of every stub. TRACEEXIT lets the tracer examine it before it ends.",
    ],
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
    why: "The grandchild is killed. On a real machine the kernel may do that when it is out of memory.",
  });
  recorder.ask({
    text: "SIGKILL cannot be caught, blocked or ignored. Which processes are dead a moment later?",
    choices: [
      "All three: grandchild, master and host",
      "Only the grandchild",
      "None, not even the grandchild",
    ],
    answer: 2,
    because:
      "On its way out the grandchild stops once more, because its tracer has requested that. It executes no further " +
      "instruction, but stays there until its tracer resumes it. A host that does not wait for its stubs would never " +
      "notice.",
  });
  tracer.shim.tgkill(pid, pid, tracer.constant("SIGKILL"));
  const told = host.wait(
    { lane: "grandchild", pid },
    {
      why: "The host has called wait4. The event in the status word is PTRACE_EVENT_EXIT.",
      of: (title) => {
        const stop = recorder.step({
          lane: "grandchild",
          kind: "stop",
          title,
          why: "The exit stop. It still has its registers and its memory; here a debugger can examine it for the last time.",
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
    "How will it end? The message of this event is the status that wait4 will report: 9, killed by SIGKILL.",
  );
  recorder.check("the message of its exit stop", `${tracer.constant("SIGKILL")}`, `${message}`);
  recorder.check("the master at that time", "t", `${recorder.view(master.pid)?.state}`);
}

const EXIT_STOP = "stopped by PTRACE_EVENT_EXIT";

/** It becomes a zombie, and its tracer reaps it. */
function endGrandchild({ recorder, tracer, host, master, grandchild }: Family): void {
  const subject = { lane: "grandchild", pid: grandchild.pid };
  host.request("PTRACE_CONT", subject, "The host lets it end.");
  awaitProcess(grandchild.pid, ({ state }) => state === "Z", tracer.deadline);
  const zombie = recorder.step({
    lane: "grandchild",
    kind: "exit",
    title: "killed by SIGKILL",
    why: "Its memory is gone. A zombie is left: the pid and the status, for the process that reaps it.",
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
      "While a process other than its parent traces it, the kernel notifies only the tracer, by SIGCHLD. Only when the " +
      "tracer has reaped it does the zombie return to its parent, and the exit signal with it.",
  });
  const quiet = host.poll(
    { lane: "master", pid: master.pid },
    "The host calls wait4 for the master with WNOHANG: 0, nothing has happened to it.",
  );
  recorder.check(
    "before the zombie is reaped: events of the master",
    "none",
    quiet ? "none" : "some",
  );
  const told = host.wait(subject, {
    why: "The host reaps the grandchild. This call, which only asks for a status, kills the master.",
    of: zombie,
  });
  recorder.check("the grandchild's end", "killed by SIGKILL", told);
  const stopped = host.wait(
    { lane: "master", pid: master.pid },
    {
      why: "wait4 reports the master, to which the host has done nothing.",
      of: (title) => {
        const stop = recorder.step({
          lane: "master",
          kind: "stop",
          title,
          why: "The master was stopped, and waiting for a call. SIGKILL, its child's exit signal, has moved it to its exit stop.",
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
  host.tell("PTRACE_CONT", subject, "The host lets the master end, as it let the grandchild.");
  awaitProcess(master.pid, ({ state }) => state === "Z", tracer.deadline);
  const zombie = recorder.step({
    lane: "master",
    kind: "exit",
    title: "killed by SIGKILL",
    why: "The master is a zombie, and not reaped yet.",
    kernel: recorder.view(master.pid),
  });
  recorder.ask({
    text:
      "The host is the master's tracer, and also its parent. It is about to reap the master with a wait4. Does it get " +
      "to that?",
    choices: [
      "Yes: its SIGKILL comes only after that wait4, as for the master",
      "No: it is already dead",
      "Yes: a tracer gets no exit signals",
    ],
    answer: 1,
    because:
      "Here tracer and parent are the same process, so no other process has to be notified first. The kernel sends the " +
      "exit signal as soon as the master ends.",
  });
  const end = tracee.ended(
    how,
    "In a real host this is Node.js: no exception, no exit hook, nothing on stderr. The shell that started it prints " +
      '"Killed".',
  );
  recorder.arrow("signal", zombie, end, "exit signal SIGKILL");
  tracee.waited(
    end,
    "wait4 reports the end of the host's copy to the observer, its tracer. Its exit signal is SIGCHLD: here the " +
      "cascade ends.",
  );
  recorder.check("the host's end", "killed by SIGKILL", how);
}

/** The request with which the host kills itself; returns how it ended. */
function lastRequest({ stub }: ActingStub, master: number): string {
  try {
    // It may return from this, and rest at its INT3, or not.
    stub.call("ptrace", stub.tracer.flag("PTRACE_CONT"), master, 0, 0);
    stub.thread.wait();
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    stub.forgetIfDead();
    return error.how;
  }
  throw new StateError(`the host's copy ${stub.pid} stopped, and should end`);
}

/** The remaining zombies have lost their parents: the keeper reaps them. */
function tidyUp({ recorder, keeper, host, master, grandchild }: Family): void {
  for (const [lane, { pid }, why] of [
    [
      "master",
      master,
      "The host never reaped the master. The keeper has inherited the zombie, as init would.",
    ],
    [
      "grandchild",
      grandchild,
      "The grandchild was reaped by its tracer, but never by its parent, and has been a zombie since. Now it is gone, " +
        "too.",
    ],
  ] as const) {
    recorder.check(
      `${lane}, reaped by the keeper`,
      "killed by SIGKILL",
      keeper.wait({ lane, pid }, { why }),
    );
  }
  const left = [host.stub, master, grandchild].filter(({ pid }) => recorder.view(pid) !== null);
  recorder.check("remaining of the three", "0", `${left.length}`);
  recorder.check(
    "the keeper is alive: getpid",
    `${keeper.stub.pid}`,
    `${keeper.stub.call("getpid")}`,
  );
}
