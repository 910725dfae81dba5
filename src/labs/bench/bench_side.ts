// stublab's side of `stublab bench`: `bench_side.js NAME` speaks the protocol of bench/main.c.

import { createInterface } from "node:readline";
import { MECHANISMS } from "./mechanisms.ts";
import { type Batch, WORKS } from "./work.ts";

const [name] = process.argv.slice(2);

function open(): Batch {
  const lane = MECHANISMS.find((each) => each.name === name)?.lane;
  if (lane === undefined) throw new Error(`stublab has no mechanism "${name}"`);
  return WORKS[lane.work](lane.options);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const switches = () => process.resourceUsage().involuntaryContextSwitches;

let batch: Batch | undefined;
try {
  batch = open();
  say("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    const before = switches();
    const nanoseconds = batch.run(Number(line)) * 1e6;
    say(`${Math.round(nanoseconds)} ${switches() - before}`);
  }
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  say(`failed ${reason.split("\n")[0]}`);
  process.exitCode = 1;
} finally {
  batch?.close();
}
