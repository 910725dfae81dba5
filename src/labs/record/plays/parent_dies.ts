import type { Acting } from "../acting.ts";
import type { Actor } from "../actor.ts";
import type { Said } from "../said.ts";
import type { Scene } from "../scene.ts";
import type { Acts, SayOf } from "./play.ts";

type Says = SayOf<"parent-dies">;

export const play: Acts<"parent-dies"> = (scene, say) => {
  const keeper = scene.keeper();
  keeper.stub.scrub();
  const { pid } = keeper.stub;
  const early = dieBefore(scene, say, keeper);
  const late = dieAfter(scene, say, keeper);
  scene.check("parent dead before the prctl: the child", "exited with status 1", early.how);
  scene.check("the parent that it had instead", `${pid}`, `${early.parentPid}`);
  scene.check("parent dead after the prctl: the child", "killed by SIGKILL", late);
  const options = scene.tracer.host.waitAll | scene.tracer.host.constant("WNOHANG");
  const { errno } = keeper.stub.inject("wait4", -1, 0, options, 0);
  scene.check("remaining children of the keeper: its wait4", "ECHILD", `${errno}`);
  scene.check("the keeper is alive: getpid", `${pid}`, `${keeper.stub.call("getpid")}`);
};

/** The orphan continues as if nothing had happened. */
function dieBefore(scene: Scene, say: Says, keeper: Acting) {
  const parent = beget(scene, say, keeper, "parent", "a stub; it dies before its child's prctl");
  const child = clone(scene, say, parent, "child", "its child, which becomes an orphan");
  kill(say, parent, say("before.kill"));
  const { parentPid } = child.facts;
  child.look(`the parent of ${child.pid} is ${parentPid} now`, say("before.orphan"));
  const how = child.stepToEnd(say.parts("orphan"));
  reap(say, keeper, child);
  return { how, parentPid };
}

/** The same, but the child has executed its prctl. */
function dieAfter(scene: Scene, say: Says, keeper: Acting): string {
  const role = "a stub; it dies after its child's prctl";
  const parent = beget(scene, say, keeper, "second-parent", role);
  const childRole = "its child, which has requested the signal in time";
  const child = clone(scene, say, parent, "second-child", childRole);
  child.stepThroughCall("prctl");
  const after = say.parts("after");
  kill(say, parent, after.kill);
  // From its end, before the wait for it.
  const { recorder } = scene;
  recorder.arrow("signal", recorder.length - 2, recorder.length, "PDEATHSIG SIGKILL");
  const how = child.awaitEnd(after);
  reap(say, keeper, child);
  return how;
}

const beget = (scene: Scene, say: Says, { stub }: Acting, lane: string, role: string) =>
  scene.rest(lane, role, { parent: stub, why: say("family.rests") });

/** A child that has not executed an instruction. */
function clone(scene: Scene, say: Says, parent: Actor, lane: string, role: string): Actor {
  const { why, executed, born } = say.parts("family", { parent: parent.pid });
  return scene.clone(parent, { lane, role, why, executed, born });
}

function kill(say: Says, parent: Actor, why: Said): void {
  parent.signal("SIGKILL", why, say("chosen"));
  parent.awaitEnd(say("parent-ends"));
}

/** Once the tracer has reaped it, it is a zombie of its parent, the keeper. */
function reap(say: Says, keeper: Acting, { stub, recorder, lane }: Actor): void {
  keeper.stub.call("wait4", stub.pid, 0, stub.tracer.flag("__WALL"), 0);
  stub.forgetIfDead();
  recorder.step({
    lane: keeper.lane,
    about: lane,
    kind: "note",
    title: `the keeper reaps ${stub.pid}`,
    why: say("reaped"),
    observer: keeper.observer,
  });
}
