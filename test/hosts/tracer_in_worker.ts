// A worker thread may make any stub except one whose death would kill the process.

import { parentPort } from "node:worker_threads";
import { StublabError } from "../../src/index.ts";

using tracer = new Tracer();
let refused: string | undefined;
try {
  tracer.createStub({ exitSignal: "SIGKILL" });
} catch (error) {
  if (error instanceof StublabError) refused = error.code;
}
const stub = tracer.createStub();
parentPort?.postMessage({ refused, getppid: Number(stub.call("getppid")) });
