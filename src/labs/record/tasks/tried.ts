// The process in which an answer is tried. Its parent sends the answer, and gets the judgement; it records into the file
// descriptor PIECES.

import { readSync, writeSync } from "node:fs";
import { DeadlineError, StublabError } from "../../../lib/errors.ts";
import { CHANNEL, encodeMessage, MessageReader } from "../../../sandbox/channel.ts";
import { writeMessage } from "../pieces.ts";
import { Recorder } from "../recorder.ts";
import type { Piece } from "../recording.ts";
import { Decided, Judge } from "./judge.ts";
import { type Judgement, PIECES, type ToTry, toTryShape } from "./judgement.ts";
import { parseAnswer } from "./submission.ts";
import { isPlayed } from "./task.ts";

function send(message: Judgement | { readonly kind: "ready" }): void {
  writeSync(CHANNEL, encodeMessage(message));
}

/** Waits for the answer. */
function receive(): ToTry {
  const reader = new MessageReader<unknown>();
  const part = new Uint8Array(1 << 16);
  for (;;) {
    const length = readSync(CHANNEL, part);
    if (length === 0) throw new StublabError("the parent has ended");
    for (const message of reader.read(part.slice(0, length))) {
      return toTryShape(message, "");
    }
  }
}

/** The most steps of a recording: far more than any task needs. */
const MOST_STEPS = 3000;

/** Writes each piece at once. @throws StublabError when there are too many steps, once */
function writer(): (piece: Piece) => void {
  let steps = 0;
  return (piece) => {
    writeMessage(PIECES, { piece });
    steps += piece.steps?.length ?? 0;
    if (piece.steps !== undefined && steps === MOST_STEPS) {
      throw new StublabError(`the answer does not end within ${MOST_STEPS} steps`);
    }
  };
}

function judge({ text, code }: ToTry): Judgement {
  const { exercise, answer } = parseAnswer(text, code ?? undefined);
  if (!isPlayed(exercise)) throw new StublabError("this task is not performed by stubs");
  const judging = new Judge(new Recorder(undefined, writer()));
  let late = false;
  try {
    exercise.play(judging, answer);
  } catch (error) {
    if (error instanceof StublabError) judging.unforeseen(error);
    else if (!(error instanceof Decided)) throw error;
    late = error instanceof DeadlineError;
  } finally {
    judging.watched.close();
  }
  return { kind: "judged", checks: judging.checks, late };
}

send({ kind: "ready" });
try {
  send(judge(receive()));
} catch (error) {
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  const code = error instanceof StublabError ? error.code : "";
  const remedy = error instanceof StublabError ? (error.remedy ?? "") : "";
  send({ kind: "failed", message: code === "" ? stack : message, code, remedy });
}
// The parent ends this process, and all processes in its namespace.
setInterval(() => {}, 1 << 30);
