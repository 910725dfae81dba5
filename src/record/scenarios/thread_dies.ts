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

/** The lane of the thread that clones: births and requests are recorded in the lane "host". */
const WORKER = "host";
const MAIN = "main";
const STUB = "stub";
const CONTROL = "control";

export const threadDies: Scenario = {
  title: "The thread dies: a parent is not always a process",
  introduction: [
    "A stub first requests a signal at its parent's end: prctl(PR_SET_PDEATHSIG, SIGKILL). With it no stub outlives a " +
      "host that crashes.",
    "What is the parent? For getppid it is a process. For this signal it is not: according to prctl(2) it is the " +
      "thread that created the child. When that thread ends, the signal is sent, even if its process lives on for " +
      "years.",
    "Node.js has such threads: its workers start and end. So has Go: a goroutine moves between OS threads, and the " +
      "runtime may end one. gVisor locks each goroutine that traces to its thread.",
    "Here a worker clones two stubs that differ in one respect: the second has cancelled its death signal. Then the " +
      "worker ends, and nothing else happens.",
  ],

  async record(recorder) {
    // Before the worker's, so that both have the stub code at one address.
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
    const control = restingChild(recorder, tracer, CONTROL, "cancels its death signal");
    takeBack(control);
    letGo(recorder, tracer, { stub, control }, stage);
  },
};

function taskPath(tid: number): string {
  return `/proc/${process.pid}/task/${tid}`;
}

/** A stub of the worker that exists when the recording begins. */
function restingChild(recorder: Recorder, tracer: Tracer, lane: string, role: string): Tracee {
  const stub = tracer.createStub();
  stub.scrub();
  const signal = deathSignal(stub);
  recorder.addLane(lane, `a stub that ${role}`, stub.pid);
  recorder.step({
    lane,
    kind: "note",
    title: `stub ${stub.pid} rests after its INT3`,
    why:
      `The worker has cloned it and traces it (lesson "host"). Its signal at its parent's end is ${signal}. According ` +
      `to the kernel its parent is ${process.pid}: PPid is a process, and both threads of the host belong to it.`,
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
    why: "The stub itself has to make the call: the setting belongs to each process. Otherwise the two stubs are alike.",
    answer: "RAX is 0. This stub will not be killed at its parent's end.",
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
    "The worker detaches from both stubs before it ends. A worker of stublab normally ends its stubs itself, or keeps " +
      "them until its end, when PTRACE_O_EXITKILL kills them.",
  );
  const why =
    "The worker detaches, and leaves the stub stopped. A tracer's end also affects the stubs that it traces: with " +
    "PTRACE_O_EXITKILL it kills them. Now the stub is not traced, so that cannot be the cause of what follows.";
  for (const tracee of [stub, control]) {
    tracee.request("PTRACE_DETACH", why, {
      observer: "Only for the lesson, to leave a single cause.",
    });
    awaitProcess(tracee.thread.tgid, ({ state }) => state === "T", tracer.deadline);
    recorder.step({
      lane: tracee.lane,
      kind: "stop",
      title: "stopped by SIGSTOP",
      why: "It is stopped and untraced, and executes nothing.",
      kernel: recorder.view(tracee.thread.tgid),
    });
  }
  const pids = [stub, control].map(({ thread }) => thread.tgid);
  // The tracer's end would end the stubs that it knows.
  for (const tracee of [stub, control]) {
    tracee.thread.forget();
    tracer.stubs.get(tracee.thread.tgid)?.forgetIfDead();
  }
  tracer.close();
  stage.pause("detached", [tracer.tid, ...pids].join(" "));
  recorder.step({
    lane: WORKER,
    kind: "exit",
    title: "the worker's script ends",
    why: "Its thread ends normally. The process continues.",
  });
}

function ask(recorder: Recorder): void {
  recorder.ask({
    text: `The worker's thread ends. The host, process ${process.pid}, lives on. What happens to the two stubs?`,
    choices: [
      "Nothing: their parent is the process, which is alive",
      "The one with a death signal is killed; the other lives on",
      "Both become children of init",
    ],
    answer: 1,
    because:
      "The kernel records for every process which thread created it. When a thread ends, the kernel walks through its " +
      "children: each that has requested a death signal gets it, and each is reparented, to another thread of the same " +
      "process if there is one. So the PPid of the second stub does not change.",
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
    why: "The thread is no longer in /proc/PID/task. Another thread of the same process recorded this line.",
  });
}

/** Any thread of a process may wait for its children. */
function awaitStubEnd(recorder: Recorder, tracer: Tracer, pid: number): string {
  const tracee = new Tracee(recorder, STUB, new Thread(tracer, pid, pid), MAIN);
  return tracee.awaitEnd({
    stop:
      "The stub was stopped and untraced, and no process has sent it a signal. The kernel has, when the thread that had " +
      "cloned it ended. SIGKILL also ends a stopped process.",
    wait:
      "The main thread may wait for it: the children of a process are those of all its threads. If the exit signal were " +
      "SIGKILL, as in gVisor, it would have killed the whole process by now.",
  });
}

/** The main thread takes over the stub that is alive. */
function attachControl(recorder: Recorder, tracer: Tracer, pid: number): Stub {
  const thread = new Thread(tracer, pid, pid);
  const stub = tracer.addStub(thread, tracer.constant("SIGCHLD"));
  const tracee = new Tracee(recorder, CONTROL, thread, MAIN);
  const request = tracee.request(
    "PTRACE_ATTACH",
    "The other stub is still there. The main thread attaches to it, to examine it.",
  );
  const at = tracee.stopped(
    thread.wait(),
    "Its state goes from T to t. PPid is unchanged: the kernel has reparented the stub to another thread of the same " +
      "process.",
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
    frame: "getppid, injected: does the stub notice that its creator is gone?",
    answer:
      `RAX is ${process.pid}, the host's pid, as at its birth. The comparison with R15 detects an orphan by its ` +
      "parent's pid. It would not detect this one.",
  });
  return stub;
}

function checkControl(recorder: Recorder, stub: Stub): void {
  const facts = readProcess(stub.pid);
  recorder.check("the other stub's PPid", `${process.pid}`, `${facts.parentPid}`);
  recorder.check("its getppid, injected", `${process.pid}`, `${stub.call("getppid")}`);
  recorder.check("its signal at its parent's end", "none", deathSignal(stub));
}
