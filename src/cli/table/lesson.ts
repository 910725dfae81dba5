import { type Command, Option, type OptionValues } from "@commander-js/extra-typings";
import { InputError } from "../../lib/errors.ts";
import { command } from "./command.ts";
import { ENCODERS, json } from "./options.ts";

/** The other forms of a recording: one is chosen. */
const except = (form: string) =>
  ["text", "json", "record", "html", "pages"].filter((each) => each !== form);

/** Where something is written. */
function output<F extends string>(flags: F, about: string) {
  return new Option(flags, about).argParser((name) => {
    if (name !== "") return name;
    throw new InputError("the name of the output is empty");
  });
}

export const lesson = command("lesson", {
  summary: "record how a stub is born, driven and lost, and walk through it; set tasks about it",
  description: `Plays a lesson with real processes, records every step of them, and walks through the recording in the
    terminal, forwards and backwards; no process runs by then. Before important steps it asks what will happen. Without
    a lesson, lists all.

    In the terminal, → and ← step (also l and h, Space), ] and [ go to an event, which is a step that is no instruction,
    Home to the introduction, End to the next question or the end, g to a step by its number. Digits answer a question,
    or arrows and Enter; s shows the answer, a asks again. d c r p t open and close the detail, code, registers, /proc,
    terms. j k ↓ ↑, PageUp and PageDown scroll, q quits. ▶ is the instruction that the step has executed, ▷ the next
    one; * marks a change.`,
  status: `0 if all facts of the lesson held, 1 if one did not; the output is written in both cases. 2 if a file is not
    a recording.`,
  examples: [
    "stublab lesson host",
    "stublab lesson grandchild --record grandchild.json && stublab lesson grandchild.json --step 12",
    "stublab lesson no-exitkill exitkill",
    "stublab lesson --pages lessons",
  ],
})
  .argument(
    "[recording...]",
    `the name of a lesson, a file, or - for standard input; nothing is traced for a file. Two are shown side by side, as
    text: how far they are the same, and both from the step where they part. ./NAME is a file`,
  )
  .addOption(
    new Option(
      "--text",
      `print the steps as text, questions before their steps, answers at the end; also if the input or output is no
      terminal, or a dumb one`,
    ).conflicts(except("text")),
  )
  .addOption(
    new Option(
      "--json",
      "print the recording; without a lesson, the list, a document stublab.scenarios/1",
    ).conflicts(except("json")),
  )
  .addOption(
    output(
      "--record <FILE>",
      "write the recording, a document stublab.recording/1 (docs/recording.md)",
    ).conflicts(except("record")),
  )
  .addOption(
    output("--html <FILE>", "write a web page, which needs no other file").conflicts(
      except("html"),
    ),
  )
  .addOption(
    output(
      "--pages <DIR>",
      `write a folder of web pages: an index; for each recording, or for all lessons, which are recorded within seconds,
      a page; and registers.html, which predicts what the kernel does with registers`,
    ).conflicts(except("pages")),
  )
  .addOption(
    output("-o, --output <FILE>", "write --text or --json to a file").conflicts([
      "record",
      "html",
      "pages",
    ]),
  )
  .option(
    "--step <N>",
    "start at a step instead of the introduction, or at an open question before it",
  )
  .option("--encoder <E>", `for a lesson: ${ENCODERS} (default assembly)`)
  .option("--seed <S>", "a number or a name, which orders the choices (default your user name)");

/** Options that both setting and checking tasks have. */
function ofCourse<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return command
    .option("--variant <V>", "determine the variant by V, the same for every student")
    .option(
      "--secret <FILE>",
      `the secret of a course, at least 16 characters (default the file that STUBLAB_COURSE names): only with it can
      variants be told from names, and answers to another variant are refused`,
    );
}

export const task = ofCourse(
  command("task", {
    summary: "list tasks about stubs, and set one",
    description: `Prints an assignment, a small file to edit: to write registers, a clone word, options or stub code, or
      to find a step in a recording. Without a task, lists all. docs/tasks.md describes them.`,
    examples: [
      "stublab lesson task clone-registers --student ada -o clone.txt",
      "stublab lesson task check clone.txt",
    ],
  })
    .argument("[task]", "its name")
    .option("--student <S>", "the student's name, which determines the variant", "nobody"),
)
  .addOption(output("-o, --output <FILE>", "write the assignment to a file"))
  .option("--hint <N>", "print a hint, from 1; each says more than the one before it")
  .option("--after <LESSON>", "only the tasks of the lessons up to this one")
  .option("--key", "print a right answer; needs a secret")
  .addOption(json("stublab.task-list/1"));

export const check = ofCourse(
  command("check", {
    summary: "check answers to tasks",
    description: `Tries an answer on real stubs, reports what happened, and judges it by what the kernel did. Answers
      cannot do harm: they run in stubs with limits, under a filter of system calls, in namespaces of their own.`,
    status: "0 if every answer is right, 1 if one is not, 2 for a file that is not an answer",
    examples: [
      "stublab lesson task check clone.txt --record clone.json && stublab lesson clone.json",
      "stublab lesson task check answers --class names.txt --csv > grades.csv",
    ],
  }).argument(
    "<answer>",
    `a file or a folder: of a folder, each file whose name ends in .txt, also in folders in it; the others are named as
    skipped`,
  ),
)
  .option(
    "--record <OUT>",
    "write the recording of the answer to a file, or of a folder's to a folder",
  )
  .option("--class <FILE>", "a name on each line: name the answers that are missing in a folder")
  .addOption(new Option("--json", "print one document, stublab.tasks/1").conflicts("csv"))
  .option("--csv", "print a table: student, task, result, points, worth, reason, file");
