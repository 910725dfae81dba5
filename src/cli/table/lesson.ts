import { command } from "./command.ts";
import { anyEncoder, apart, json, output } from "./options.ts";

const FILES = ["record", "html", "pages"];
/** The other forms of a recording: one is chosen. */
const except = (form: string) => ["text", "json", ...FILES].filter((each) => each !== form);

export const lesson = command("lesson", {
  summary: "watch how a stub is born, driven and lost; tasks about it",
  description: `Plays a lesson with real processes, records every step of them, and walks through the recording in the
    terminal; no process runs by then. Before important steps it asks what will happen. Without a lesson, lists all.

    In the terminal, → and ← step (also l and h, Space), ] and [ go to an event, a step that is not an instruction, Home
    to the introduction, End to the next question or the end, g to a step by its number. Digits answer a question,
    or arrows and Enter; s shows the answer, a asks again. d c r p t open and close the detail, code, registers, /proc,
    terms. j k ↓ ↑, PageUp and PageDown scroll, q quits. ▶ is the instruction that the step has executed, ▷ the next
    one; * marks a change.`,
  status: "0 if all facts of the lesson held, 1 if one did not, 2 if a file is not a recording",
  examples: [
    "stublab lesson host",
    "stublab lesson grandchild --record grandchild.json && stublab lesson grandchild.json --step 12",
    "stublab lesson no-exitkill exitkill",
    "stublab lesson --pages lessons",
  ],
})
  .argument(
    "[recording...]",
    "a lesson, a file (./NAME), or -; two are shown side by side, as text",
  )
  .addOption(apart("--text", "print the steps, also on a terminal", except("text")))
  .addOption(apart("--json", "print the recording; without one, the list", except("json")))
  .addOption(output("--record <FILE>", "write the recording (docs/recording.md)", except("record")))
  .addOption(output("--html <FILE>", "write it as one web page", except("html")))
  .addOption(output("--pages <DIR>", "write web pages, of all lessons by default", except("pages")))
  .addOption(output("-o, --output <FILE>", "write --text or --json to a file", FILES))
  .option("--step <N>", "start at a step, or at an open question before it")
  .addOption(anyEncoder("encoder for a lesson"))
  .option("--seed <S>", "a number or a name, which orders the choices (default your user name)");

const VARIANT = "determine the variant by V, the same for every student";
const SECRET = "the secret of a course, without which variants follow from names (STUBLAB_COURSE)";

export const task = command("task", {
  summary: "list tasks about stubs, and set one",
  description: `Prints an assignment, a small file to edit: to write registers, a clone word, options or stub code, or to
    find a step in a recording. Without a task, lists all. docs/tasks.md describes them.`,
  examples: ["stublab lesson task clone-registers --student ada -o clone.txt"],
})
  .argument("[task]", "its name")
  .option("--student <S>", "the student's name, which determines the variant", "nobody")
  .option("--variant <V>", VARIANT)
  .option("--secret <FILE>", SECRET)
  .addOption(output("-o, --output <FILE>", "write the assignment to a file"))
  .option("--hint <N>", "print a hint, from 1; each says more than the one before it")
  .option("--after <LESSON>", "only the tasks of the lessons up to this one")
  .option("--key", "print a right answer; needs a secret")
  .addOption(json("stublab.task-list/1"));

export const check = command("check", {
  summary: "check answers to tasks",
  description: `Tries an answer on real stubs, reports what happened, and judges it by what the kernel did. Answers cannot
    do harm: they run in stubs with limits, under a filter of system calls, in namespaces of their own.`,
  status: "0 if every answer is right, 1 if one is not, 2 for a file that is not an answer",
  examples: [
    "stublab lesson task check clone.txt --record clone.json && stublab lesson clone.json",
    "stublab lesson task check answers --class names.txt --csv > grades.csv",
  ],
})
  .argument("<answer>", "a file or a folder: of a folder, each file whose name ends in .txt")
  .option("--variant <V>", VARIANT)
  .option("--secret <FILE>", SECRET)
  .option("--record <OUT>", "write the recording of the answer, or of a folder's into a folder")
  .option("--class <FILE>", "a name on each line: name the answers that are missing in a folder")
  .addOption(json("stublab.tasks/1").conflicts("csv"))
  .option("--csv", "print a table: student, task, result, points, worth, reason, file");
