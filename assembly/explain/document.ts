// "stublab.explain/1".

import { about, Found } from "./about";
import { attachCauses, mayAttach } from "./attach";
import { fieldOf, ID, LESSON, NEXT, SENTENCE } from "./cause";
import { kinds } from "./kind";
import {
  close,
  foreignMember,
  member,
  nullMember,
  numberMember,
  open,
  quote,
  say,
  sayHex,
  sayText,
} from "./output";
import { hasReason, sayReason } from "./reason";
import { saySentence, sayState } from "./sentence";
import { sayMacros } from "./status_word";
import { Named, thread, threadCount } from "./task";
import { lengthOf, NONE } from "./text";

export function documentOfTask(stop: Found, unknown: Found[], lessons: Found[]): void {
  const task = about.task;
  begin();
  numberMember("pid", task.pid);
  numberMember("tid", task.tid);
  foreignMember("name", task.name);
  stateMember(task.state);
  namedMember("parent", task.parent);
  namedMember("tracer", task.tracer);
  member("threads");
  open("[");
  for (let n: u32 = 0; n < threadCount; n++) threadElement(n);
  close("]");
  causeMember("stop", stop);
  member("attach");
  open("{");
  member("may");
  say(mayAttach < 0 ? "null" : mayAttach == 1 ? "true" : "false");
  causesMember("causes", attachCauses);
  close("}");
  causesMember("kinds", kinds);
  causesMember("unknown", unknown);
  end(lessons);
}

export function documentOfWord(word: u32, stop: Found, lessons: Found[]): void {
  begin();
  member("status");
  quote();
  sayHex(word);
  quote();
  member("macros");
  open("{");
  sayMacros(word);
  close("}");
  causeMember("stop", stop);
  end(lessons);
}

function begin(): void {
  open("{");
  member("schema");
  say('"stublab.explain/1"');
}

function end(lessons: Found[]): void {
  member("lessons");
  open("[");
  for (let i = 0; i < lessons.length; i++) {
    member("");
    quote();
    sayText(fieldOf(lessons[i].cause, LESSON));
    quote();
  }
  close("]");
  close("}");
  say("\n");
}

function stateMember(state: u32): void {
  member("state");
  quote();
  sayState(state);
  quote();
}

function namedMember(name: string, it: Named | null): void {
  if (it == null) {
    nullMember(name);
    return;
  }
  member(name);
  open("{");
  numberMember("pid", it.pid);
  numberMember("tid", it.tid);
  foreignMember("name", it.name);
  stateMember(it.state);
  if (it.program == NONE) nullMember("program");
  else foreignMember("program", it.program);
  close("}");
}

function threadElement(n: u32): void {
  const it = thread(n);
  member("");
  open("{");
  numberMember("tid", it.tid);
  stateMember(it.state);
  numberMember("tracer", it.tracer);
  close("}");
}

function causesMember(name: string, all: Found[]): void {
  member(name);
  open("[");
  for (let i = 0; i < all.length; i++) causeMember("", all[i]);
  close("]");
}

function fieldMember(name: string, it: Found, field: u32): void {
  if (lengthOf(fieldOf(it.cause, field)) == 0) {
    nullMember(name);
    return;
  }
  member(name);
  quote();
  saySentence(it.cause, field);
  quote();
}

function causeMember(name: string, it: Found): void {
  member(name);
  open("{");
  member("id");
  quote();
  sayText(fieldOf(it.cause, ID));
  quote();
  fieldMember("text", it, SENTENCE);
  fieldMember("next", it, NEXT);
  fieldMember("lesson", it, LESSON);
  if (!hasReason(it)) nullMember("by");
  else {
    member("by");
    quote();
    sayReason(it);
    quote();
  }
  close("}");
}
