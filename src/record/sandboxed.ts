// What runs in a sandbox (sandbox.ts): in a process `sandboxed.js SCENARIO ENCODER`, which records into the file
// descriptor PIECES, and waits for a byte on standard input where it pauses; or in a thread with the same as its data.

import { readSync } from "node:fs";
import { isMainThread, workerData } from "node:worker_threads";
import { isEncoderFile, loadEncoder } from "../encoder/foreign.ts";
import { StateError, StublabError } from "../errors.ts";
import { writeMessage } from "./pieces.ts";
import { Recorder } from "./recorder.ts";
import { PIECES, type ThreadData } from "./sandbox.ts";
import { loadScenario } from "./scenarios.ts";
import { Scene } from "./scene.ts";

/** Where it runs. */
interface Place extends Omit<ThreadData, "orders"> {
  /** Waits until it is sent on. */
  waitForOrder(): void;
}

function here(): Place {
  const [scenario = "", encoder = ""] = process.argv.slice(2);
  if (isMainThread) return { scenario, encoder, file: PIECES, waitForOrder: readOrder };
  const { orders, ...data }: ThreadData = workerData;
  const word = new Int32Array(orders);
  let seen = 0;
  return {
    ...data,
    waitForOrder() {
      Atomics.wait(word, 0, seen);
      seen++;
    },
  };
}

/** The end of the input is the end of the host that started this one. */
function readOrder(): void {
  if (readSync(0, new Uint8Array(1)) === 0) process.exit(1);
}

const { scenario, encoder, file, waitForOrder } = here();
try {
  const opened = isEncoderFile(encoder) ? await loadEncoder(encoder) : encoder;
  const recorder = new Recorder(opened, (piece) => writeMessage(file, { piece }));
  const { sandboxed } = await loadScenario(scenario);
  if (sandboxed === undefined) throw new StateError(`the scenario "${scenario}" has no such part`);
  {
    using scene = new Scene(recorder, undefined, sandboxed.host);
    await sandboxed.play(scene, {
      pause(point, told = "") {
        writeMessage(file, { pause: { point, told } });
        waitForOrder();
      },
    });
  }
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const remedy = error instanceof StublabError ? (error.remedy ?? "") : "";
  writeMessage(file, { failed: { message, remedy } });
  process.exitCode = 1;
}
