// The process in which an answer is tried. The file of messages has the answer, and gets what is recorded, and the judgement.

import { writeSync } from "node:fs";
import { DeadlineError, failureOf, StublabError } from "../../../lib/errors.ts";
import { CHANNEL, encodeMessage } from "../../../sandbox/channel.ts";
import { Recorder } from "../recorder.ts";
import { Decided, Judge } from "./judge.ts";
import { readMessages, writeMessage } from "./messages.ts";
import { parseAnswer, textOf } from "./submission.ts";
import { isPlayed } from "./task.ts";
import { loadTask } from "./tasks.ts";

/** The descriptor of the file. */
const MESSAGES = 4;

function judge(): void {
  const { file = "", code } = readMessages(MESSAGES)[0]?.answer ?? {};
  const { task, exercise, answer } = parseAnswer(file, code);
  if (!isPlayed(exercise)) throw new StublabError("this task is not performed by stubs");
  const judging = new Judge(
    new Recorder(undefined, (piece) => writeMessage(MESSAGES, { piece })),
    textOf(task, exercise).facts,
    loadTask(task).given,
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
  writeMessage(MESSAGES, { judged: { reason: judging.reason, late } });
}

writeSync(CHANNEL, encodeMessage({ kind: "ready" }));
try {
  judge();
} catch (error) {
  writeMessage(MESSAGES, { failed: failureOf(error) });
}
// With it all processes in its namespace end.
process.exit();
