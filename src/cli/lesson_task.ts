import { statSync } from "node:fs";
import { taskTitle } from "../labs/record/lesson_text.ts";
import { parseSecret, variantOf } from "../labs/record/tasks/class.ts";
import { keyOf } from "../labs/record/tasks/grade.ts";
import { assignment, exerciseFor, textOf } from "../labs/record/tasks/submission.ts";
import type { Exercise } from "../labs/record/tasks/task.ts";
import { loadTask, TASKS, tasksAfter } from "../labs/record/tasks/tasks.ts";
import { OutputError } from "../lib/errors.ts";
import { type Limit, readInput } from "../lib/input.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { fold } from "./fold.ts";
import { finishing } from "./interruption.ts";
import { checkAnswers } from "./lesson_task_check.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { print, printJson, talk, tell } from "./report.ts";

const help = `usage: stublab lesson task [NAME] [options]
       stublab lesson task check FILE|DIR [options]

Sets tasks about stubs: to write registers, a clone word, options or stub code, or to find a step in a recording.
\`stublab lesson task\` lists them. \`stublab lesson task NAME\` prints an assignment, a small file to edit.
\`stublab lesson task check\` tries the answer on real stubs, reports what happened, and judges it by what the kernel did.

  --student S         the student's name, which determines the variant (default: nobody)
  --variant V         determine the variant by V, the same for every student
  -o, --output FILE   write the assignment to FILE
  --hint N            print hint N of the task, from 1; each says more than the one before it
  --after LESSON      only the tasks of the lessons up to this one
  --json              print one document: "stublab.task-list/1", or with \`check\`, "stublab.tasks/1"
  --record OUT        with \`check\`: write the recording of the answer to OUT; for a DIR, OUT is a folder

For teachers:
  --secret FILE       the secret of a course, at least 16 characters (default: the file that STUBLAB_COURSE names): only
                      with it can variants be told from names. \`check\` refuses answers to another variant
  --key               print a right answer; needs a secret
  --class FILE        with \`check DIR\`: a name on each line; name the answers that are missing
  --csv               with \`check\`: print a table: student, task, result, points, worth, reason, file

A DIR is graded as a whole: each file whose name ends in .txt, also in folders in it; other files are named as skipped.
The answers cannot do harm: they run in stubs with limits, under a filter of system calls, in namespaces of their own.
docs/tasks.md describes all tasks.

Exit status: 0 if every answer is right, 1 if one is not, 2 for a file that is not an answer.

examples:
  stublab lesson task clone-registers --student ada -o clone.txt
  stublab lesson task check clone.txt --record clone.json && stublab lesson clone.json
  stublab lesson task check answers --class names.txt --csv > grades.csv
`;

const OPTIONS = {
  student: { type: "string", default: "nobody" },
  variant: { type: "string" },
  secret: { type: "string" },
  output: { type: "string", short: "o" },
  hint: { type: "string" },
  after: { type: "string" },
  key: { type: "boolean", default: false },
  class: { type: "string" },
  csv: { type: "boolean", default: false },
  record: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

/** Options that only `task check` has. */
const OF_CHECK = ["record", "class", "csv"] as const;

const SECRET_LIMIT: Limit = { most: 1 << 12, of: "a secret" };

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const [name, file, extra] = positionals;
  const unexpected = name === "check" ? extra : file;
  if (unexpected !== undefined) throw new UsageError(`unexpected argument "${unexpected}"`);
  const path = values.secret ?? process.env.STUBLAB_COURSE;
  const secret = path && parseSecret(readInput(path, SECRET_LIMIT).toString("utf8"));
  const course = { variant: values.variant, secret: secret || undefined };
  if (name === "check") {
    if (file === undefined) {
      throw new UsageError("task check needs a file or a folder", {
        remedy: "lesson task --help lists the options",
      });
    }
    return checkAnswers(file, course, values);
  }
  const other = OF_CHECK.find((option) => values[option]);
  if (other !== undefined) throw new UsageError(`--${other} needs \`task check\``);
  const names = values.after === undefined ? Object.keys(TASKS) : tasksAfter(values.after);
  if (name === undefined) return list(names, values.json);
  if (values.json) throw new UsageError("--json needs `task check`, or no name of a task");
  const { student } = values;
  const { lesson } = loadTask(name);
  if (!names.includes(name)) {
    throw new UsageError(
      `${name} is a task of the lesson ${lesson}, which comes after ${values.after}`,
    );
  }
  const variant = variantOf(name, student, course);
  if (values.hint !== undefined)
    return hint(name, exerciseFor(name, student, variant), values.hint);
  if (values.key && secret === undefined) {
    throw new UsageError("--key needs the secret of a course: --secret FILE, or STUBLAB_COURSE");
  }
  await write(name, student, variant, values.key, values.output);
  return 0;
}

function list(names: readonly string[], json: boolean): number {
  const tasks = names.map((name) => {
    const { lesson, points } = loadTask(name);
    return { name, lesson, title: taskTitle(name), points };
  });
  if (json) printJson("stublab.task-list/1", { tasks });
  else {
    const lines = tasks.map(
      ({ name, lesson, title, points }) =>
        `${name.padEnd(16)} ${lesson.padEnd(16)} ${title} (${points} point${points === 1 ? "" : "s"})\n`,
    );
    tell(lines.join(""));
    talk("`stublab lesson task NAME --student S -o FILE` writes an assignment\n");
  }
  return 0;
}

function hint(name: string, exercise: Exercise, text: string): number {
  const { hints } = textOf(name, exercise);
  const index = hints.findIndex((_, i) => text === `${i + 1}`);
  if (index < 0) {
    const range = `a whole number from 1 to ${hints.length}`;
    throw new UsageError(`--hint: expected ${range}, got "${text}"`);
  }
  tell(`${fold(`hint ${text} of ${hints.length}: ${hints[index]}`, 100)}\n`);
  return 0;
}

async function write(
  name: string,
  student: string,
  variant: string | undefined,
  withKey: boolean,
  output: string | undefined,
): Promise<void> {
  const exercise = exerciseFor(name, student, variant);
  if (output !== undefined) checkOutput(output);
  if (output !== undefined && statSync(output, { throwIfNoEntry: false })?.isFile()) {
    const remedy = "remove it, or choose another name";
    throw new OutputError(`${output} exists, and may hold an answer`, { remedy });
  }
  const key = withKey ? await finishing(() => keyOf(exercise)) : undefined;
  const text = assignment(name, student, { variant, key });
  if (output === undefined) print(text);
  else {
    await writeOutput(output, text);
    talk(`${taskTitle(name)}: edit ${output}, then stublab lesson task check ${output}\n`);
  }
}

export const taskCommand: Command = { help, run };
