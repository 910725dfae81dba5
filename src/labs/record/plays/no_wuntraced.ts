import { checkAtRest } from "../birth.ts";
import type { Acts } from "./play.ts";

/** How long the host waits for what never comes, in milliseconds. */
const PATIENCE = 200;

export const play: Acts<"no-wuntraced"> = (scene, say) => {
  const { tracer } = scene;
  const child = scene.birth({ lane: "master", role: "the first stub", ...say.parts("birth") });
  const without = child.tryWait(say("without"), {
    options: tracer.host.waitAll,
    milliseconds: PATIENCE,
    observer: say("interrupted", { milliseconds: PATIENCE }),
  });
  child.awaitSelfStop(say("within"));
  const within = tracer.host.signalName(tracer.host.encoder.waitValue(tracer.host.status[0] ?? 0));
  const options = Number(tracer.host.waitSelfStop) | tracer.host.constant("WNOHANG");
  const again = child.tryWait(say("again"), { options });
  const attach = say.parts("attach");
  child.request("PTRACE_ATTACH", attach.request);
  const { signal } = child.awaitStop(attach);
  child.setOptions(attach.options);
  child.takeInitialRegisters(attach.registers);
  child.stepToRest();

  scene.check(`without WUNTRACED, in ${PATIENCE} ms`, "nothing", without);
  scene.check("with WUNTRACED", "stopped by SIGSTOP", `stopped by ${within}`);
  scene.check("with WUNTRACED once more, with WNOHANG", "nothing", again);
  const traced = `stopped by ${tracer.host.signalName(signal)}`;
  scene.check("the tracer, without WUNTRACED", "stopped by SIGSTOP", traced);
  checkAtRest(child, process.pid, child.pid);
};
