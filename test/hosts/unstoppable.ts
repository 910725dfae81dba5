// A host with a stub in a vfork that never returns: only SIGKILL ends that, which with this exit signal would end the
// host as well. It prints the result of closing.

import { inject } from "../../src/core/stub/injection.ts";
import { StublabError } from "../../src/index.ts";

const tracer = new Tracer({ deadline: 100 });
const stub = tracer.createStub({ exitSignal: "SIGKILL" });
const child = tracer.host.flag("CLONE_VFORK") | tracer.host.flag("SIGCHLD");
try {
  inject(stub.thread, tracer.host.flag("SYS_clone"), [child, 0, 0, 0, 0], {
    setUp: (frame) => tracer.host.encoder.encodeBootstrap(frame.offset, stub.pid),
  });
} catch (error) {
  if (!(error instanceof StublabError)) throw error;
}
try {
  tracer.close();
  console.log("closed");
} catch (error) {
  console.log(String(error));
}
