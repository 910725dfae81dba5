// Time limit: 120 s

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError, StublabError } from "../src/errors.ts";
import { Crew } from "../src/fuzz/crew.ts";
import { fuzz } from "../src/fuzz/fuzz.ts";
import { childrenOf, hostCommand, run } from "./processes.ts";

const ended = suite("fuzz: runs that end early");

/** A number of cases that no test waits for. */
const ENDLESS = 1e12;

const NO_NEWS = { parents: new Uint8Array(0), known: new Float64Array(0) };

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}

ended("an error of the progress callback ends the run, and is its rejection", async () => {
  const mine = new Error("mine");
  let calls = 0;
  const progress = () => {
    calls++;
    throw mine;
  };
  assert.is(await rejection(fuzz({ cases: ENDLESS, workers: 2, progress })), mine);
  assert.is(calls, 1);
  const later = async () => progress();
  assert.is(await rejection(fuzz({ cases: ENDLESS, progress: later })), mine);
  assert.equal(childrenOf(process.pid), []);
});

ended("a signal that is aborted already leaves nothing to try", async () => {
  const { interrupted, cases } = await fuzz({ cases: ENDLESS, signal: AbortSignal.abort() });
  assert.equal([interrupted, cases], [true, 0]);
  assert.equal(childrenOf(process.pid), []);
});

ended("workers that finish nothing are given up, and terminated", async () => {
  const patience = 500;
  const crew = await Crew.start({ workers: 2, seed: 1n, path: "both", first: 0, patience });
  const error = await rejection(crew.round([{ from: 0, to: ENDLESS }], NO_NEWS));
  assert.instance(error, StublabError);
  assert.match(String(error), "a worker thread was lost: it did nothing for 0.5 s");
  await crew.leave();
});

ended("a run needs a worker", async () => {
  assert.instance(await rejection(fuzz({ workers: 0 })), InputError);
});

ended("whatever the limit on threads and processes, a run ends and leaves nothing", async () => {
  const MOST = 9;
  const { code, stdout, stderr } = await run(hostCommand("crowded", String(MOST)));
  assert.is(code, 0, stderr);
  const lines = stdout.trimEnd().split("\n");
  assert.is(lines.length, MOST + 1, stdout);
  for (const line of lines) {
    assert.match(
      line,
      /^\d: (tried 10|ERR_STUBLAB_(UNSUPPORTED|FORK|SYSCALL)), left 0$/,
      stdout + stderr,
    );
  }
  assert.match(lines[0] ?? "", "ERR_STUBLAB_UNSUPPORTED");
  assert.match(lines[1] ?? "", "ERR_STUBLAB_UNSUPPORTED");
  assert.match(lines[MOST] ?? "", "tried 10");
});

ended.run();
