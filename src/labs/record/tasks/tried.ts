// The process in which an answer is tried. The file PIECES has the answer, and gets what is recorded, and the judgement.

import { fstatSync, readSync, writeSync } from "node:fs";
import { DeadlineError, StublabError } from "../../../lib/errors.ts";
import { CHANNEL, encodeMessage } from "../../../sandbox/channel.ts";
import { parseMessage, writeMessage } from "../pieces.ts";
import { Recorder } from "../recorder.ts";
import { Decided, Judge } from "./judge.ts";
import { parseAnswer, textOf } from "./submission.ts";
import { isPlayed } from "./task.ts";

/** The descriptor of the file in memory. */
const PIECES = 4;

function judge(): void {
  const bytes = Buffer.alloc(fstatSync(PIECES).size);
  readSync(PIECES, bytes, 0, bytes.length, 0);
  const { file = "", code } = parseMessage(bytes.toString("utf8")).answer ?? {};
  const { task, exercise, answer } = parseAnswer(file, code);
  if (!isPlayed(exercise)) throw new StublabError("this task is not performed by stubs");
  const judging = new Judge(
    new Recorder(undefined, (piece) => writeMessage(PIECES, { piece })),
    textOf(task, exercise).facts,
  );
  let late = false;
  try {
    exercise.play(judging, answer);
  } catch (error) {
    if (error instanceof StublabError) judging.unforeseen(error);
    else if (!(error instanceof Decided)) throw error;
    late = error instanceof DeadlineError;
  } finally {
    judging.close();
  }
  writeMessage(PIECES, { judged: { reason: judging.reason, late } });
}

writeSync(CHANNEL, encodeMessage({ kind: "ready" }));
try {
  judge();
} catch (error) {
  const { message, stack: text = message } = error instanceof Error ? error : new Error(`${error}`);
  const known = error instanceof StublabError;
  const { code, remedy = "" } = known ? error : { code: StublabError.code };
  writeMessage(PIECES, { failed: { message: known ? message : text, code, remedy } });
}
// With it all processes in its namespace end.
process.exit();
