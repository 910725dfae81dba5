import { existsSync } from "node:fs";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { deathSignal } from "../../../core/stub/examine.ts";
import { Thread } from "../../../core/stub/thread.ts";
import { AwakeDeadline } from "../../../lib/awake.ts";
import { StateError } from "../../../lib/errors.ts";
import type { Actor } from "../actor.ts";
import { NAMES } from "../arch.ts";
import { stoppedItself } from "../birth.ts";
import type { Stage } from "../plays/play.ts";
import { Sandbox } from "../sandbox.ts";
import type { Scenario } from "../scenario.ts";
import type { Scene } from "../scene.ts";

const { PARENT, RESULT } = NAMES;

export const threadDies: Scenario = {
  title: "The thread dies: what is a parent?",
  host: { lane: "main", role: "the main thread of the host, which lives on" },
  introduction: [
    "A stub first requests a signal at its parent's end: prctl(PR_SET_PDEATHSIG, SIGKILL). With it no stub outlives a " +
      "host that crashes.",
    "What is the parent? For getppid it is a process. But a process has threads, and one of them has made the clone.",
    "Node.js has threads that start and end: its workers. So has Go: a goroutine moves between OS threads, and the " +
      "runtime may end one. gVisor locks each goroutine that traces to its thread.",
    "Here a worker clones two stubs that differ in one respect: the second has cancelled its death signal. Then the " +
      "worker ends, and nothing else happens.",
  ],

  async play(scene) {
    // Before the worker's tracer, so that both have the stub code at one address.
    scene.tracer;
    await using sandbox = Sandbox.startThread(scene.recorder, "thread-dies");
    const [tid = 0, ...pids] = (await sandbox.reaches("detached")).split(" ").map(Number);
    const [stub = 0, control = 0] = pids;
    ask(scene);
    sandbox.goOn();
    await sandbox.ended();
    const task = `/proc/${process.pid}/task/${tid}`;
    for (const deadline = new AwakeDeadline(scene.tracer.deadline); existsSync(task); ) {
      if (deadline.isOver) throw new StateError(`thread ${tid} did not end`);
    }
    scene.say(
      `thread ${tid} is gone, process ${process.pid} lives`,
      "The thread is no longer in /proc/PID/task. Another thread of the same process recorded this line.",
    );
    // Any thread of a process may wait for its children.
    const how = adopt(scene, "stub", stub).awaitEnd({
      stop:
        "The stub was stopped and untraced, and no process has sent it a signal. The kernel has, when the thread that had " +
        "cloned it ended. SIGKILL also ends a stopped process.",
      wait:
        "The main thread may wait for it: the children of a process are those of all its threads. If the exit signal were " +
        "SIGKILL, as in gVisor, it would have killed the whole process by now.",
    });
    const other = attachControl(adopt(scene, "control", control));
    scene.check("the end of the stub with a death signal", "killed by SIGKILL", how);
    scene.check("its process", "gone", existsSync(`/proc/${stub}`) ? "there" : "gone");
    scene.check("the worker's thread", "gone", existsSync(task) ? "there" : "gone");
    scene.check("the other stub's PPid", `${process.pid}`, `${other.facts.parentPid}`);
    const parent = other.stub.call("getppid");
    scene.check("its getppid, injected", `${process.pid}`, `${parent}`);
    scene.check("its signal at its parent's end", "none", deathSignal(other.stub));
  },

  sandboxed: {
    host: {
      lane: "host",
      role: "a worker thread of the same host; it clones the stubs, and traces them",
      thread: true,
    },
    play: cloneTwo,
  },
};

/** What the worker does. */
function cloneTwo(scene: Scene, stage: Stage): void {
  const { tracer } = scene;
  const [stub, control] = [
    scene.rest("stub", "a stub that keeps its death signal", { why }),
    scene.rest("control", "a stub that cancels its death signal", { why }),
  ];
  control.call("prctl", [tracer.flag("PR_SET_PDEATHSIG"), 0], {
    stepped: true,
    why: "prctl(PR_SET_PDEATHSIG, 0), injected into the second stub: no signal at its parent's end.",
    executed:
      "The stub itself has to make the call: the setting belongs to each process. Otherwise the two stubs are alike.",
    answer: `${RESULT} is 0. This stub will not be killed at its parent's end.`,
  });
  scene.recorder.observe(
    "The worker detaches from both stubs before it ends. A worker of stublab normally ends its stubs itself, or keeps " +
      "them until its end, when PTRACE_O_EXITKILL kills them.",
  );
  const whys = [
    "The worker detaches, and leaves the stub stopped. A tracer's end also affects the stubs that it traces: with " +
      "PTRACE_O_EXITKILL it kills them. Now the stub is not traced, so that cannot be the cause of what follows.",
    "The same for the other stub.",
  ];
  for (const [i, actor] of [stub, control].entries()) {
    const observer = "Only for the lesson, to leave a single cause.";
    actor.request("PTRACE_DETACH", whys[i] ?? "", { observer });
    stoppedItself(actor, "It is stopped and untraced, and executes nothing.");
    // The tracer's end would end the stubs that it knows.
    actor.stub.thread.forget();
    actor.stub.forgetIfDead();
  }
  scene.close();
  stage.pause("detached", [tracer.tid, stub.pid, control.pid].join(" "));
  scene.recorder.step({
    lane: "host",
    kind: "exit",
    title: "the worker's script ends",
    why: "Its thread ends normally. The process continues.",
  });
}

/** Why a stub of the worker is there. */
function why(stub: Actor["stub"]): string {
  return (
    `The worker has cloned it and traces it (lesson "host"). Its signal at its parent's end is ${deathSignal(stub)}. ` +
    `According to the kernel its parent is ${process.pid}: PPid is a process, and both threads of the host belong to it.`
  );
}

function ask(scene: Scene): void {
  scene.ask({
    text: `The worker's thread ends. The host, process ${process.pid}, lives on. What happens to the two stubs?`,
    right: {
      "The first is killed; the second lives on, with the same PPid":
        "The kernel records for every process which thread created it. When a thread ends, the kernel walks through its " +
        "children: each that has requested a death signal gets it, and each is reparented, to another thread of the same " +
        "process if there is one. So the PPid of the second stub does not change.",
    },
    wrong: {
      "The two live on: their parent is the process, and that is still alive":
        "PPid says so. But the death signal is tied to the thread that made the clone (prctl(2)), and that has ended.",
      "The first is killed; the second becomes a child of init or of a subreaper":
        "Orphans go there only if no thread of their parent's process is left.",
    },
  });
}

/** A stub of the worker, as the main thread knows it. */
function adopt(scene: Scene, lane: string, pid: number): Actor {
  const { tracer } = scene;
  const stub = tracer.addStub(new Thread(tracer, pid, pid), tracer.constant("SIGCHLD"));
  return scene.actor(lane, stub);
}

/** The main thread takes over the stub that is alive. */
function attachControl(stub: Actor): Actor {
  const { thread } = stub.stub;
  stub.request(
    "PTRACE_ATTACH",
    "The other stub is still there. The main thread attaches to it, to examine it.",
  );
  stub.awaitStop(
    "Its state goes from T to t. PPid is unchanged: the kernel has reparented the stub to another thread of the same " +
      "process.",
  );
  stub.setOptions("The usual options.");
  thread.expect("stopped").readRegisters(thread.initial);
  // It was at its INT3, not at its self-stop.
  const { selfStopAddress } = thread.tracer;
  thread.initial.set(
    HOST_MACHINE.instructionPointer,
    selfStopAddress - BigInt(HOST_MACHINE.syscallLength),
  );
  stub.call("getppid", [], {
    why: "getppid, injected: does the stub notice that its creator is gone?",
    answer:
      `${RESULT} is ${process.pid}, the host's pid, as at its birth. The comparison with ${PARENT} detects an orphan by its ` +
      "parent's pid. It would not detect this one.",
  });
  return stub;
}
