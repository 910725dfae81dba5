// A thread that runs guests for a pool (pool.ts), one after another, in a platform of its own.

import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { Platform, type PlatformOptions } from "../../core/platform/platform.ts";
import { failureOf, InputError } from "../../lib/errors.ts";
import type { Answer, Order } from "./pool.ts";
import { runGuest } from "./run.ts";
import { Stream } from "./stream.ts";

function work(port: MessagePort, options: PlatformOptions): void {
  let platform: Platform | undefined;

  const close = () => {
    const closing = platform;
    platform = undefined;
    closing?.close();
  };

  const run = ({ program, options: data, output }: Order): Answer => {
    const [stdout, stderr] = [new Stream(output), new Stream(output)];
    platform ??= Platform.open(options);
    const run = runGuest(platform, program, {
      ...data,
      output: (fd, bytes) => (fd === 1 ? stdout : stderr).add(bytes),
      onStart: ({ context }) => port.postMessage({ handle: context.interruptHandle }),
    });
    const omitted = { stdout: stdout.omitted, stderr: stderr.omitted };
    return { run: { ...run, stdout: stdout.bytes(), stderr: stderr.bytes(), omitted } };
  };

  const failed = (error: unknown): Answer => {
    try {
      // What one guest may have broken, the next does not get.
      if (!(error instanceof InputError)) close();
    } catch {
      // The first error says why.
    }
    return failureOf(error);
  };

  port.on("message", (order: Order | null) => {
    if (order === null) {
      port.close();
      return close();
    }
    try {
      port.postMessage(run(order));
    } catch (error) {
      port.postMessage(failed(error));
    }
  });
}

if (parentPort !== null) work(parentPort, workerData);
