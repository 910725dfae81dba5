/*
 * A thread that judges a recording of another architecture: it takes itself for a machine of that one. Modules look at
 * the architecture when they are loaded.
 */

import { parentPort, workerData } from "node:worker_threads";
import type { Arch } from "../../../core/machine/index.ts";
import type { Change } from "../predict/model.ts";
import type { Judgement } from "./judge_here.ts";

export interface Order {
  readonly arch: Arch;
  readonly content: Uint8Array;
  readonly change: Change | undefined;
}

/** Errors reach other threads without their class. */
export type Answer =
  | { readonly judgement: Judgement }
  | { readonly failure: string; readonly isInput: boolean };

async function answerTo({ arch, content, change }: Order): Promise<Answer> {
  const platform = { amd64: "x64", arm64: "arm64" }[arch];
  Object.defineProperty(process, "arch", { value: platform });
  const { InputError } = await import("../../../lib/errors.ts");
  try {
    const { RecordingFile } = await import("./recording.ts");
    const { judgeHere } = await import("./judge_here.ts");
    return { judgement: judgeHere(new RecordingFile(content), change) };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { failure, isInput: error instanceof InputError };
  }
}

parentPort?.postMessage(await answerTo(workerData));
