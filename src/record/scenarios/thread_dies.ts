import { existsSync } from "node:fs";
import { StateError } from "../../errors.ts";
import { INSTRUCTION_POINTER } from "../../stub/amd64.ts";
import { takeInitialRegisters } from "../../stub/attach.ts";
import { deathSignal } from "../../stub/examine.ts";
import { readProcess } from "../../stub/proc.ts";
import type { Stub } from "../../stub/stub.ts";
import { Thread } from "../../stub/thread.ts";
import { Tracer } from "../../stub/tracer.ts";
import { injectWatched } from "../injection.ts";
import { awaitProcess } from "../kernel_view.ts";
import type { Recorder } from "../recorder.ts";
import { Sandbox } from "../sandbox.ts";
import type { Scenario, Stage } from "../scenario.ts";
import { addStubCode } from "../stub_code.ts";
import { Tracee } from "../tracee.ts";

/** The lane of the thread that clones: birth and requests are told of the lane "host". */
const WORKER = "host";
const MAIN = "main";
const STUB = "stub";
const CONTROL = "control";

export const threadDies: Scenario = {
  title: "The thread dies: a parent is not always a process",
  introduction: [
    "The first thing that a stub asks for is a signal at its parent's end: prctl(PR_SET_PDEATHSIG, SIGKILL). With this no " +
      "stub outlives a host that crashes.",
    "Who is that parent? For getppid it is a process. For this signal it is not: prctl(2) says that it is the thread that " +
      "created the child. When that thread ends, the signal is sent, although its process may live on for years.",
    "Node.js has such threads: its workers come and go. So does Go: a goroutine moves between threads of the system, and " +
      "the runtime may end one. gVisor ties each goroutine that traces to its thread.",
    "Here a worker clones two stubs, which differ in one thing: the second has taken its death signal back. Then " +
      "the worker is over, and nothing else happens.",
  ],

  async record(recorder) {
    // Before the worker's: the stub code is to lie at one place for both.
    using tracer = new Tracer({ encoder: recorder.encoder });
    recorder.addLane(MAIN, "the main thread of the host, which lives on", process.pid);
    await using sandbox = Sandbox.startThread(recorder, "thread-dies");
    const [tid = 0, ...pids] = (await sandbox.reaches("detached")).split(" ").map(Number);
    const [stub = 0, control = 0] = pids;
    ask(recorder);
    sandbox.goOn();
    await sandbox.ended();
    awaitThreadEnd(recorder, tracer, tid);
    const how = awaitStubEnd(recorder, tracer, stub);
    const other = attachControl(recorder, tracer, control);
    recorder.check("the end of the stub with a death signal", "killed by SIGKILL", how);
    recorder.check("its process", "gone", existsSync(`/proc/${stub}`) ? "there" : "gone");
    recorder.check("the worker's thread", "gone", existsSync(taskPath(tid)) ? "there" : "gone");
    checkControl(recorder, other);
  },

  sandboxed(recorder, stage) {
    const tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    const role = "a worker thread of the same host; it clones the stubs, and traces them";
    recorder.addLane(WORKER, role, tracer.tid);
    const stub = restingChild(recorder, tracer, STUB, "keeps its death signal");
    const control = restingChild(recorder, tracer, CONTROL, "takes its death signal back");
    takeBack(control);
    letGo(recorder, tracer, { stub, control }, stage);
  },
};

function taskPath(tid: number): string {
  return `/proc/${process.pid}/task/${tid}`;
}

/** A stub of the worker's that is there when the recording begins. */
function restingChild(recorder: Recorder, tracer: Tracer, lane: string, role: string): Tracee {
  const stub = tracer.createStub();
  stub.scrub();
  const signal = deathSignal(stub);
  recorder.addLane(lane, `a stub that ${role}`, stub.pid);
  recorder.step({
    lane,
    kind: "note",
    title: `stub ${stub.pid} rests behind its INT3`,
    why:
      `The worker has cloned it and traces it (the lesson "host" shows such a birth). Its signal at its parent's end is ${signal}. ` +
      `Its parent, says the kernel, is ${process.pid}: PPid is a process, and both of the host's threads here belong to that.`,
    kernel: recorder.view(stub.pid),
  });
  return new Tracee(recorder, lane, stub.thread, WORKER);
}

function takeBack(control: Tracee): void {
  const { tracer } = control.thread;
  injectWatched(control, {
    call: "prctl",
    args: [tracer.flag("PR_SET_PDEATHSIG"), 0],
    stepped: true,
    frame:
      "prctl(PR_SET_PDEATHSIG, 0), injected into the second stub: no signal at its parent's end.",
    why: "The stub itself has to ask: this is a matter of each process's own. In all else the two stubs are alike.",
    answer: "RAX is 0. This stub is not going to be killed by its parent's end.",
  });
}

/** Detaches from both, forgets them, and lets the thread end. */
function letGo(
  recorder: Recorder,
  tracer: Tracer,
  { stub, control }: Readonly<Record<"stub" | "control", Tracee>>,
  stage: Stage,
): void {
  recorder.observe(
    "The worker detaches from both stubs before it ends. A worker of stublab ends its stubs itself, or holds them to its end, and " +
      "PTRACE_O_EXITKILL ends them then.",
  );
  const why =
    "The worker lets go, in stop. A tracer's end does something to those that it traces, too: with PTRACE_O_EXITKILL it " +
    "kills them. Now nobody traces the stub, so that cannot be what happens to it.";
  for (const tracee of [stub, control]) {
    tracee.request("PTRACE_DETACH", why, {
      observer: "Only there for the lesson: one cause is to be left.",
    });
    awaitProcess(tracee.thread.tgid, ({ state }) => state === "T", tracer.deadline);
    recorder.step({
      lane: tracee.lane,
      kind: "stop",
      title: "stopped by SIGSTOP",
      why: "It is stopped and untraced, and does nothing by itself.",
      kernel: recorder.view(tracee.thread.tgid),
    });
  }
  const pids = [stub, control].map(({ thread }) => thread.tgid);
  // The tracer's end would end the stubs that it knows of.
  for (const tracee of [stub, control]) {
    tracee.thread.forget();
    tracer.stubs.get(tracee.thread.tgid)?.forgetIfDead();
  }
  tracer.close();
  stage.pause("detached", [tracer.tid, ...pids].join(" "));
  recorder.step({
    lane: WORKER,
    kind: "exit",
    title: "the worker's script is over",
    why: "Its thread ends, by itself, as threads do. The process goes on.",
  });
}

function ask(recorder: Recorder): void {
  recorder.ask({
    text: `The worker's thread ends. The host, process ${process.pid}, lives on. What becomes of the two stubs?`,
    choices: [
      "Nothing: their parent is the process, and that lives",
      "The one that asked for a death signal is killed; the other lives on",
      "Both become children of init",
    ],
    answer: 1,
    because:
      "The kernel keeps for every process the thread that created it. As a thread ends, it goes through its children: each that has " +
      "asked for a death signal gets it, and each is handed on, to another thread of the same process if there is one. So " +
      "the second stub has not even got a new PPid.",
  });
}

function awaitThreadEnd(recorder: Recorder, tracer: Tracer, tid: number): void {
  const end = performance.now() + tracer.deadline;
  while (existsSync(taskPath(tid))) {
    if (performance.now() > end) throw new StateError(`thread ${tid} did not end`);
  }
  recorder.step({
    lane: MAIN,
    kind: "note",
    title: `thread ${tid} is gone, process ${process.pid} lives`,
    why: "The kernel has no such thread any more: it is not in /proc/PID/task. This line was written by the process, by another of its threads.",
  });
}

/** Any thread of a process may wait for its children. */
function awaitStubEnd(recorder: Recorder, tracer: Tracer, pid: number): string {
  const tracee = new Tracee(recorder, STUB, new Thread(tracer, pid, pid), MAIN);
  return tracee.awaitEnd({
    stop:
      "The stub was stopped, and untraced, and nobody has sent it anything. The kernel has, as the thread that had cloned it " +
      "ended. SIGKILL ends a stopped process, too.",
    wait:
      "The main thread asks, and may: a process's children are those of all its threads. Had SIGKILL been the exit signal, as " +
      "in gVisor, it would have killed the whole process by now.",
  });
}

/** The main thread takes over the stub that lives. */
function attachControl(recorder: Recorder, tracer: Tracer, pid: number): Stub {
  const thread = new Thread(tracer, pid, pid);
  const stub = tracer.addStub(thread, tracer.constant("SIGCHLD"));
  const tracee = new Tracee(recorder, CONTROL, thread, MAIN);
  const request = tracee.request(
    "PTRACE_ATTACH",
    "The other one is still there. The main thread attaches to it, to ask it.",
  );
  const at = tracee.stopped(
    thread.wait(),
    "Its state goes from T to t. PPid is what it was: the kernel has handed the stub on to another thread of the same process.",
  );
  recorder.arrow("attach", request, at, "PTRACE_ATTACH");
  tracee.waited(at, "As after every attach.");
  tracee.request("PTRACE_SETOPTIONS", "The usual options.", { data: tracer.traceOptions });
  takeInitialRegisters(thread);
  // It was at its INT3, not at its self-stop.
  const syscall = tracer.stubAddress + tracer.shim.stubSyscallOffset();
  thread.initial.set(INSTRUCTION_POINTER, BigInt(syscall));
  injectWatched(tracee, {
    call: "getppid",
    frame: "getppid, injected: does the stub see that its creator is gone?",
    answer:
      `RAX is ${process.pid}, the host's pid, as at its birth. The comparison with R15 finds an orphan by its parent's pid. It would ` +
      "not have found this one.",
  });
  return stub;
}

function checkControl(recorder: Recorder, stub: Stub): void {
  const facts = readProcess(stub.pid);
  recorder.check("the other stub's PPid", `${process.pid}`, `${facts.parentPid}`);
  recorder.check("its getppid, injected", `${process.pid}`, `${stub.call("getppid")}`);
  recorder.check("its signal at its parent's end", "none", deathSignal(stub));
}
