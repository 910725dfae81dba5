// What runs in a sandbox (sandbox.ts), a process or a thread: its arguments are a lesson and an encoder. It waits for a
// message where it pauses.

import { parentPort } from "node:worker_threads";
import type { Encoder } from "../../core/encoder/abi.ts";
import { failureOf, StateError } from "../../lib/errors.ts";
import { loadLesson } from "./course.ts";
import { Recorder } from "./recorder.ts";
import type { Message } from "./sandbox.ts";
import { Scene } from "./scene.ts";

const [lesson = "", encoder = ""] = process.argv.slice(2);

function send(message: Message): void {
  if (parentPort === null) process.send?.(message);
  else parentPort.postMessage(message);
}

/** Waits until the host sends it on. The end of the host that started this process ends it. */
async function waitForOrder(): Promise<void> {
  const die = () => process.exit(1);
  process.on("disconnect", die);
  await new Promise((resolve) => {
    if (parentPort === null) process.once("message", resolve);
    else parentPort.once("message", resolve);
  });
  process.off("disconnect", die);
}

/** @param open opens the encoder of a name or a file */
export async function playSandboxed(open: (encoder: string) => Promise<Encoder>): Promise<void> {
  try {
    await play(await open(encoder));
  } catch (error) {
    send({ failed: failureOf(error) });
    process.exitCode = 1;
  }
}

async function play(opened: Encoder): Promise<void> {
  const recorder = new Recorder(opened, (piece) => send({ piece }));
  const { sandboxed } = await loadLesson(lesson);
  if (sandboxed === undefined) throw new StateError(`the lesson "${lesson}" has no such part`);
  using scene = new Scene(recorder, undefined, sandboxed.host);
  await sandboxed.play(scene, {
    async pause(point, told = "") {
      send({ pause: { point, told } });
      await waitForOrder();
    },
  });
}
