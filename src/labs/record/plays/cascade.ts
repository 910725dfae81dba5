import { hex } from "../../../lib/errors.ts";
import type { Actor } from "../actor.ts";
import type { Said } from "../said.ts";
import type { Scene } from "../scene.ts";
import type { Acts, SayOf } from "./play.ts";

/** gVisor's choice. */
const EXIT_SIGNAL = "SIGKILL";

const KILLED = "killed by SIGKILL";
const EXIT_STOP = "PTRACE_EVENT_EXIT";

export const host = { lane: "observer", role: "the Node.js process, which sets up the others" };

export const play: Acts<"cascade"> = (scene, say) => {
  const { recorder, tracer } = scene;
  const { keeper, host, acting, master, grandchild } = makeFamily(scene, say);
  const checkExitStop = (fact: string, event: number) => {
    const seen = event === tracer.host.constant(EXIT_STOP) ? EXIT_STOP : `event ${event}`;
    scene.check(fact, EXIT_STOP, seen);
  };

  // The grandchild is killed, and stops on its way out.
  grandchild.signal("SIGKILL", say("kill"));
  const { event } = grandchild.awaitStop(say.parts("exit-stop"));
  checkExitStop("the grandchild, killed: first it is", event);
  const { address, message } = acting.eventMessage(grandchild.pid);
  const data = { word: hex(address), told: `[${message}]` };
  grandchild.requested("PTRACE_GETEVENTMSG", say("message"), { data });
  scene.check("the message of its exit stop", `${tracer.host.constant("SIGKILL")}`, `${message}`);
  scene.check("the master at that time", "t", master.facts.state);

  // It becomes a zombie, and its tracer reaps it.
  grandchild.resume(say("grandchild.resumed"));
  const ended = grandchild.becomeZombie(KILLED, say("grandchild.zombie"));
  const options = tracer.host.waitAll | tracer.host.constant("WNOHANG");
  const news = master.tryWait(say("grandchild.quiet"), { options });
  scene.check("before the zombie is reaped: events of the master", "nothing", news);
  const how = grandchild.reap(say("grandchild.reaped"), ended);
  scene.check("the grandchild's end", KILLED, how);
  recorder.arrow("signal", ended, recorder.length, "exit signal SIGKILL");

  // That kills the master, and the master's end the host.
  const next = master.awaitStop(say.parts("master")).event;
  checkExitStop("the master, once the grandchild is reaped", next);
  master.resume(say("master.resumed"));
  // /proc would give the answer away.
  acting.awaitDeath();
  const last = master.ended(KILLED, say("master.zombie"));
  recorder.arrow("signal", last, recorder.length, "exit signal SIGKILL");
  scene.check("the host's end", KILLED, host.awaitEnd(say.parts("host")));

  // The remaining zombies have lost their parents: the keeper reaps them.
  const reap = (zombie: Actor, why: Said) =>
    scene.check(`${zombie.lane}, reaped by the keeper`, KILLED, zombie.by(keeper).reap(why));
  reap(master, say("keeper.master"));
  reap(grandchild, say("keeper.grandchild"));
  const left = [host, master, grandchild].filter(({ pid }) => recorder.view(pid) !== null);
  scene.check("remaining of the three", "0", `${left.length}`);
  const { pid } = keeper.stub;
  scene.check("the keeper is alive: getpid", `${pid}`, `${keeper.stub.call("getpid")}`);
};

/** The family, before anything happens. The host is a copy of this process: an actor, and as a tracer `acting`. */
function makeFamily(scene: Scene, say: SayOf<"cascade">) {
  scene.recorder.observe(say("observed"));
  const keeper = scene.keeper();
  const copy = keeper.stub.createStub();
  const role = "a copy of the Node.js process, itself a stub: the observer injects its calls";
  const acting = scene.act("host", role, copy);
  const first = copy.createStub({ exitSignal: EXIT_SIGNAL });
  first.scrub();
  const second = first.createStub({ exitSignal: EXIT_SIGNAL });
  const forked = scene.enlist("master", "the host's child; exit signal SIGKILL", first);
  const cloned = scene.enlist("grandchild", "the master's child; exit signal SIGKILL", second);
  const [master, grandchild] = [scene.handOver(forked, acting), scene.handOver(cloned, acting)];
  const host = scene.actor("host", copy);
  host.look("a host with two stubs", say("family"));
  for (const actor of [master, grandchild]) {
    actor.setOptions(say("options"));
    const { exitSignal } = actor.look(`its exit signal is ${EXIT_SIGNAL}`, say("exit-signal"));
    const name = scene.tracer.host.signalName(exitSignal);
    scene.check(`${actor.lane}: its exit signal`, EXIT_SIGNAL, name);
  }
  return { keeper, host, acting, master, grandchild };
}
