import { common } from "../lesson_text.ts";
import { killTracer } from "./dying_tracer.ts";
import type { Acts } from "./play.ts";

export const play: Acts<"exitkill"> = (scene, say) => {
  const options = ["PTRACE_O_TRACESYSGOOD", "PTRACE_O_EXITKILL"];
  const { keeper, guest, idle } = killTracer(scene, options, say("options"));
  const wait = common("adopted");
  // The tracer's end, before the wait for it.
  const { recorder } = scene;
  const cause = recorder.length - 2;
  for (const stub of [guest, idle]) {
    const stop = stub === guest ? say("guest-ends") : say("idle-ends");
    recorder.arrow("signal", cause, recorder.length, "EXITKILL SIGKILL");
    const how = stub.awaitEnd({ stop, wait });
    scene.check(`${stub.lane}: its end`, "killed by SIGKILL", how);
    const process = recorder.view(stub.pid) ? "there" : "gone";
    scene.check(`${stub.lane}: its process`, "gone", process);
  }
  const { pid } = keeper.stub;
  const fact = "the keeper, which the dead tracer did not trace: getpid";
  scene.check(fact, `${pid}`, `${keeper.stub.call("getpid")}`);
};
