// A thread that runs guests for a pool (pool.ts), one after another, in a platform of its own.

import { parentPort, workerData } from "node:worker_threads";
import { Platform } from "../../core/platform/platform.ts";
import "../../fast/index.ts";
import { failureOf, InputError } from "../../lib/errors.ts";
import type { Answer, Order } from "./pool.ts";
import { runGuest } from "./run.ts";
import { Stream } from "./stream.ts";

let platform: Platform | undefined;

function close(): void {
  const closing = platform;
  platform = undefined;
  closing?.close();
}

function run({ program, options, output }: Order): Answer {
  const [stdout, stderr] = [new Stream(output), new Stream(output)];
  platform ??= Platform.open(workerData);
  const run = runGuest(platform, program, {
    ...options,
    output: (fd, bytes) => (fd === 1 ? stdout : stderr).add(bytes),
    onStart: ({ context }) => parentPort?.postMessage({ handle: context.interruptHandle }),
  });
  const omitted = { stdout: stdout.omitted, stderr: stderr.omitted };
  return { run: { ...run, stdout: stdout.bytes(), stderr: stderr.bytes(), omitted } };
}

function answerTo(order: Order): Answer {
  try {
    return run(order);
  } catch (error) {
    try {
      // What one guest may have broken, the next does not get.
      if (!(error instanceof InputError)) close();
    } catch {
      // The first error says why.
    }
    return failureOf(error);
  }
}

parentPort?.on("message", (order: Order | null) => {
  if (order !== null) return parentPort?.postMessage(answerTo(order));
  parentPort?.close();
  close();
});
