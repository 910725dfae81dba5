/* A walk as a program in C: c_program/walk.c with the actions, and what is expected after each. */

import { InputError } from "../../../lib/errors.ts";
import { readCopied } from "../tell/copied.ts";
import type { WalkStep } from "./take.ts";

/** System calls and their arguments. $N is the N-th argument in the document, @N a task in it. */
const CALLS: ReadonlyMap<string, string> = new Map([
  ["clone", "SYS_clone, {$0, CHILD}"],
  ["exit", "SYS_exit, {$0}"],
  ["exit_group", "SYS_exit_group, {$0}"],
  ["kill", "SYS_kill, {@0, $1}"],
  ["tgkill", "SYS_tkill, {@0, $1}"],
  ["wait4", "SYS_wait4, {@0, STATUS, $1}"],
  ["waitid", "SYS_waitid, {TYPE, INFO, $1}"],
  ["prctl", "SYS_prctl, {$0, $1}"],
  ["setsid", "SYS_setsid, {0}"],
  ["setpgid", "SYS_setpgid, {@0, PID($1)}"],
  ["sigprocmask", "SYS_rt_sigprocmask, {SIG_SETMASK, WORDS, 0, 8}, SETS"],
  ["sigaction", "SYS_rt_sigaction, {$0, WORDS, 0, 8}, (long)$1"],
  ["ptrace", "SYS_ptrace, {$0, @1, 0, $2}"],
]);

/** A task by its number, a group, or any. */
function taskOf(word: string): string {
  if (word === "any") return "ANY";
  return word.startsWith("group ") ? `GROUP(${word.slice(6)})` : `PID(${word})`;
}

/** The same for waitid. */
function typeOf(word: string): string {
  if (word === "any") return "P_ALL, 0";
  return word.startsWith("group ") ? `P_PGID, PID(${word.slice(6)})` : `P_PID, PID(${word})`;
}

/** @param child the number of the task that a clone creates */
function callOf(text: string, child: number): string {
  const [, actor, name = "", given = ""] =
    /^(?:task (\d)|outside): (\w+)\((.*)\)$/.exec(text) ?? [];
  const form = CALLS.get(name);
  if (form === undefined) throw new InputError(`a program in C cannot take "${text}"`);
  const words = given.split(", ");
  const stores = { PTRACE_GETEVENTMSG: "STATUS", PTRACE_GETSIGINFO: "INFO" }[words[0] ?? ""] ?? "0";
  const sets = given.replaceAll(/SIG\w+/g, "SET($&)");
  const call = form
    .replace("CHILD", `${child}`)
    .replace("SETS", sets)
    .replace("TYPE", () => typeOf(words[0] ?? ""))
    .replaceAll(/@(\d)/g, (_, n) => taskOf(words[n] ?? "0"))
    .replaceAll(/\$(\d)/g, (_, n) => words[n]?.replace("group ", "") ?? stores);
  const word = call.endsWith("}") ? ", 0" : "";
  return `\t{${JSON.stringify(text)}, ${actor ?? "OUTSIDE"}, ${call}${word}},\n`;
}

/**
 * A program that needs only libc. It takes the walk with processes of its own, and compares results, and what /proc shows of
 * the tasks, with what the model predicts. Its exit status is 0 if all is as predicted, 1 if something is not.
 *
 * @param steps what the probe prints of the walk
 * @param about lines of its head
 * @throws InputError if there is a call that it cannot make
 */
export function exportWalk(steps: readonly WalkStep[], about: readonly string[]): string {
  let [action, births] = [0, 1];
  let [actions, expectations] = ["", ""];
  for (const { action: text, tasks } of steps) {
    if (text !== "") {
      actions += callOf(text, births);
      action++;
      births = tasks.length;
    }
    const rows = tasks.map((task) => JSON.stringify(task)).join(",\n\t     ");
    expectations += `\t{${action}, {${rows}}},\n`;
  }
  const [, code = ""] = readCopied("c_program/walk.c").split("/* End of the head. */\n");
  const data =
    `static const struct action actions[] = {\n${actions}};\n\n` +
    `static const struct expectation expectations[] = {\n${expectations}};\n`;
  const head = about.map((line) => ` * ${line}\n`).join("");
  return `/*\n${head} */\n${code.replace('#include "walk_data.c"\n', () => data)}`;
}
