// The sentences of causes, with values in place of their {names}.

import { about } from "./about";
import { Cause, fieldOf, SENTENCE } from "./cause";
import { sayCallName, sayErrno, saySignal } from "./names";
import { say, sayForeign, sayHex, sayNumber, sayText } from "./output";
import { takeWord } from "./state";
import {
  callCounter,
  callNumber,
  callWord,
  callWords,
  idOf,
  Named,
  Task,
  thread,
  threadCount,
} from "./task";
import { byteOf, is, lengthOf, NONE, part, Text } from "./text";

const BRACE: u32 = 0x7b;
const END_BRACE: u32 = 0x7d;

/** Says a field of a cause. */
export function saySentence(cause: Cause, field: u32 = SENTENCE): void {
  const sentence = fieldOf(cause, field);
  let from: u32 = 0;
  for (let i: u32 = 0; i < lengthOf(sentence); i++) {
    if (byteOf(sentence, i) != BRACE) continue;
    sayText(part(sentence, from, i));
    const start = i + 1;
    while (byteOf(sentence, i) != END_BRACE) i++;
    sayValue(part(sentence, start, i));
    from = i + 1;
  }
  sayText(part(sentence, from, lengthOf(sentence)));
}

function sayValue(name: Text): void {
  if (is(name, "call")) sayCall(about.task);
  else if (is(name, "signal")) saySignal(about.signal);
  else if (is(name, "action")) say(about.action);
  else if (is(name, "way")) sayWay();
  else if (is(name, "status")) sayStatus();
  else if (is(name, "code")) sayNumber(about.code);
  else if (is(name, "event")) sayNumber(about.event);
  else if (is(name, "core")) say(about.isCore ? ", with a core dump" : "");
  else if (is(name, "waited")) say(about.isWaitedFor ? ", which its tracer has waited for" : "");
  else if (is(name, "page")) sayHex(about.page);
  else if (!sayPerson(name)) sayOfAttach(name);
}

function sayPerson(name: Text): bool {
  const task = about.task;
  const tracer = task.tracer;
  if (is(name, "pid")) sayNumber(task.tid);
  else if (is(name, "others")) sayOthers(task);
  else if (is(name, "parent")) sayNamed(task.parent);
  else if (is(name, "tracer")) sayNamed(tracer);
  else if (is(name, "tracing") && tracer != null) sayNumber(tracer.tid);
  else return false;
  return true;
}

function sayOfAttach(name: Text): void {
  const task = about.task;
  const self = about.self;
  if (is(name, "ids")) sayIds(task, 3);
  else if (is(name, "own")) sayIds(self, 1);
  else if (is(name, "theirs")) sayOr(task.userNamespace, "its uid_map differs");
  else if (is(name, "ours")) sayForeign(self.userNamespace);
  else if (is(name, "label")) sayOr(task.label, "it has no label");
  else if (is(name, "errno")) sayErrno(about.refused);
  else if (is(name, "capabilities")) sayCapabilities(task.capPermitted & ~self.capPermitted);
  // Root of a container may lack the capability.
  else if (is(name, "root")) say(isRoot() ? "with CAP_SYS_PTRACE" : "as root");
  else if (is(name, "remedy")) say(isRoot() ? "" : "; run it as root");
  else unreachable();
}

function isRoot(): bool {
  return idOf(about.self.uids, 1) == 0;
}

function sayOr(it: Text, otherwise: string): void {
  if (it == NONE) say(otherwise);
  else sayForeign(it);
}

export function sayNamed(it: Named | null): void {
  if (it == null || it.pid == 0) {
    say("none in this pid namespace");
    return;
  }
  if (it.tid != it.pid) {
    say("thread ");
    sayNumber(it.tid);
    say(" of ");
  }
  sayNumber(it.pid);
  say(" (");
  sayForeign(it.name);
  say(")");
}

/** The words of a call are those of registers, of which it may use fewer. */
function sayCall(task: Task): void {
  if (about.isWord || task.call == NONE) {
    say(about.isWord ? "a system call" : "a system call that /proc does not show");
    return;
  }
  const number = callNumber(task);
  if (number < 0) {
    say("its own code at ");
    sayHex(callCounter(task));
    return;
  }
  sayCallName(number);
  say("(");
  for (let n: u32 = 0; n < callWords(task); n++) {
    sayHex(callWord(task, n));
    say(", ");
  }
  say("…)");
}

function sayWay(): void {
  if (about.way == NONE) return;
  say(", at the end of the exception ");
  sayText(about.way);
}

/** How the task ends; what it does now has other values. */
function sayStatus(): void {
  if (about.hidesStatus) say(": its status is not shown here");
  if (about.status < 0) return;
  say(": ");
  const signal = about.signal;
  const action = about.action;
  const wasWord = about.isWord;
  const status = about.status;
  const way = about.way;
  about.isWord = true;
  about.status = -1;
  about.way = NONE;
  saySentence(takeWord(status));
  about.signal = signal;
  about.action = action;
  about.isWord = wasWord;
  about.status = status;
  about.way = way;
}

/** The other threads of the process. */
function sayOthers(task: Task): void {
  let others: u32 = 0;
  for (let n: u32 = 0; n < threadCount; n++) {
    const it = thread(n);
    if (it.tid == task.tid || ++others > 3) continue;
    if (others > 1) say(", ");
    sayNumber(it.tid);
    say(" (");
    sayState(it.state);
    if (it.tracer != 0) {
      say(", traced by ");
      sayNumber(it.tracer);
    }
    say(")");
  }
  if (others <= 3) return;
  say(" and ");
  sayNumber(others - 3);
  say(" more");
}

/** Says the letter of a state. */
export function sayState(state: u32): void {
  if (state != 0) say(String.fromCharCode(state));
}

function sayIds(task: Task, most: u32): void {
  say("uid ");
  sayDifferent(task.uids, most);
  say(", gid ");
  sayDifferent(task.gids, most);
}

/** Says the first ids, each once. */
function sayDifferent(ids: Text, most: u32): void {
  for (let n: u32 = 0; n < most; n++) {
    const id = idOf(ids, n);
    if ((n > 0 && id == idOf(ids, 0)) || (n > 1 && id == idOf(ids, 1))) continue;
    if (n > 0) say(", ");
    sayNumber(id);
  }
}

/** The names of capabilities in the order of their numbers, without CAP_ (linux/capability.h). */
const CAPABILITIES =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE " +
  "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN " +
  "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE " +
  "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE";

/** Says the first capabilities of a set, and how many more it has. */
function sayCapabilities(set: u64): void {
  const names = CAPABILITIES.split(" ");
  let count: u32 = 0;
  for (let n = 0; n < 64; n++) {
    if (((set >> n) & 1) == 0 || ++count > 3) continue;
    say(count > 1 ? ", CAP_" : "CAP_");
    if (n < names.length) say(names[n]);
    else sayNumber(n);
  }
  if (count <= 3) return;
  say(" and ");
  sayNumber(count - 3);
  say(" more");
}
