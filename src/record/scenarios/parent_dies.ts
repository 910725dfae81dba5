import { StateError } from "../../errors.ts";
import { readProcess } from "../../stub/proc.ts";
import type { Stub } from "../../stub/stub.ts";
import { Tracer } from "../../stub/tracer.ts";
import { callTitle, tellCall } from "../calls.ts";
import { cloneWatched } from "../clone.ts";
import type { WatchedStub } from "../fork.ts";
import type { Recorder } from "../recorder.ts";
import type { Scenario } from "../scenario.ts";
import { isBeforeCall, step } from "../stepping.ts";
import { addStubCode } from "../stub_code.ts";
import { Tracee } from "../tracee.ts";

export const parentDies: Scenario = {
  title: "The parent dies: too early for its signal",
  introduction: [
    "A stub must not outlive its parent: nobody would be left to clean up after it. So its first call is " +
      "prctl(PR_SET_PDEATHSIG, SIGKILL), and from then on the kernel kills it when its parent ends.",
    "But between the clone and that call there is a moment in which the parent may die. The signal is sent when a parent ends, to " +
      "the children that have asked by then. Asking is allowed afterwards, and succeeds, and is for nothing: the parent " +
      "cannot end a second time.",
    "The stub cannot close this gap. It can look, once it has asked, whether it fell into it. A child whose parent is dead gets another " +
      "parent, so it compares the pid of its parent with the one that it was told: getppid against R15. If they " +
      "differ, the parent died before the prctl, and the stub exits with 1. If they are the same, the parent lived at that " +
      "moment, after the prctl, and the signal is sure to come.",
    "Two births are shown. In the first the parent dies before the prctl, in the second right after it.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    const keeper = makeKeeper(recorder, tracer);
    const early = dieBefore(recorder, keeper);
    const late = dieAfter(recorder, keeper);
    recorder.check("parent dead before the prctl: the child", "exited with status 1", early.how);
    recorder.check("the parent that it found instead", `${keeper.pid}`, `${early.parent}`);
    recorder.check("parent dead after the prctl: the child", "killed by SIGKILL", late);
    const { errno } = keeper.inject("wait4", -1, 0, tracer.waitAll | tracer.constant("WNOHANG"), 0);
    recorder.check("children of the keeper that are left: its wait4", "ECHILD", `${errno}`);
    recorder.check("the keeper lives: getpid", `${keeper.pid}`, `${keeper.call("getpid")}`);
  },
};

/** A stub that takes in the orphans of what it clones, so that they can be asked after, and none is left behind. */
function makeKeeper(recorder: Recorder, tracer: Tracer): Stub {
  const keeper = tracer.createStub();
  keeper.call("prctl", tracer.flag("PR_SET_CHILD_SUBREAPER"), 1, 0, 0, 0);
  keeper.scrub();
  recorder.addLane("keeper", "a stub that takes in orphans, as init does", keeper.pid);
  recorder.observe(
    "The processes of this lesson come from a stub, the keeper, which is a child subreaper: their orphans become its " +
      "children. Elsewhere they become those of init, or of a subreaper that is there already.",
  );
  return keeper;
}

/** The lesson itself. */
function dieBefore(recorder: Recorder, keeper: Stub): { how: string; parent: number } {
  const parent = restingParent(recorder, keeper, "parent", "it dies before its child's prctl");
  const child = cloneChild(parent, "child", "its child, which becomes an orphan");
  recorder.ask({
    text: "SIGKILL goes to the parent. The child has executed nothing yet, and has asked for nothing. What does the kernel do to the child?",
    choices: [
      "It kills the child as well",
      "It gives the child another parent",
      "It leaves the child with the pid of a dead parent",
    ],
    answer: 1,
    because:
      "Processes do not die with their parents, unless they have asked for it. Every process needs a parent to be reaped by, so " +
      "the kernel hands orphans on: to the nearest child subreaper above, or else to init.",
  });
  killParent(recorder, parent);
  lookAtOrphan(recorder, child);
  const { parentPid } = readProcess(child.stub.pid);
  const how = goToEnd(recorder, child);
  reap(recorder, keeper, child);
  return { how, parent: parentPid };
}

/** The same, but the child has come through its prctl. */
function dieAfter(recorder: Recorder, keeper: Stub): string {
  const parent = restingParent(
    recorder,
    keeper,
    "second-parent",
    "it dies after its child's prctl",
  );
  const child = cloneChild(parent, "second-child", "its child, which has asked in time");
  for (let asked = false; !asked; ) {
    asked = isBeforeCall(child.tracee);
    step(child.tracee);
  }
  recorder.ask({
    text: "The same again, but the child has come through its prctl: it has asked for its signal. The parent is killed. And the child?",
    choices: [
      "It is killed, although it is stopped",
      "It finds that its parent is not the one in R15, and exits with 1",
      "It is killed as soon as its tracer resumes it",
    ],
    answer: 0,
    because:
      "The kernel sends SIGKILL as the parent ends, and SIGKILL needs nobody to resume the process: it ends every stop. (With " +
      "PTRACE_O_TRACEEXIT the process stops once more on its way out, for its tracer to look at it.)",
  });
  killParent(recorder, parent);
  const how = child.tracee.awaitEnd({
    stop: "Nobody has resumed it. The signal that it has just asked for has come, as its parent ended.",
    wait: "The host hears of it, lets it end, and reaps it.",
  });
  reap(recorder, keeper, child);
  return how;
}

/** A stub that the keeper has cloned: it is to be a parent. */
function restingParent(recorder: Recorder, keeper: Stub, lane: string, role: string): WatchedStub {
  const stub = keeper.createStub();
  stub.call("getpid");
  recorder.addLane(lane, `a stub; ${role}`, stub.pid);
  recorder.step({
    lane,
    kind: "note",
    title: `stub ${stub.pid} rests behind its INT3`,
    why: 'The keeper has cloned it (lesson "grandchild"). Now it is to clone a child of its own.',
    kernel: recorder.view(stub.pid),
  });
  return { stub, tracee: new Tracee(recorder, lane, stub.thread) };
}

function cloneChild(parent: WatchedStub, lane: string, role: string): WatchedStub {
  const { pid } = parent.stub;
  return cloneWatched(parent, {
    lane,
    role,
    frame: `The frame of a clone, with the message to the child: RBX = 1, and R15 = ${pid}, the pid of the parent that the child must find.`,
    why: "The child is made. The host holds both of them, so that what follows comes in this order.",
    answer: "RAX is the pid of the child.",
    born: `It has not executed an instruction. R15 says that its parent is ${pid}, and for the kernel PPid is ${pid}, too.`,
  });
}

/** SIGKILL, and the parent's end. */
function killParent(recorder: Recorder, { stub, tracee }: WatchedStub): void {
  const { tracer } = stub;
  const sigkill = tracer.constant("SIGKILL");
  tracer.shim.tgkill(stub.pid, stub.pid, sigkill);
  const words = [stub.pid, stub.pid, sigkill].map(BigInt);
  const call = tellCall(tracer.flag("SYS_tgkill"), words, tracee.teller);
  const told = { ...call, result: { word: "0x0", told: "0" } };
  const sent = recorder.step({
    lane: "host",
    about: tracee.lane,
    kind: "syscall",
    title: callTitle(told),
    why: "The host plays the accident: it might as well have been the kernel, out of memory.",
    call: told,
    observer:
      "Here the parent's end comes between two given instructions of the child. Elsewhere it is a matter of luck.",
  });
  const { length } = recorder;
  tracee.awaitEnd({
    stop: "SIGKILL cannot be held up. The parent is gone.",
    wait: "The host hears of it, and reaps it.",
  });
  recorder.arrow("signal", sent, length, "SIGKILL");
  // It is its parent's zombie still.
  stub.forgetIfDead();
}

/** What the kernel says of an orphan. */
function lookAtOrphan(recorder: Recorder, { stub: { pid }, tracee }: WatchedStub): void {
  recorder.step({
    lane: tracee.lane,
    kind: "note",
    title: `the parent of ${pid} is ${readProcess(pid).parentPid} now`,
    why: "The keeper has got the orphan: it is the nearest ancestor that takes such in (PR_SET_CHILD_SUBREAPER). The child was told nothing.",
    kernel: recorder.view(pid),
  });
}

/** The orphan goes on as if nothing had happened. */
function goToEnd(recorder: Recorder, { tracee }: WatchedStub): string {
  for (;;) {
    const place = recorder.placeOf(tracee.rip);
    if (place?.line.text === "jne leave") askBefore(recorder, tracee);
    const asks = isBeforeCall(tracee, "prctl");
    const outcome = step(tracee, {
      ...(asks && {
        why:
          "It succeeds. The kernel notes that this process wants a SIGKILL at the end of its parent: of the one that it has now, " +
          "the keeper. About the parent that is dead already there is nothing more to tell.",
      }),
    });
    if (outcome.kind === "ended") return outcome.how;
    if (outcome.kind !== "executed") throw new StateError(`${tracee.lane} did not come to its end`);
  }
}

function askBefore(recorder: Recorder, tracee: Tracee): void {
  const { rax = 0n, r15 = 0n } = tracee.registers();
  recorder.ask({
    text: `The child has asked who its parent is. RAX is ${rax}, and R15 is ${r15}. What does it do?`,
    choices: [
      "It goes on: it has a parent, and a death signal",
      "It exits with 1",
      `It writes ${rax} to R15, and goes on`,
    ],
    answer: 1,
    because:
      "The parent that was to guard it is gone. The new one does not know of it, and would neither wait for it nor resume it. A " +
      "stub in that place would stop itself by SIGSTOP, and be stopped for ever.",
  });
}

/** The tracer's reap leaves a zombie to its parent, the keeper. */
function reap(recorder: Recorder, keeper: Stub, { stub, tracee }: WatchedStub): void {
  const { tracer } = keeper;
  keeper.call("wait4", stub.pid, 0, tracer.flag("__WALL"), 0);
  stub.forgetIfDead();
  recorder.step({
    lane: "keeper",
    about: tracee.lane,
    kind: "note",
    title: `the keeper reaps ${stub.pid}`,
    why: "Its tracer has heard of its end already; its parent has not, and until then it is a zombie.",
    observer: "wait4 is injected into the keeper. The steps of that are left out.",
  });
}
