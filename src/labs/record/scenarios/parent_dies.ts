import type { Acting } from "../acting.ts";
import type { Actor } from "../actor.ts";
import { HOST, NAMES, resultWord } from "../arch.ts";
import type { Scenario } from "../scenario.ts";
import type { Scene } from "../scene.ts";
import { TEXTS } from "../texts/arch.ts";

const { MARK, PARENT, RESULT } = NAMES;

export const parentDies: Scenario = {
  title: "The parent dies before its signal is requested",
  introduction: [
    "A stub must not outlive its parent, because nothing would clean up after it. So its first call is " +
      "prctl(PR_SET_PDEATHSIG, SIGKILL), and from then on the kernel kills it when its parent ends.",
    "But the parent may die between the clone and that call. The signal is sent when a parent ends, to the children " +
      "that have requested it by then. A later request succeeds, but has no effect: that parent cannot end a second " +
      "time.",
    "The stub cannot close this race, but it can detect it. After the request it compares the pid of its parent with " +
      `the expected one: getppid against ${PARENT}. If they are equal, the parent was alive after the prctl, and the signal is ` +
      "certain to be sent.",
    "The lesson shows two births. In the first the parent dies before the prctl, in the second right after it.",
  ],

  play(scene) {
    const keeper = scene.keeper();
    keeper.stub.scrub();
    const { pid } = keeper.stub;
    const early = dieBefore(scene, keeper);
    const late = dieAfter(scene, keeper);
    scene.check("parent dead before the prctl: the child", "exited with status 1", early.how);
    scene.check("the parent that it had instead", `${pid}`, `${early.parent}`);
    scene.check("parent dead after the prctl: the child", "killed by SIGKILL", late);
    const options = scene.tracer.waitAll | scene.tracer.constant("WNOHANG");
    const { errno } = keeper.stub.inject("wait4", -1, 0, options, 0);
    scene.check("remaining children of the keeper: its wait4", "ECHILD", `${errno}`);
    scene.check("the keeper is alive: getpid", `${pid}`, `${keeper.stub.call("getpid")}`);
  },
};

/** The lesson itself. */
function dieBefore(scene: Scene, keeper: Acting): { how: string; parent: number } {
  const role = "it dies before its child's prctl";
  const [parent, child] = makeFamily(scene, keeper, role, "", "its child, which becomes an orphan");
  scene.ask({
    text:
      "SIGKILL goes to the parent. The child has executed nothing yet, and has requested nothing. What does the kernel " +
      "do to the child?",
    right: {
      "It gives the child another parent":
        "Every process needs a parent that reaps it, so the kernel reparents an orphan: to the nearest ancestor that is a " +
        "child subreaper (PR_SET_CHILD_SUBREAPER), or else to init.",
    },
    wrong: {
      "It kills the child as well":
        "A process does not die with its parent unless it has requested that. This one has not requested it yet.",
      "It leaves the child with the pid of a dead parent":
        "That pid could soon be another process's. And no process would reap the child.",
    },
  });
  killParent(parent);
  const { parentPid } = child.facts;
  child.look(
    `the parent of ${child.pid} is ${parentPid} now`,
    "The orphan is now a child of the keeper, its nearest ancestor that adopts orphans (a child subreaper). It was not " +
      "notified of that.",
  );
  const how = goToEnd(scene, child);
  reap(keeper, child);
  return { how, parent: parentPid };
}

/** The same, but the child has executed its prctl. */
function dieAfter(scene: Scene, keeper: Acting): string {
  const [parent, child] = makeFamily(
    scene,
    keeper,
    "it dies after its child's prctl",
    "second-",
    "its child, which has requested the signal in time",
  );
  child.stepThroughCall("prctl");
  scene.ask({
    text:
      "The same again, but the child has executed its prctl, and so has requested its signal. It is stopped by its " +
      "tracer. The parent is killed. What happens to the child?",
    right: {
      "It is killed, although it is stopped":
        "The kernel sends SIGKILL as the parent ends, and SIGKILL also ends a process that is stopped. (With " +
        "PTRACE_O_TRACEEXIT the process stops once more on its way out, so that its tracer can examine it.)",
    },
    wrong: {
      "It exits with 1": "It would have to execute getppid for that, and is not resumed.",
      "It is killed once it is resumed":
        "Other signals wait for that. SIGKILL does not wait for a tracer.",
    },
  });
  killParent(parent);
  const how = child.awaitEnd({
    stop: "It was not resumed. The signal that it had just requested was sent as its parent ended.",
    wait: "wait4 reports this to the host, which lets it end and reaps it.",
  });
  reap(keeper, child);
  return how;
}

/** A stub that the keeper has cloned, and its child, which has not executed an instruction. */
function makeFamily(
  scene: Scene,
  keeper: Acting,
  role: string,
  prefix: string,
  childRole: string,
): [parent: Actor, child: Actor] {
  const parent = scene.rest(`${prefix}parent`, `a stub; ${role}`, {
    parent: keeper.stub,
    why: 'The keeper has cloned it (lesson "grandchild"). Next it clones a child of its own.',
  });
  const { pid } = parent;
  const child = scene.clone(parent, {
    lane: `${prefix}child`,
    role: childRole,
    why: `The frame of a clone, with the message to the child: ${MARK} = 1, and ${PARENT} = ${pid}, the pid of its parent.`,
    executed: "The child is created. The host keeps both stopped, and chooses what happens next.",
    born: `It has not executed an instruction. ${PARENT} is ${pid}, and so is the PPid that the kernel reports.`,
  });
  return [parent, child];
}

function killParent(parent: Actor): void {
  parent.signal(
    "SIGKILL",
    "The host simulates an accident, such as the kernel's out-of-memory killer.",
    "Here the parent ends between two chosen instructions of the child. Otherwise that would depend on timing.",
  );
  parent.awaitEnd("SIGKILL cannot be delayed. The parent is gone.");
}

/** The orphan continues as if nothing had happened. */
function goToEnd(scene: Scene, child: Actor): string {
  return child.stepToEnd(() => {
    if (child.instruction === TEXTS.STUB_CODE.checksParent) askWhatItDoes(scene, child);
    return child.isBeforeCall("prctl")
      ? "It succeeds. The kernel records that this process gets SIGKILL at the end of its present parent, the keeper. The " +
          "former parent is already dead, and sends nothing."
      : undefined;
  });
}

function askWhatItDoes(scene: Scene, child: Actor): void {
  const registers = child.registers();
  const [seen, expected] = [resultWord(registers), registers[HOST.PARENT] ?? 0n];
  scene.ask({
    text: `The child has executed getppid. ${RESULT} is ${seen}, and ${PARENT} is ${expected}. What does it do?`,
    right: {
      "It exits with 1":
        "The parent that was responsible for it is gone. The new one does not know about it, and would neither wait for " +
        "it nor resume it. The stub would stop itself with SIGSTOP, and stay stopped forever.",
    },
    wrong: {
      "It continues":
        "The signal will come when the keeper ends. But the keeper does not expect it, and would neither attach to it nor resume it.",
      [`It writes ${seen} to ${PARENT}, and continues`]: `That would make the comparison useless: ${PARENT} holds what the parent has passed to the child.`,
    },
  });
}

/** Once the tracer has reaped it, it is a zombie of its parent, the keeper. */
function reap(keeper: Acting, { stub, recorder, lane }: Actor): void {
  keeper.stub.call("wait4", stub.pid, 0, stub.tracer.flag("__WALL"), 0);
  stub.forgetIfDead();
  recorder.step({
    lane: keeper.lane,
    about: lane,
    kind: "note",
    title: `the keeper reaps ${stub.pid}`,
    why: "Its end was reported to its tracer, but not yet to its parent; until then it is a zombie.",
    observer: keeper.observer,
  });
}
