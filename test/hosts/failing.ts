// A host in which a birth fails: `failing fork|clone|birth|late|attach|grandchild EXIT_SIGNAL LANE`. It prints what failed, the
// effect on the signals of the host and of the parent, and which processes are left. At "fork" and "clone" the limit on
// processes is reached; at "late" a birth has succeeded, and setsid is refused from then on; at "attach" PTRACE_ATTACH is; at "grandchild" a stub clones.

import { LANES } from "../../src/core/stub/tracing_thread.ts";
import { BirthError, StublabError } from "../../src/index.ts";
import { block, dropPrivileges, forbidCalls, forbidForks, signalSets } from "../support/libc.ts";

const [what = "", exitSignal = "", lane] = process.argv.slice(2);
const tracer = new Tracer({ lane: LANES.find((name) => name === lane) });
block(tracer.host.encoder.signalSet(tracer.host.constant("SIGUSR2")));
const limited = what === "fork" || what === "clone";
if (limited) dropPrivileges();
const clones = what === "clone" || what === "grandchild";
const parent = clones ? tracer.createStub({ exitSignal }) : undefined;
if (limited) forbidForks(parent?.pid ?? process.pid);
if (what === "late") {
  tracer.createStub({ exitSignal });
  forbidCalls([Number(tracer.host.syscallNumber("setsid"))], constants.errno.EPERM);
}
if (what === "attach") {
  tracer.createStub({ exitSignal });
  Object.assign(tracer.host.shim, { attach: () => -constants.errno.EPERM });
}

const before = signalSets(process.pid);
let failure: object | undefined;
try {
  if (parent === undefined) tracer.createStub({ exitSignal });
  else parent.createStub();
} catch (error) {
  if (!(error instanceof StublabError)) throw error;
  const { name, message, code, call, errno, remedy } = error;
  const step = error instanceof BirthError ? error.step : undefined;
  failure = { name, message, code, call, errno, remedy, step };
}
const after = signalSets(process.pid);
const parentBlocks = parent === undefined ? "0" : String(readProcess(parent.pid).blocked);
const parentAnswers = parent === undefined || parent.call("getpid") === BigInt(parent.pid);
const left = [process.pid, ...tracer.stubs.keys()]
  .flatMap(childrenOf)
  .filter((pid) => !tracer.stubs.has(pid));
tracer.close();
console.log(JSON.stringify({ failure, before, after, parentBlocks, parentAnswers, left }));
