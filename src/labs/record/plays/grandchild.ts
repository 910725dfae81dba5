import { hex } from "../../../lib/errors.ts";
import { checkAtRest, stepToSelfStop } from "../birth.ts";
import type { Acts } from "./play.ts";

export const play: Acts<"grandchild"> = (scene, say) => {
  const { tracer } = scene;
  const master = scene.rest("master", "the first stub");
  const child = scene.clone(master, {
    exitSignal: "SIGKILL",
    ...say.parts("clone", { master: master.pid }),
  });
  stepToSelfStop(child, say.parts("stub"));
  const options = Number(tracer.host.waitSelfStop) | tracer.host.constant("WNOHANG");
  child.tryWait(say("host-waits"), { options, observer: "A birth does not try this." });
  // The stop is visible a moment before the parent is notified.
  const told = tracer.host.encoder.signalSet(tracer.host.constant("SIGCHLD"));
  master.until(({ pending }) => (pending & told) !== 0n);
  master.call("wait4", [child.pid, 0, tracer.host.waitSelfStop, 0], {
    stepped: true,
    ...say.parts("wait4"),
    returned: (step) =>
      scene.recorder.arrow("wait", child.selfStop ?? -1, step, "stopped by SIGSTOP"),
  });
  child.attach();
  child.stepToRest();
  checkAtRest(child, master.pid, master.pid);
  scene.check("its exit signal", "SIGKILL", tracer.host.signalName(child.facts.exitSignal));
  scene.check(
    "the master rests, and can clone again",
    hex(tracer.host.restAddress),
    hex(master.rip),
  );
};
