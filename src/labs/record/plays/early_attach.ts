import { takeInitialRegisters } from "../../../core/stub/attach.ts";
import { hex } from "../../../lib/errors.ts";
import type { Actor } from "../actor.ts";
import type { Scene } from "../scene.ts";
import type { Acts, SayOf } from "./play.ts";
import { attachEarly, giveWay } from "./race.ts";

type Says = SayOf<"early-attach">;

export const play: Acts<"early-attach"> = (scene, say) => {
  scene.recorder.observe(say("observed"));
  const master = scene.rest("master", "the first stub");
  giveWay(master);
  mistake(scene, say, master);
  observe(scene, say, master);
  const rest = hex(scene.tracer.host.restAddress);
  scene.check("the master rests, and can clone again", rest, hex(master.rip));
};

/** A stub that has executed its prctl, and nothing after it. */
function birth(scene: Scene, say: Says, master: Actor, lane: string, role: string): Actor {
  const child = scene.clone(master, { lane, role, ...say.parts("birth") });
  child.stepThroughCall("prctl");
  return child;
}

/** The host mistakes the stop for the self-stop. */
function mistake(scene: Scene, say: Says, master: Actor): void {
  const role = "a stub that is mistaken for one at its self-stop";
  const bear = () => birth(scene, say, master, "mistaken", role);
  const stub = attachEarly(scene, bear, say.parts("attach"));
  stub.takeInitialRegisters(say("mistake.registers"));
  stub.setRegisters(stub.frame("getpid"), say("mistake.frame"));
  stub.step({ why: say("mistake.executed") });
  const expected = `exited with status ${-stub.pid & 0xff}`;
  const how = stub.stepToEnd(say.parts("mistaken"));
  scene.check("mistaken for the self-stop: the stub", expected, how);
}

/** What the host sees of another such stub if it does nothing but resume it. */
function observe(scene: Scene, say: Says, master: Actor): void {
  const bear = () => {
    const role = "a stub that the host only resumes";
    const child = scene.recorder.fold(() => birth(scene, say, master, "watched", role));
    child.look("another stub, right after its prctl", say("again"));
    return child;
  };
  const stub = attachEarly(scene, bear, say.parts("attach"));
  const origin = say.parts("origin", { stub: stub.pid });
  const resumed = say.parts("resumed");
  const first = originOfSignal(stub);
  stub.getSignalInfo(origin.kernel);
  stub.resume(resumed.first);
  stub.awaitStop({ stop: resumed.stop, wait: resumed.wait });
  const second = originOfSignal(stub);
  stub.getSignalInfo(origin.stub);
  takeInitialRegisters(stub.thread);
  stub.resume(resumed.second);
  stub.awaitStop({ stop: resumed.rest, wait: resumed.usable });
  const options = Number(scene.tracer.host.waitSelfStop) | scene.tracer.host.constant("WNOHANG");
  const told = master.callBriefly("wait4", [stub.pid, 0, options, 0], say("parent-waits"));
  scene.check("the first SIGSTOP: si_code, from the kernel", "SI_KERNEL", first);
  scene.check("the second SIGSTOP: si_code, from a process", "SI_USER", second);
  scene.check("what the parent's wait4 reports of both", "0", `${told}`);
}

/** The si_code of the signal that has stopped a stub. */
function originOfSignal(stub: Actor): string {
  const { code } = stub.signalInfo();
  if (code === stub.stub.tracer.constant("SI_KERNEL")) return "SI_KERNEL";
  return code === 0 ? "SI_USER" : `${code}`;
}
