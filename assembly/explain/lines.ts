// An explanation for people: a row for each subject.

import { about, Found } from "./about";
import { attachCauses, mayAttach } from "./attach";
import { fieldOf, LESSON, NEXT } from "./cause";
import { kinds } from "./kind";
import { beginRow, endRow, say, sayForeign, sayHex, sayNumber, sayText } from "./output";
import { hasReason, sayReason } from "./reason";
import { sayNamed, saySentence, sayState } from "./sentence";
import { isTraceStop } from "./state";
import { sayMacros } from "./status_word";
import { thread, threadCount } from "./task";
import { lengthOf } from "./text";

export function linesOfTask(stop: Found, unknown: Found[], lessons: Found[]): void {
  const task = about.task;
  beginRow(task.tid == task.pid ? "process" : "thread");
  sayNumber(task.tid);
  say(" (");
  sayForeign(task.name);
  say(")\n");
  if (task.tid != task.pid) {
    beginRow("of");
    say("process ");
    sayNumber(task.pid);
    endRow();
  }
  beginRow("parent");
  sayNamed(task.parent);
  endRow();
  beginRow("tracer");
  // A tracer outside of this pid namespace is not shown, but the state is.
  if (task.tracer != null) sayNamed(task.tracer);
  else say(isTraceStop(task.state) ? "a process outside of this pid namespace" : "none");
  endRow();
  rowOfThreads();
  for (let i = 0; i < kinds.length; i++) sentence("is", kinds[i]);
  beginRow("state");
  sayState(task.state);
  say(": ");
  saySentence(stop.cause);
  endRow();
  if (hasReason(stop)) {
    beginRow("  shown by");
    sayReason(stop);
    endRow();
  }
  next("then", stop);
  for (let i = 0; i < attachCauses.length; i++) {
    beginRow("attach");
    say(i > 0 ? "and " : mayAttach < 0 ? "unknown: " : mayAttach == 0 ? "no: " : "");
    saySentence(attachCauses[i].cause);
    endRow();
    next("  remedy", attachCauses[i]);
  }
  for (let i = 0; i < unknown.length; i++) sentence("unknown", unknown[i]);
  rowOfLessons(lessons);
}

export function linesOfWord(word: u32, stop: Found, lessons: Found[]): void {
  beginRow("status");
  sayHex(word);
  endRow();
  beginRow("wait(2)");
  sayMacros(word);
  endRow();
  sentence("means", stop);
  next("then", stop);
  rowOfLessons(lessons);
}

function sentence(name: string, it: Found): void {
  beginRow(name);
  saySentence(it.cause);
  endRow();
}

function next(name: string, it: Found): void {
  if (lengthOf(fieldOf(it.cause, NEXT)) == 0) return;
  beginRow(name);
  saySentence(it.cause, NEXT);
  endRow();
}

function rowOfThreads(): void {
  if (threadCount < 2) return;
  beginRow("threads");
  sayNumber(threadCount - 1);
  say(" more: ");
  let shown = 0;
  for (let n: u32 = 0; n < threadCount; n++) {
    const it = thread(n);
    if (it.tid == about.task.tid || ++shown > 4) continue;
    if (shown > 1) say(", ");
    sayNumber(it.tid);
    say(" ");
    sayState(it.state);
  }
  if (shown > 4) say(", …");
  endRow();
}

function rowOfLessons(lessons: Found[]): void {
  if (lessons.length == 0) return;
  beginRow("lesson");
  for (let i = 0; i < lessons.length; i++) {
    say(i > 0 ? ", stublab lesson " : "stublab lesson ");
    sayText(fieldOf(lessons[i].cause, LESSON));
  }
  endRow();
}
