// The module of `explain`: says what a process is and does, from what /proc shows of it, or what a status word means. Each
// host (host.ts) reads files for it, and prints what it says. An instance explains once.

import { Answer, sayTask, sayWord } from "./answer";
import { judgeAttach } from "./attach";
import { Found, Values } from "./cause";
import { exists } from "./host";
import { kindsOf } from "./kind";
import { beginOutput, close, open, say, textMember } from "./output";
import { groupStop, stateOf } from "./state";
import { causeOfWord, tellWord } from "./status_word";
import { hasFilter, ownPid, readTask, readThreads, Task } from "./task";
import { foreign, textOf } from "./text";
import { tellTask } from "./values";

export { outputAt, outputLength } from "./output";

/** Where the host puts the word that is explained, and how many bytes it may have. */
export const MOST_WORD: u32 = 64;
export const word: usize = memory.data(MOST_WORD);

/** How `explain` ends: as the exit status of a command. */
export const EXPLAINED: i32 = 0;
export const ABSENT: i32 = 1;
export const WRONG: i32 = 2;
export const UNABLE: i32 = 3;

/** Whether a decimal word was explained as a status word, since no process has the pid. */
export let isSubstitute: u32 = 0;

/** Whether the host should try if ptrace is refused: by an attach to pid 0, which no process has (ESRCH). */
export function isFiltered(): u32 {
  return u32(hasFilter());
}

/** What was said of a failure. */
let message: string = "";
let remedy: string = "";

function failed(status: i32, why: string, help: string = ""): i32 {
  message = why;
  remedy = help;
  beginOutput(false);
  say(remedy == "" ? message : `${message}\n${remedy}`);
  return status;
}

/** Says the failure again, as the document "stublab.error/1". */
export function sayError(status: i32): void {
  const code = status == ABSENT ? "STATE" : status == WRONG ? "INPUT" : "UNSUPPORTED";
  beginOutput(true);
  open("", "{");
  textMember("schema", "stublab.error/1");
  open("error", "{");
  textMember("code", `ERR_STUBLAB_${code}`);
  // What was escaped for people has backslashes.
  textMember("message", foreign(message));
  if (remedy != "") textMember("remedy", foreign(remedy));
  close("}");
  close("}\n");
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
  const it = textOf(word, length);
  const isHex = it.startsWith("0x") || it.startsWith("0X");
  const digits = isHex ? it.slice(2) : it;
  const number = isHex ? U64.parseInt(digits, 16) : U64.parseInt(digits);
  beginOutput(false);
  if (!isNumber(digits, isHex) || number > MOST)
    return failed(
      WRONG,
      `expected a pid or a status word, got "${foreign(it)}"`,
      "a pid is decimal, as 4711; a status word is 0x857f or, with --status, 34175",
    );
  beginOutput(document != 0);
  if (isHex || isStatus != 0) return explainWord(u32(number));
  const self = readTask(ownPid());
  // Without /proc no pid would be one of a process.
  if (self == null)
    return failed(
      UNABLE,
      "/proc does not show this process",
      "mount /proc (mount -t proc proc /proc)",
    );
  const tid = number > 0x7fff_ffff ? 0 : i32(number);
  const task = readTask(tid);
  if (task != null) return explainTask(task, self, refused);
  if (tid != 0 && exists(tid) != 0)
    return failed(
      ABSENT,
      `/proc does not show process ${it}, which exists`,
      "mount /proc without hidepid, or run it as root",
    );
  if (causeOfWord(u32(number)) == "not-a-status")
    return failed(ABSENT, `no process or thread has the pid ${it}, and it is not a status word`);
  isSubstitute = 1;
  return explainWord(u32(number));
}

/** Whether it is a number that 64 bits have room for, and nothing else. */
function isNumber(digits: string, isHex: bool): bool {
  const all = isHex ? "0123456789abcdefABCDEF" : "0123456789";
  for (let n = 0; n < digits.length; n++) if (!all.includes(digits.charAt(n))) return false;
  return digits.length > 0 && digits.length <= (isHex ? 8 : 18);
}

function explainWord(status: u32): i32 {
  const values: Values = new Map();
  tellWord(status, values);
  sayWord(status, new Answer(new Found(causeOfWord(status)), values));
  return EXPLAINED;
}

function explainTask(task: Task, self: Task, refused: i32): i32 {
  const values: Values = new Map();
  readThreads(task);
  const it = new Answer(stateOf(task, values), values);
  tellTask(task, self, refused, values);
  it.attach = judgeAttach(task, self, it.stop, refused);
  it.kinds = kindsOf(task, values);
  it.unknown = unknownOf(task, it.stop.id).map<Found>((id) => new Found(id));
  sayTask(task, it);
  return EXPLAINED;
}

/** The ids of what cannot be known, and what would show it. */
function unknownOf(task: Task, stop: string): string[] {
  const all: string[] = [];
  if (!task.isReadable && !task.isKernelThread) all.push("unknown-file");
  else if (stop == "traced-stop") all.push("unknown-stop");
  const isOfSignal = stop == "stopped" || (stop == "signal-delivery" && task.exitCode == 0);
  if (isOfSignal && groupStop(task) == 0) all.push("unknown-signal");
  if (stop == "syscall") all.push("unknown-side");
  if (stop == "group-stop-or-signal") all.push("unknown-group");
  if (stop == "group-stop" || stop == "trap-stop") all.push("unknown-listen");
  if (!task.hasCalls) all.push("unknown-attach");
  return all;
}
