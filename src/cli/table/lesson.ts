import { command } from "./command.ts";
import { anyEncoder, apart, json, output } from "./options.ts";

const FILES = ["record", "html", "pages"];
/** The other forms of a recording: one is chosen. */
const except = (form: string) => ["text", "json", ...FILES].filter((each) => each !== form);

export const lesson = command("lesson")
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

export const task = command("task")
  .argument("[task]", "its name")
  .option("--student <S>", "the student's name, which determines the variant", "nobody")
  .option("--variant <V>", VARIANT)
  .option("--secret <FILE>", SECRET)
  .addOption(
    output("-o, --output <FILE>", "write the assignment to a file, or a class's to a folder"),
  )
  .addOption(
    apart("--class <FILE>", "a name on each line: write all tasks, or one, for each", [
      "student",
      "hint",
    ]),
  )
  .option("--hint <N>", "print a hint, from 1; each says more than the one before it")
  .option("--after <LESSON>", "only the tasks of the lessons up to this one")
  .option("--key", "print a right answer; needs a secret")
  .addOption(json("stublab.task-list/1"));

export const check = command("check")
  .argument("<answer>", "a file or a folder: of a folder, each file whose name ends in .txt")
  .option("--variant <V>", VARIANT)
  .option("--secret <FILE>", SECRET)
  .option("--record <OUT>", "write the recording of the answer, or of a folder's into a folder")
  .option("--class <FILE>", "a name on each line: name the answers that are missing in a folder")
  .addOption(json("stublab.tasks/1").conflicts("csv"))
  .option("--csv", "print a table: student, task, result, points, worth, reason, file");
