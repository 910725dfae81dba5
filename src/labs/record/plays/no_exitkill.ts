import type { ProcessFacts } from "../../../core/stub/proc.ts";
import { common, inWords } from "../lesson_text.ts";
import { killTracer } from "./dying_tracer.ts";
import type { Acts } from "./play.ts";

/** How much processor time the guest must have used, in milliseconds. */
const BURNT = 50;

const isLeft = ({ state, tracerTid }: ProcessFacts) => state === "T" && tracerTid === 0;

export const play: Acts<"no-exitkill"> = (scene, say) => {
  const { keeper, guest, idle } = killTracer(scene, ["PTRACE_O_TRACESYSGOOD"], say("options"));
  guest.until(isLeft);
  const step = scene.recorder.length + 1;
  const orphan = guest.look("stopped, without a tracer", say("left"));
  scene.check("the guest, a moment later: state", "T", orphan.state);
  scene.check("the guest, a moment later: its tracer", "0", `${orphan.tracerTid}`);
  const { pid } = keeper.stub;
  scene.check("the guest, a moment later: its parent", `${pid}`, `${orphan.parentPid}`);

  const continued = guest.signal("SIGCONT", say("continued"));
  const processorTime = () => Math.floor(scene.tracer.host.shim.processorTime(guest.pid) / 1000);
  const before = processorTime();
  guest.until(() => processorTime() >= before + BURNT);
  const burnt = processorTime() - before;
  scene.recorder.arrow("signal", continued, scene.recorder.length, "SIGCONT");
  const running = guest.look("it runs, without a tracer", say("runs", { step, burnt }));
  scene.check("the guest, after SIGCONT: state", "R", running.state);
  scene.check("the guest, after SIGCONT: its tracer", "0", `${running.tracerTid}`);
  const burns = burnt >= BURNT ? "yes" : "no";
  scene.check(`the guest, after SIGCONT: it burns ${BURNT} ms`, "yes", burns);

  idle.until(isLeft);
  idle.look("stopped, without a tracer", say("idle-left"));
  const same = idle.signal("SIGCONT", say("idle-continued"));
  scene.recorder.arrow("signal", same, scene.recorder.length, "SIGCONT");
  const wait = common("adopted");
  const trapped = idle.awaitEnd({ stop: say("trapped"), wait });
  scene.check(inWords("the stub at its INT3, after SIGCONT"), "killed by SIGTRAP", trapped);
  guest.signal("SIGKILL", say("killed"));
  const how = guest.awaitEnd({ stop: say("ends"), wait });
  scene.check("the guest's end", "killed by SIGKILL", how);
};
