// The module of `explain`: says what a process is and does, from what /proc shows of it, or what a status word means. Each
// host (host.ts) reads files for it, and prints what it says. An instance explains once.

import { about, Found } from "./about";
import { attachCauses, judgeAttach } from "./attach";
import { Cause, cause, fieldOf, isCause, LESSON } from "./cause";
import { documentOfTask, documentOfWord } from "./document";
import { exists } from "./host";
import { findKinds, kinds } from "./kind";
import { linesOfTask, linesOfWord } from "./lines";
import { beginOutput, output, say, sayForeign } from "./output";
import { stateOf, takeWord } from "./state";
import { hasFilter, isKernelThread, ownPid, readTask, readThreads, Task } from "./task";
import { beginsWith, isNumber, lengthOf, numberOf, part, same, startOf, Text, text } from "./text";

/** Where the host puts the word that is explained, and how many bytes it may have. */
export const MOST_WORD: u32 = 64;
export const word: usize = memory.data(MOST_WORD);

/** How `explain` ends: as the exit status of a command. */
export const EXPLAINED: i32 = 0;
export const ABSENT: i32 = 1;
export const WRONG: i32 = 2;
export const UNABLE: i32 = 3;

/** What was said: its lines or its document. Of a failure, the message, and after a line feed the remedy. */
export function outputAt(): usize {
  return startOf(output());
}

export function outputLength(): u32 {
  return lengthOf(output());
}

/** Whether a decimal word was explained as a status word, since no process has the pid. */
export let isSubstitute: u32 = 0;

/** Whether the host should try if ptrace is refused: by an attach to pid 0, which no process has (ESRCH). */
export function isFiltered(): u32 {
  return u32(hasFilter());
}

function failed(status: i32, before: string, it: Text, after: string): i32 {
  beginOutput(false);
  say(before);
  sayForeign(it);
  say(after);
  return status;
}

/** Status words have 32 bits. */
const MOST: u64 = 0xffff_ffff;

/**
 * Explains the word.
 *
 * @param length its bytes
 * @param document whether to say a document
 * @param isStatus whether it is a status word, even if a process has that pid
 * @param refused the errno with which ptrace is refused; 0: none; -1: that was not tried
 */
export function explain(length: u32, document: u32, isStatus: u32, refused: i32): i32 {
  const it = text(word, length);
  const isHex = beginsWith(it, "0x") || beginsWith(it, "0X");
  const digits = isHex ? part(it, 2, length) : it;
  const number = numberOf(digits, isHex ? 16 : 10);
  if (!isNumber(digits, isHex ? 16 : 10) || number > MOST || lengthOf(digits) > (isHex ? 8 : 18))
    return failed(
      WRONG,
      'expected a pid or a status word, got "',
      it,
      '"\na pid is decimal, as 4711; a status word is 0x857f or, with --status, 34175',
    );
  if (isHex || isStatus != 0) return explainWord(u32(number), document);
  const own = ownPid();
  // Without /proc no pid would be one of a process.
  const self = readTask(own);
  if (self == null)
    return failed(
      UNABLE,
      "/proc does not show this process",
      0,
      "\nmount /proc (mount -t proc proc /proc)",
    );
  const tid = number > 0x7fff_ffff ? 0 : i32(number);
  const task = readTask(tid);
  if (task != null) {
    about.self = self;
    about.task = task;
    about.refused = refused;
    explainTask(task, document);
    return EXPLAINED;
  }
  if (tid != 0 && exists(tid) != 0)
    return failed(
      ABSENT,
      "/proc does not show process ",
      it,
      ", which exists\nmount /proc without hidepid, or run it as root",
    );
  if (isCause(takeWord(u32(number)), "not-a-status"))
    return failed(ABSENT, "no process or thread has the pid ", it, ", and it is not a status word");
  isSubstitute = 1;
  return explainWord(u32(number), document);
}

function explainWord(status: u32, document: u32): i32 {
  about.isWord = true;
  const stop = new Found(takeWord(status));
  const lessons = lessonsOf([stop]);
  beginOutput(document != 0);
  if (document != 0) documentOfWord(status, stop, lessons);
  else linesOfWord(status, stop, lessons);
  return EXPLAINED;
}

function explainTask(task: Task, document: u32): void {
  readThreads(task);
  const stop = stateOf(task);
  judgeAttach(stop);
  findKinds(task);
  const unknown = unknownOf(task, stop.cause);
  const lessons = lessonsOf(kinds.concat([stop]).concat(attachCauses));
  beginOutput(document != 0);
  if (document != 0) documentOfTask(stop, unknown, lessons);
  else linesOfTask(stop, unknown, lessons);
}

/** What cannot be known, and what would show it. */
function unknownOf(task: Task, stop: Cause): Found[] {
  const all: Found[] = [];
  const isClosed = !task.isReadable && !isKernelThread(task);
  if (isClosed) all.push(new Found(cause("unknown-file")));
  else if (isCause(stop, "traced-stop")) all.push(new Found(cause("unknown-stop")));
  const isOfSignal = isCause(stop, "stopped") || isCause(stop, "signal-delivery");
  if (isOfSignal && about.signal == 0) all.push(new Found(cause("unknown-signal")));
  if (isCause(stop, "syscall")) all.push(new Found(cause("unknown-side")));
  if (isCause(stop, "group-stop-or-signal")) all.push(new Found(cause("unknown-group")));
  if (isCause(stop, "group-stop") || isCause(stop, "trap-stop"))
    all.push(new Found(cause("unknown-listen")));
  if (!task.hasCalls) all.push(new Found(cause("unknown-attach")));
  return all;
}

/** The first of some causes that have a lesson, each lesson once. */
function lessonsOf(all: Found[]): Found[] {
  const those: Found[] = [];
  for (let i = 0; i < all.length; i++) {
    const lesson = fieldOf(all[i].cause, LESSON);
    let isNew = lengthOf(lesson) > 0;
    for (let k = 0; k < those.length; k++)
      if (same(fieldOf(those[k].cause, LESSON), lesson)) isNew = false;
    if (isNew) those.push(all[i]);
  }
  return those;
}
