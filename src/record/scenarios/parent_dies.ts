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
  title: "The parent dies before its signal is requested",
  introduction: [
    "A stub must not outlive its parent, because nothing would clean up after it. So its first call is " +
      "prctl(PR_SET_PDEATHSIG, SIGKILL), and from then on the kernel kills it when its parent ends.",
    "But the parent may die between the clone and that call. The signal is sent when a parent ends, to the children " +
      "that have requested it by then. A later request succeeds, but has no effect: the parent cannot end a second " +
      "time.",
    "The stub cannot close this race, but it can detect it. A child whose parent is dead gets another parent, so " +
      "after the request it compares the pid of its parent with the expected one: getppid against R15. If they differ, " +
      "the parent died before the prctl, and the stub exits with 1. If they are equal, the parent was alive after the " +
      "prctl, and the signal is certain to be sent.",
    "The lesson shows two births. In the first the parent dies before the prctl, in the second right after it.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    const keeper = makeKeeper(recorder, tracer);
    const early = dieBefore(recorder, keeper);
    const late = dieAfter(recorder, keeper);
    recorder.check("parent dead before the prctl: the child", "exited with status 1", early.how);
    recorder.check("the parent that it had instead", `${keeper.pid}`, `${early.parent}`);
    recorder.check("parent dead after the prctl: the child", "killed by SIGKILL", late);
    const { errno } = keeper.inject("wait4", -1, 0, tracer.waitAll | tracer.constant("WNOHANG"), 0);
    recorder.check("remaining children of the keeper: its wait4", "ECHILD", `${errno}`);
    recorder.check("the keeper is alive: getpid", `${keeper.pid}`, `${keeper.call("getpid")}`);
  },
};

/** A stub that becomes the parent of orphans among its descendants, so that they can be waited for, and none is left. */
function makeKeeper(recorder: Recorder, tracer: Tracer): Stub {
  const keeper = tracer.createStub();
  keeper.call("prctl", tracer.flag("PR_SET_CHILD_SUBREAPER"), 1, 0, 0, 0);
  keeper.scrub();
  recorder.addLane("keeper", "a stub that adopts orphans, as init does", keeper.pid);
  recorder.observe(
    "The processes of this lesson descend from a stub, the keeper, which is a child subreaper: orphans among them " +
      "become its children. Otherwise they would become children of init, or of an existing subreaper.",
  );
  return keeper;
}

/** The lesson itself. */
function dieBefore(recorder: Recorder, keeper: Stub): { how: string; parent: number } {
  const parent = restingParent(recorder, keeper, "parent", "it dies before its child's prctl");
  const child = cloneChild(parent, "child", "its child, which becomes an orphan");
  recorder.ask({
    text:
      "SIGKILL goes to the parent. The child has executed nothing yet, and has requested nothing. What does the kernel " +
      "do to the child?",
    choices: [
      "It kills the child as well",
      "It gives the child another parent",
      "It leaves the child with the pid of a dead parent",
    ],
    answer: 1,
    because:
      "A process does not die with its parent unless it has requested that. Every process needs a parent that reaps it, " +
      "so the kernel reparents orphans: to the nearest child subreaper among their ancestors, or else to init.",
  });
  killParent(recorder, parent);
  lookAtOrphan(recorder, child);
  const { parentPid } = readProcess(child.stub.pid);
  const how = goToEnd(recorder, child);
  reap(recorder, keeper, child);
  return { how, parent: parentPid };
}

/** The same, but the child has executed its prctl. */
function dieAfter(recorder: Recorder, keeper: Stub): string {
  const parent = restingParent(
    recorder,
    keeper,
    "second-parent",
    "it dies after its child's prctl",
  );
  const child = cloneChild(
    parent,
    "second-child",
    "its child, which has requested the signal in time",
  );
  for (let asked = false; !asked; ) {
    asked = isBeforeCall(child.tracee);
    step(child.tracee);
  }
  recorder.ask({
    text:
      "The same again, but the child has executed its prctl, and so has requested its signal. The parent is killed. " +
      "What happens to the child?",
    choices: [
      "It is killed, although it is stopped",
      "It detects that its parent is not the one in R15, and exits with 1",
      "It is killed as soon as its tracer resumes it",
    ],
    answer: 0,
    because:
      "The kernel sends SIGKILL as the parent ends, and SIGKILL also ends a process that is stopped. (With " +
      "PTRACE_O_TRACEEXIT the process stops once more on its way out, so that its tracer can examine it.)",
  });
  killParent(recorder, parent);
  const how = child.tracee.awaitEnd({
    stop: "It was not resumed. The signal that it had just requested was sent as its parent ended.",
    wait: "wait4 reports this to the host, which lets it end and reaps it.",
  });
  reap(recorder, keeper, child);
  return how;
}

/** A stub that the keeper has cloned: the parent of the next one. */
function restingParent(recorder: Recorder, keeper: Stub, lane: string, role: string): WatchedStub {
  const stub = keeper.createStub();
  stub.call("getpid");
  recorder.addLane(lane, `a stub; ${role}`, stub.pid);
  recorder.step({
    lane,
    kind: "note",
    title: `stub ${stub.pid} rests after its INT3`,
    why: 'The keeper has cloned it (lesson "grandchild"). Next it clones a child of its own.',
    kernel: recorder.view(stub.pid),
  });
  return { stub, tracee: new Tracee(recorder, lane, stub.thread) };
}

function cloneChild(parent: WatchedStub, lane: string, role: string): WatchedStub {
  const { pid } = parent.stub;
  return cloneWatched(parent, {
    lane,
    role,
    frame:
      `The frame of a clone, with the message to the child: RBX = 1, and R15 = ${pid}, the pid that the child's parent ` +
      "must have.",
    why: "The child is created. The host keeps both stopped, so that the following steps happen in this order.",
    answer: "RAX is the pid of the child.",
    born: `It has not executed an instruction. According to R15 its parent is ${pid}, and the kernel's PPid is ${pid}, too.`,
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
    why: "The host simulates an accident, such as the kernel's out-of-memory killer.",
    call: told,
    observer:
      "Here the parent ends between two chosen instructions of the child. Otherwise that would depend on timing.",
  });
  const { length } = recorder;
  tracee.awaitEnd({
    stop: "SIGKILL cannot be delayed. The parent is gone.",
    wait: "wait4 reports this to the host, and reaps it.",
  });
  recorder.arrow("signal", sent, length, "SIGKILL");
  // It is still a zombie of its parent.
  stub.forgetIfDead();
}

/** What the kernel says about an orphan. */
function lookAtOrphan(recorder: Recorder, { stub: { pid }, tracee }: WatchedStub): void {
  recorder.step({
    lane: tracee.lane,
    kind: "note",
    title: `the parent of ${pid} is ${readProcess(pid).parentPid} now`,
    why:
      "The orphan is now a child of the keeper, its nearest ancestor with PR_SET_CHILD_SUBREAPER. The child was not " +
      "notified.",
    kernel: recorder.view(pid),
  });
}

/** The orphan continues as if nothing had happened. */
function goToEnd(recorder: Recorder, { tracee }: WatchedStub): string {
  for (;;) {
    const place = recorder.placeOf(tracee.rip);
    if (place?.line.text === "jne leave") askBefore(recorder, tracee);
    const asks = isBeforeCall(tracee, "prctl");
    const outcome = step(tracee, {
      ...(asks && {
        why:
          "It succeeds. The kernel records that this process gets SIGKILL at the end of its present parent, the keeper. The " +
          "former parent is already dead, and sends nothing.",
      }),
    });
    if (outcome.kind === "ended") return outcome.how;
    if (outcome.kind !== "executed") throw new StateError(`${tracee.lane} did not come to its end`);
  }
}

function askBefore(recorder: Recorder, tracee: Tracee): void {
  const { rax = 0n, r15 = 0n } = tracee.registers();
  recorder.ask({
    text: `The child has executed getppid. RAX is ${rax}, and R15 is ${r15}. What does it do?`,
    choices: [
      "It continues: it has a parent, and a death signal",
      "It exits with 1",
      `It writes ${rax} to R15, and continues`,
    ],
    answer: 1,
    because:
      "The parent that was responsible for it is gone. The new one does not know about it, and would neither wait for " +
      "it nor resume it. The stub would stop itself with SIGSTOP, and stay stopped forever.",
  });
}

/** Once the tracer has reaped it, it is a zombie of its parent, the keeper. */
function reap(recorder: Recorder, keeper: Stub, { stub, tracee }: WatchedStub): void {
  const { tracer } = keeper;
  keeper.call("wait4", stub.pid, 0, tracer.flag("__WALL"), 0);
  stub.forgetIfDead();
  recorder.step({
    lane: "keeper",
    about: tracee.lane,
    kind: "note",
    title: `the keeper reaps ${stub.pid}`,
    why: "Its end was reported to its tracer, but not yet to its parent; until then it is a zombie.",
    observer: "wait4 is injected into the keeper. The steps of the injection are omitted.",
  });
}
