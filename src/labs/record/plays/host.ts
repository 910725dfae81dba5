import { checkAtRest, stepToSelfStop } from "../birth.ts";
import type { Acts } from "./play.ts";

export const play: Acts<"host"> = (scene, say) => {
  const stub = scene.fork();
  stepToSelfStop(stub, say.parts("stub"));
  const attach = say.parts("attach");
  stub.attach(attach);
  stub.stepToRest(attach);
  checkAtRest(stub, process.pid, stub.pid);
};
