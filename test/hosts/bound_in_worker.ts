// A worker that says on which processors it may run while it has its second tracer, and afterwards.

import { readFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { Tracer } from "../../src/index.ts";

const allowed = () =>
  /Cpus_allowed_list:\s+(\S+)/.exec(readFileSync("/proc/thread-self/status", "utf8"))?.[1];

new Tracer().close();
const tracer = new Tracer();
const bound = allowed();
tracer.close();
parentPort?.postMessage({ bound, after: allowed() });
