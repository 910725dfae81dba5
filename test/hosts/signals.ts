// A host that has blocked, ignored or caught all signals before its stubs are born:
// `signals blocked|ignored|caught|none`. It prints its own signal sets before and after, those of its stubs, and
// the results of a call that does not return and of a birth that fails.

import { BirthError } from "../../src/index.ts";
import { block, catchAll, ignoreAll, signalSets } from "../support/libc.ts";

const DEADLINE = 300;

const modes: Record<string, () => void> = {
  blocked: () => block(~0n),
  ignored: ignoreAll,
  caught: catchAll,
  none: () => {},
};

const [mode = ""] = process.argv.slice(2);
modes[mode]?.();
const before = signalSets(process.pid);
using tracer = new Tracer();
const master = tracer.createStub();
const grandchild = master.createStub();
const stubs = [master, grandchild].map(({ pid }) => signalSets(pid));
const after = signalSets(process.pid);

using hasty = new Tracer({ deadline: DEADLINE });
const waiting = hasty.createStub();
const started = performance.now();
let error: unknown;
try {
  waiting.inject("ppoll", 0, 0, 0, 0);
} catch (thrown) {
  error = thrown;
}
const pause = {
  missed: error instanceof DeadlineError,
  error: String(error),
  milliseconds: performance.now() - started - DEADLINE,
  answers: waiting.call("getpid") === BigInt(waiting.pid),
};
// A child without the right R15 exits in the stub code.
try {
  tracer.createStub({ omit: ["parent"] });
} catch (thrown) {
  error = thrown;
}
const birth = { step: error instanceof BirthError ? error.step : "none", error: String(error) };
const last = signalSets(process.pid);
console.log(JSON.stringify({ before, stubs, after, pause, birth, last }));
