// What is explained, as lines for people, a row for each subject, or as the document "stublab.explain/1".

import { mayAttach } from "./attach";
import { Found, LESSON, NEXT, partOf, sentence, TEXT, Values } from "./cause";
import {
  close,
  isDocument,
  member,
  numberMember,
  open,
  optionalMember,
  row,
  textMember,
} from "./output";
import { TRACED } from "./state";
import { macrosOf } from "./status_word";
import { Task, Thread } from "./task";
import { foreign, hex } from "./text";
import { nameOf } from "./values";

/** What was found of a process. */
export class Answer {
  kinds: Found[] = [];
  attach: Found[] = [];
  /** What cannot be known, and what would show it. */
  unknown: Found[] = [];

  constructor(
    public stop: Found,
    public values: Values,
  ) {}

  /** Those of all that was found, each once. */
  get lessons(): string[] {
    const all = this.kinds.concat([this.stop]).concat(this.attach);
    const lessons: string[] = [];
    for (let n = 0; n < all.length; n++) {
      const lesson = partOf(all[n].id, LESSON);
      if (lesson != "" && !lessons.includes(lesson)) lessons.push(lesson);
    }
    return lessons;
  }

  say(id: string, part: i32 = TEXT): string {
    return sentence(id, part, this.values);
  }
}

export function sayTask(task: Task, it: Answer): void {
  if (isDocument) documentOfTask(task, it);
  else linesOfTask(task, it);
}

export function sayWord(word: u32, it: Answer): void {
  const macros = macrosOf(word);
  const names = macros.keys();
  if (!isDocument) {
    row("status", hex(word));
    const pairs: string[] = [];
    for (let n = 0; n < names.length; n++) pairs.push(`${names[n]} ${macros.get(names[n])}`);
    row("wait(2)", pairs.join(", "));
    rowOf("means", it, it.stop);
    rowOf("then", it, it.stop, NEXT);
    rowOfLessons(it);
    return;
  }
  begin();
  textMember("status", hex(word));
  open("macros", "{");
  for (let n = 0; n < names.length; n++) member(names[n], macros.get(names[n]));
  close("}");
  causeMember("stop", it, it.stop);
  end(it);
}

// ---- lines ----

function linesOfTask(task: Task, it: Answer): void {
  const isFirst = task.tid == task.pid;
  row(isFirst ? "process" : "thread", `${task.tid} (${foreign(task.name)})`);
  if (!isFirst) row("of", `process ${task.pid}`);
  row("parent", nameOf(task.parent));
  // A tracer outside of this pid namespace is not shown, but the state is.
  const other = task.state == TRACED ? "a process outside of this pid namespace" : "none";
  row("tracer", task.tracer == null ? other : nameOf(task.tracer));
  rowOfThreads(task);
  for (let n = 0; n < it.kinds.length; n++) rowOf("is", it, it.kinds[n]);
  row("state", `${task.state}: ${it.say(it.stop.id)}`);
  if (it.stop.by != "") row("  shown by", it.stop.by);
  rowOf("then", it, it.stop, NEXT);
  const may = mayAttach(task, it.attach);
  const verdict = may == "null" ? "unknown: " : may == "false" ? "no: " : "";
  for (let n = 0; n < it.attach.length; n++) {
    row("attach", `${n > 0 ? "and " : verdict}${it.say(it.attach[n].id)}`);
    rowOf("  remedy", it, it.attach[n], NEXT);
  }
  for (let n = 0; n < it.unknown.length; n++) rowOf("unknown", it, it.unknown[n]);
  rowOfLessons(it);
}

function rowOf(name: string, it: Answer, found: Found, part: i32 = TEXT): void {
  const text = it.say(found.id, part);
  if (text != "") row(name, text);
}

function rowOfThreads(task: Task): void {
  const others: string[] = [];
  for (let n = 0; n < task.threads.length && others.length < 5; n++)
    if (task.threads[n].tid != task.tid)
      others.push(`${task.threads[n].tid} ${task.threads[n].state}`);
  if (task.threads.length < 2) return;
  if (others.length > 4) others[4] = "…";
  row("threads", `${task.threads.length - 1} more: ${others.join(", ")}`);
}

function rowOfLessons(it: Answer): void {
  const lessons = it.lessons.map<string>((name) => `stublab lesson ${name}`);
  if (lessons.length > 0) row("lesson", lessons.join(", "));
}

// ---- documents ----

function documentOfTask(task: Task, it: Answer): void {
  begin();
  numberMember("pid", task.pid);
  numberMember("tid", task.tid);
  textMember("name", foreign(task.name));
  textMember("state", task.state);
  threadMember("parent", task.parent);
  threadMember("tracer", task.tracer);
  open("threads", "[");
  for (let n = 0; n < task.threads.length; n++) {
    open("", "{");
    numberMember("tid", task.threads[n].tid);
    textMember("state", task.threads[n].state);
    numberMember("tracer", task.threads[n].tracerId);
    close("}");
  }
  close("]");
  causeMember("stop", it, it.stop);
  open("attach", "{");
  member("may", mayAttach(task, it.attach));
  causesMember("causes", it, it.attach);
  close("}");
  causesMember("kinds", it, it.kinds);
  causesMember("unknown", it, it.unknown);
  end(it);
}

function begin(): void {
  open("", "{");
  textMember("schema", "stublab.explain/1");
}

function end(it: Answer): void {
  open("lessons", "[");
  for (let n = 0; n < it.lessons.length; n++) textMember("", it.lessons[n]);
  close("]");
  close("}\n");
}

function threadMember(name: string, it: Thread | null): void {
  if (it == null) {
    member(name, "null");
    return;
  }
  open(name, "{");
  numberMember("pid", it.pid);
  numberMember("tid", it.tid);
  textMember("name", foreign(it.name));
  textMember("state", it.state);
  optionalMember("program", foreign(it.program));
  close("}");
}

function causesMember(name: string, it: Answer, all: Found[]): void {
  open(name, "[");
  for (let n = 0; n < all.length; n++) causeMember("", it, all[n]);
  close("]");
}

function causeMember(name: string, it: Answer, found: Found): void {
  open(name, "{");
  textMember("id", found.id);
  textMember("text", it.say(found.id));
  optionalMember("next", it.say(found.id, NEXT));
  optionalMember("lesson", partOf(found.id, LESSON));
  optionalMember("by", found.by);
  close("}");
}
