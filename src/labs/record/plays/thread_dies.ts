import { existsSync } from "node:fs";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { Thread } from "../../../core/stub/tracee.ts";
import { AwakeDeadline } from "../../../lib/awake.ts";
import { StateError } from "../../../lib/errors.ts";
import type { Actor } from "../actor.ts";
import { stoppedItself } from "../birth.ts";
import { deathSignal } from "../examine.ts";
import { Sandbox } from "../sandbox.ts";
import type { Scene } from "../scene.ts";
import type { Acts, Sandboxed, SayOf, Stage } from "./play.ts";

type Says = SayOf<"thread-dies">;

export const host = { lane: "main", role: "the main thread of the host, which lives on" };

export const play: Acts<"thread-dies"> = async (scene, say) => {
  // Before the worker's tracer, so that both have the stub code at one address.
  const { tracer } = scene;
  await using sandbox = Sandbox.startThread(scene, "thread-dies");
  const numbers = await sandbox.reaches("detached");
  const [tid = 0, stub = 0, control = 0] = numbers.split(" ").map(Number);
  sandbox.goOn();
  await sandbox.ended();
  const task = `/proc/${process.pid}/task/${tid}`;
  for (const deadline = new AwakeDeadline(tracer.host.deadline); existsSync(task); ) {
    if (deadline.isOver) throw new StateError(`thread ${tid} did not end`);
  }
  scene.say(`thread ${tid} is gone, process ${process.pid} lives`, say("gone"));
  // From the thread's end, before the note.
  const { recorder } = scene;
  recorder.arrow("signal", recorder.length - 2, recorder.length, "PDEATHSIG SIGKILL");
  // Any thread of a process may wait for its children.
  const how = adopt(scene, "stub", stub).awaitEnd(say.parts("killed"));
  const other = adopt(scene, "control", control);
  examine(other, say);
  scene.check("the end of the stub with a death signal", "killed by SIGKILL", how);
  scene.check("its process", "gone", existsSync(`/proc/${stub}`) ? "there" : "gone");
  scene.check("the worker's thread", "gone", existsSync(task) ? "there" : "gone");
  scene.check("the other stub's PPid", `${process.pid}`, `${other.facts.parentPid}`);
  const parent = other.stub.call("getppid");
  scene.check("its getppid, injected", `${process.pid}`, `${parent}`);
  scene.check("its signal at its parent's end", "none", deathSignal(other.stub));
};

export const sandboxed: Sandboxed<"thread-dies"> = {
  host: {
    lane: "worker",
    role: "a worker thread of the same host; it clones the stubs, and traces them",
    thread: true,
  },
  play: cloneTwo,
};

/** What the worker does. */
async function cloneTwo(scene: Scene, say: Says, stage: Stage): Promise<void> {
  const { tracer, recorder } = scene;
  const host = process.pid;
  const why = (stub: Actor["stub"]) => say("rests", { signal: deathSignal(stub), host });
  const stub = scene.rest("stub", "a stub that keeps its death signal", { why });
  const control = scene.rest("control", "a stub that cancels its death signal", { why });
  const none = [tracer.host.flag("PR_SET_PDEATHSIG"), 0];
  control.call("prctl", none, { stepped: true, ...say.parts("cancels") });
  recorder.observe(say("observed"));
  const { first, second, observer, stopped } = say.parts("detaches");
  for (const actor of [stub, control]) {
    const why = actor === stub ? first : second;
    actor.request("PTRACE_DETACH", why, { observer });
    stoppedItself(actor, stopped);
    // The tracer's end would end the stubs that it knows.
    actor.stub.thread.forget();
    actor.stub.forgetIfDead();
  }
  scene.close();
  await stage.pause("detached", [tracer.host.tid, stub.pid, control.pid].join(" "));
  const title = "the worker's script ends";
  recorder.step({ lane: "worker", kind: "exit", title, why: say("ends", { host }) });
}

/** A stub of the worker, as the main thread knows it. */
function adopt(scene: Scene, lane: string, pid: number): Actor {
  const { tracer } = scene;
  const stub = tracer.addStub(new Thread(tracer.host, pid, pid), tracer.host.constant("SIGCHLD"));
  return scene.actor(lane, stub);
}

/** The main thread takes over the stub that is alive. */
function examine(actor: Actor, say: Says): void {
  const { attach, stop, options, why, answer } = say.parts("survivor", { host: process.pid });
  actor.request("PTRACE_ATTACH", attach);
  actor.awaitStop(stop);
  actor.setOptions(options);
  const { thread } = actor.stub;
  thread.expect("stopped").readRegisters(thread.initial);
  // It was at its breakpoint, not at its self-stop.
  const call = thread.tracer.selfStopAddress - BigInt(HOST_MACHINE.syscallLength);
  thread.initial.set(HOST_MACHINE.instructionPointer, call);
  actor.call("getppid", [], { why, answer });
}
