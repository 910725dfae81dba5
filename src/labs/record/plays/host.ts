import type { Play } from "./play.ts";

export const host: Play<"host"> = {
  play(scene, say) {
    const stub = scene.fork();
    stub.stepToSelfStop(say.parts("stub"));
    stub.awaitSelfStop();
    const attach = say.parts("attach");
    stub.attach(attach);
    stub.stepToRest(attach);
    stub.checkAtRest(process.pid, stub.pid);
  },
};
