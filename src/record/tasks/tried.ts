// The process in which an answer is tried: `tried.js ANSWER`. It records into the file descriptor PIECES, and sends its
// judgement to its parent, which ends it.

import { writeSync } from "node:fs";
import { StublabError } from "../../errors.ts";
import { CHANNEL, encodeMessage } from "../../foreign/channel.ts";
import { writeMessage } from "../pieces.ts";
import { type Piece, Recorder } from "../recorder.ts";
import type { Judgement } from "./judgement.ts";
import { PIECES } from "./judgement.ts";
import { Stage } from "./stage.ts";
import { parseAnswer } from "./submission.ts";
import { isPlayed } from "./task.ts";

function send(message: Judgement | { readonly kind: "ready" }): void {
  writeSync(CHANNEL, encodeMessage(message));
}

/** The most steps of a recording: far more than any task needs. */
const MOST_STEPS = 3000;

/** Writes each piece at once. @throws StublabError when there are too many steps, once */
function writer(): (piece: Piece) => void {
  let steps = 0;
  return (piece) => {
    writeMessage(PIECES, piece);
    if (piece.kind === "step" && ++steps === MOST_STEPS) {
      throw new StublabError(`the answer does not end within ${MOST_STEPS} steps`);
    }
  };
}

function judge(text: string): Judgement {
  const { exercise, answer } = parseAnswer(text);
  if (!isPlayed(exercise)) throw new StublabError("this task is not performed by stubs");
  const stage = new Stage(new Recorder("assembly", writer()));
  try {
    exercise.play(stage, answer);
  } catch (error) {
    if (!(error instanceof StublabError)) throw error;
    stage.unforeseen(error);
  } finally {
    stage.close();
  }
  return { kind: "judged", checks: stage.checks };
}

send({ kind: "ready" });
try {
  send(judge(process.argv[2] ?? ""));
} catch (error) {
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  const code = error instanceof StublabError ? error.code : "";
  const remedy = error instanceof StublabError ? (error.remedy ?? "") : "";
  send({ kind: "failed", message: code === "" ? stack : message, code, remedy });
}
// The parent ends this process, and all processes in its namespace.
setInterval(() => {}, 1 << 30);
