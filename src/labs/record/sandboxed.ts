// What runs in a sandbox (sandbox.ts), a process or a thread: its arguments are a scenario, an encoder, and the file
// descriptor into which it records. Where it pauses, a process waits for a byte on standard input, and a thread for a
// change of the word that is its data.

import { readSync } from "node:fs";
import { isMainThread, workerData } from "node:worker_threads";
import type { Encoder } from "../../core/encoder/abi.ts";
import { StateError, StublabError } from "../../lib/errors.ts";
import { loadLesson } from "./course.ts";
import { writeMessage } from "./pieces.ts";
import { Recorder } from "./recorder.ts";
import { Scene } from "./scene.ts";

const [scenario = "", encoder = "", descriptor] = process.argv.slice(2);
const file = Number(descriptor);
let pauses = 0;

/** Waits until the host sends it on. */
function waitForOrder(): void {
  if (!isMainThread) Atomics.wait(new Int32Array(workerData), 0, pauses++);
  // The end of the input is the end of the host that started this process.
  else if (readSync(0, new Uint8Array(1)) === 0) process.exit(1);
}

/** @param open opens the encoder of a name or a file */
export async function playSandboxed(open: (encoder: string) => Promise<Encoder>): Promise<void> {
  try {
    await play(await open(encoder));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const { remedy = "", code } = error instanceof StublabError ? error : { code: "" };
    writeMessage(file, { failed: { message, remedy, code } });
    process.exitCode = 1;
  }
}

async function play(opened: Encoder): Promise<void> {
  const recorder = new Recorder(opened, (piece) => writeMessage(file, { piece }));
  const { sandboxed } = await loadLesson(scenario);
  if (sandboxed === undefined) throw new StateError(`the lesson "${scenario}" has no such part`);
  using scene = new Scene(recorder, undefined, sandboxed.host);
  await sandboxed.play(scene, {
    pause(point, told = "") {
      writeMessage(file, { pause: { point, told } });
      waitForOrder();
    },
  });
}
