import { hex } from "../../../lib/errors.ts";
import type { Acting } from "../acting.ts";
import type { Actor } from "../actor.ts";
import type { Scenario } from "../scenario.ts";
import type { Scene } from "../scene.ts";

/** gVisor's choice. */
const EXIT_SIGNAL = "SIGKILL";

const EXIT_STOP = "PTRACE_EVENT_EXIT";

export const cascade: Scenario = {
  title: "The cascade: a stub's death kills its parent, up to the host",
  host: { lane: "observer", role: "the Node.js process, which sets up the others" },
  introduction: [
    "Every process has an exit signal, which its parent gets when it ends. For fork that is SIGCHLD, which is ignored " +
      "by default. clone lets the caller choose any signal: it is the low byte of the flags.",
    "gVisor chooses SIGKILL. A stub holds the state of a guest's process, which cannot be restored. If a stub dies " +
      "unexpectedly, something is badly wrong, and it is better that all end at once than that the host continues with " +
      "half of its processes.",
    "So the death of a grandchild kills the master, and the master's death kills the host. But when? The host traces " +
      "both, and a tracer takes part in the end of its tracees.",
  ],

  play(scene) {
    const family = makeFamily(scene);
    const { keeper, host, master, grandchild } = family;
    killGrandchild(scene, family);
    endGrandchild(scene, family);
    endMaster(scene, family);
    // The remaining zombies have lost their parents: the keeper reaps them.
    const reap = (zombie: Actor, why: string) => {
      const how = zombie.by(keeper).reap(why);
      scene.check(`${zombie.lane}, reaped by the keeper`, "killed by SIGKILL", how);
    };
    reap(
      master,
      "The host never reaped the master. The keeper, which adopts orphans, has become its parent.",
    );
    reap(
      grandchild,
      "The grandchild was reaped by its tracer, but not by a parent, and has been a zombie since.",
    );
    const left = [host, master, grandchild].filter(({ pid }) => scene.recorder.view(pid) !== null);
    scene.check("remaining of the three", "0", `${left.length}`);
    const { pid } = keeper.stub;
    scene.check("the keeper is alive: getpid", `${pid}`, `${keeper.stub.call("getpid")}`);
  },
};

interface Family {
  readonly keeper: Acting;
  /** A copy of the host, and the same as a tracer. */
  readonly host: Actor;
  readonly acting: Acting;
  readonly master: Actor;
  readonly grandchild: Actor;
}

/** The family, before anything happens. */
function makeFamily(scene: Scene): Family {
  const { recorder, tracer } = scene;
  recorder.observe(
    "The host that dies here is a copy: a child forked from the Node.js process, with all of its memory. It is a " +
      "stub, and the observer injects the tracer's calls into it. A real host makes the same calls; then Node.js itself " +
      "dies, silently.",
  );
  const keeper = scene.keeper();
  const copy = keeper.stub.createStub();
  const acting = scene.act(
    "host",
    "a copy of the Node.js process, itself a stub: the observer injects each of its calls",
    copy,
  );
  const first = copy.createStub({ exitSignal: EXIT_SIGNAL });
  first.scrub();
  const second = first.createStub({ exitSignal: EXIT_SIGNAL });
  const forked = scene.enlist("master", "the host's child; exit signal SIGKILL", first);
  const cloned = scene.enlist("grandchild", "the master's child; exit signal SIGKILL", second);
  const [master, grandchild] = [scene.handOver(forked, acting), scene.handOver(cloned, acting)];
  const host = scene.actor("host", copy);
  host.look(
    "a host with two stubs",
    "The host's own exit signal is SIGCHLD, so the cascade ends with it. It has a child, the master, and traces both stubs.",
  );
  for (const actor of [master, grandchild]) {
    actor.setOptions(
      "The options of every stub. TRACEEXIT lets the tracer examine it before it ends.",
    );
    const { exitSignal } = actor.look(
      `its exit signal is ${EXIT_SIGNAL}`,
      "It is stopped by its tracer, the host. At its end its parent gets SIGKILL.",
    );
    const fact = `${actor.lane}: its exit signal`;
    scene.check(fact, EXIT_SIGNAL, tracer.signalName(exitSignal));
  }
  return { keeper, host, acting, master, grandchild };
}

/** SIGKILL, and the exit stop. */
function killGrandchild(scene: Scene, { acting, master, grandchild }: Family): void {
  grandchild.signal(
    "SIGKILL",
    "The grandchild is killed. On a real machine the kernel may do that when it is out of memory.",
  );
  scene.ask({
    text: "SIGKILL cannot be caught, blocked or ignored. Which processes are dead a moment later?",
    right: {
      None:
        "On its way out the grandchild stops once more, because its tracer has requested that (TRACEEXIT). It executes no " +
        "further instruction, but stays there until its tracer resumes it. A host that does not wait for its stubs would " +
        "never notice.",
    },
    wrong: {
      "All three: grandchild, master and host":
        "In the end, yes. But each death takes effect only when the host has done something about it.",
      "Only the grandchild":
        "It will be the first. But it is stopped on its way out, and has not ended.",
    },
  });
  const { event } = grandchild.awaitStop({
    stop: "The exit stop. It still has its registers and its memory; here a debugger can examine it for the last time.",
    wait: "The host has called wait4. The event in the status word is PTRACE_EVENT_EXIT.",
  });
  scene.check("the grandchild, killed: first it is", EXIT_STOP, eventName(scene, event));
  const { address, message } = acting.eventMessage(grandchild.pid);
  grandchild.requested(
    "PTRACE_GETEVENTMSG",
    "How will it end? The message of this event is the status that wait4 will report: 9, killed by SIGKILL.",
    { data: { word: hex(address), told: `[${message}]` } },
  );
  scene.check("the message of its exit stop", `${scene.tracer.constant("SIGKILL")}`, `${message}`);
  scene.check("the master at that time", "t", master.facts.state);
}

function eventName({ tracer }: Scene, event: number): string {
  return event === tracer.constant(EXIT_STOP) ? EXIT_STOP : `event ${event}`;
}

/** It becomes a zombie, and its tracer reaps it. */
function endGrandchild(scene: Scene, { master, grandchild }: Family): void {
  grandchild.resume("The host resumes it, and it ends.");
  const zombie = grandchild.becomeZombie(
    "killed by SIGKILL",
    "Its memory is gone. A zombie is left: the pid and the status, for the process that reaps it.",
  );
  scene.ask({
    text: "The grandchild is a zombie, and its exit signal is SIGKILL. Has its parent, the master, got that signal?",
    right: {
      "No: first the grandchild's tracer must reap it":
        "While a process other than its parent traces it, the kernel notifies only the tracer, by SIGCHLD. Only when the " +
        "tracer has reaped it does the zombie return to its parent, and the exit signal with it.",
    },
    wrong: {
      "Yes: the process has ended":
        "So it is for a process that is not traced, or whose tracer is its parent. The grandchild's tracer is the host.",
      "No: a stopped process gets no signals":
        "It gets them like any other; they are pending until it is resumed. SIGKILL has its effect even before that.",
    },
  });
  const options = scene.tracer.waitAll | scene.tracer.constant("WNOHANG");
  const quiet = master.tryWait(
    "The host calls wait4 for the master with WNOHANG: 0, nothing has happened to it.",
    { options },
  );
  scene.check("before the zombie is reaped: events of the master", "nothing", quiet);
  const how = grandchild.reap(
    "The host reaps the grandchild. This call, which only asks for a status, kills the master.",
    zombie,
  );
  scene.check("the grandchild's end", "killed by SIGKILL", how);
  scene.recorder.arrow("signal", zombie, scene.recorder.length, "exit signal SIGKILL");
  const { event } = master.awaitStop({
    stop: "The master was stopped, and waiting for a call. SIGKILL, its child's exit signal, has moved it to its exit stop.",
    wait: "wait4 reports the master, although the host has done nothing to it.",
  });
  scene.check("the master, once the grandchild is reaped", EXIT_STOP, eventName(scene, event));
}

/** The master ends, and the host with it. */
function endMaster(scene: Scene, { acting, host, master }: Family): void {
  master.resume("The host resumes the master, as it resumed the grandchild.");
  // /proc would give the answer away.
  acting.awaitDeath();
  const zombie = master.ended("killed by SIGKILL", "The master is a zombie, and not reaped yet.");
  scene.ask({
    text:
      "The host is the master's tracer, and also its parent. It is about to reap the master with a wait4. Does it get " +
      "to that?",
    right: {
      "No: it is dead before it can make that call":
        "Here tracer and parent are the same process, so no other process has to be notified first. The kernel sends the " +
        "exit signal as soon as the master ends.",
    },
    wrong: {
      "No: the master was reaped at its exit stop":
        "That stop came before the end. wait4 has reported it, and there was no zombie yet to reap.",
      "Yes: its SIGKILL comes after it":
        "The master's SIGKILL came after a wait4 because the grandchild's tracer was not its parent.",
      "Yes: a tracer gets no SIGKILL":
        "It gets no exit signal of tracees that are not its children. The master is its child.",
    },
  });
  scene.recorder.arrow("signal", zombie, scene.recorder.length, "exit signal SIGKILL");
  const how = host.awaitEnd({
    stop:
      "In a real host this is Node.js: no exception, no exit hook, nothing on stderr. The shell that started it prints " +
      '"Killed".',
    wait:
      "wait4 reports the end of the host's copy to the observer, its tracer. Its exit signal is SIGCHLD: here the " +
      "cascade ends.",
  });
  scene.check("the host's end", "killed by SIGKILL", how);
}
