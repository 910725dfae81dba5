import { openAssemblyEncoder } from "../core/encoder/assembly.ts";
import { readProc } from "../core/stub/proc.ts";
import { readAttacher } from "../labs/explain/attach.ts";
import { type Explanation, explainTask } from "../labs/explain/explain.ts";
import { explainWord, type WordExplanation } from "../labs/explain/status_word.ts";
import { nameOf, readTask } from "../labs/explain/task.ts";
import { InputError, StateError } from "../lib/errors.ts";
import { codeOf } from "../lib/folder.ts";
import { visible } from "../lib/visible.ts";
import { paint, publish, talk } from "./report.ts";
import { row } from "./rows.ts";
import type { Values } from "./table/command.ts";
import type { explain as table } from "./table/stubs.ts";

/** Status words have 32 bits. */
const MOST = 0xffff_ffff;

export async function runExplain(word: string, values: Values<typeof table>): Promise<number> {
  const isHex = /^0x[0-9a-f]{1,8}$/i.test(word);
  if (!isHex && !(/^\d+$/.test(word) && Number(word) <= MOST)) {
    throw new InputError(`expected a pid or a status word, got "${word}"`, {
      remedy: "a pid is decimal, as 4711; a status word is 0x857f or, with --status, 34175",
    });
  }
  const { json } = values;
  const isStatus = isHex || values.status === true;
  // Without /proc no pid would be one of a process.
  readProc("/proc/self/stat");
  const task = isStatus ? undefined : readTask(Number(word));
  if (!isStatus && task === undefined && exists(Number(word))) {
    throw new StateError(`/proc does not show process ${word}, which exists`, {
      remedy: "mount /proc without hidepid, or explain the process as root",
    });
  }
  const encoder = openAssemblyEncoder();
  if (task !== undefined) {
    const explanation = explainTask(task, await readAttacher(), encoder);
    publish(json, "stublab.explain/1", explanation, processText(explanation));
    return 0;
  }
  const explanation = explainWord(Number(word), encoder);
  if (!isStatus && explanation.stop.id === "not-a-status")
    throw new StateError(`no process or thread has the pid ${word}, and it is not a status word`);
  if (!isStatus) talk(`stublab: no process has the pid ${word}: explained as a status word\n`);
  publish(json, "stublab.explain/1", explanation, wordText(explanation));
  return 0;
}

/** Whether there is a process or thread, even if /proc hides it. */
function exists(tid: number): boolean {
  try {
    process.kill(tid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** A tracer outside of this pid namespace is not shown, but the state is. */
const TRACERS: Readonly<Record<string, string>> = { t: "a process outside of this pid namespace" };

function processText(explanation: Explanation): string {
  const { pid, tid, name, parent, tracer, threads, state, stop, kinds, attach } = explanation;
  const others = threads
    .filter((each) => each.tid !== tid)
    .map((each) => `${each.tid} ${each.state}`);
  const shown = others.slice(0, 4).join(", ") + (others.length > 4 ? ", …" : "");
  const verdict = attach.may === null ? "unknown: " : attach.may ? "" : "no: ";
  return [
    row(tid === pid ? "process" : "thread", paint("bold", `${tid} (${visible(name)})`)),
    row("of", tid !== pid && `process ${pid}`),
    row("parent", nameOf(parent)),
    row("tracer", tracer === null ? (TRACERS[state] ?? "none") : nameOf(tracer)),
    row("threads", others.length > 0 && `${others.length} more: ${shown}`),
    ...kinds.map((kind) => row("is", kind.text)),
    row("state", `${state}: ${stop.text}`),
    row("  shown by", stop.by),
    row("then", stop.next),
    ...attach.causes.map(
      (each, i) =>
        row("attach", `${i > 0 ? "and " : verdict}${each.text}`) + row("  remedy", each.next),
    ),
    ...explanation.unknown.map(({ text }) => row("unknown", text)),
    lessonsText(explanation),
  ].join("");
}

function wordText({ status, macros, stop, lessons }: WordExplanation): string {
  const all = Object.entries(macros).map(([name, value]) => `${name} ${value}`);
  return [
    row("status", paint("bold", status)),
    row("wait(2)", all.join(", ")),
    row("means", stop.text),
    row("then", stop.next),
    lessonsText({ lessons }),
  ].join("");
}

const lessonsText = ({ lessons }: { readonly lessons: readonly string[] }): string =>
  row("lesson", lessons.length > 0 && lessons.map((name) => `stublab lesson ${name}`).join(", "));
