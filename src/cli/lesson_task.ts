import { taskTitle } from "../labs/record/lesson_text.ts";
import { keyOf } from "../labs/record/tasks/grade.ts";
import { assignment, exerciseFor, textOf } from "../labs/record/tasks/submission.ts";
import { TASKS } from "../labs/record/tasks/tasks.ts";
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
  -o, --output FILE   write the assignment to FILE
  --hint N            print hint N of the task, from 1; each says more than the one before it
  --key               print a right answer, for teachers
  --json              print one document: "stublab.task-list/1", or with \`check\`, "stublab.tasks/1"
  --record OUT        with \`check\`: write the recording of the answer to OUT; for a DIR, OUT is a folder

A DIR is graded as a whole: each file whose name ends in .txt, also in folders in it; other files are named as skipped.
The answers cannot do harm: they run in stubs with limits, under a filter of system calls, in namespaces of their own.
docs/tasks.md describes all tasks.

Exit status: 0 if every answer is right, 1 if one is not, 2 for a file that is not an answer.

examples:
  stublab lesson task clone-registers --student ada -o clone.txt
  stublab lesson task check clone.txt --record clone.json && stublab lesson clone.json
  stublab lesson task check answers --json | jq -r '.answers[] | [.student, .task, .result] | @tsv'
`;

const OPTIONS = {
  student: { type: "string", default: "nobody" },
  output: { type: "string", short: "o" },
  hint: { type: "string" },
  key: { type: "boolean", default: false },
  record: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const [name, file, extra] = positionals;
  const unexpected = name === "check" ? extra : file;
  if (unexpected !== undefined) throw new UsageError(`unexpected argument "${unexpected}"`);
  if (name === "check") {
    if (file === undefined) {
      throw new UsageError("task check needs a file or a folder", {
        remedy: "lesson task --help lists the options",
      });
    }
    return checkAnswers(file, values);
  }
  if (values.record !== undefined) throw new UsageError("--record needs `task check`");
  if (name === undefined) return list(values.json);
  if (values.json) throw new UsageError("--json needs `task check`, or no name of a task");
  if (values.hint !== undefined) return hint(name, values.student, values.hint);
  await write(name, values.student, values.key, values.output);
  return 0;
}

function list(json: boolean): number {
  const tasks = Object.entries(TASKS).map(([name, { lesson }]) => ({
    ...{ name, lesson },
    title: taskTitle(name),
  }));
  if (json) printJson("stublab.task-list/1", { tasks });
  else {
    const lines = tasks.map(
      ({ name, lesson, title }) => `${name.padEnd(16)} ${lesson.padEnd(16)} ${title}\n`,
    );
    tell(lines.join(""));
    talk("`stublab lesson task NAME --student S -o FILE` writes an assignment\n");
  }
  return 0;
}

function hint(name: string, student: string, text: string): number {
  const { hints } = textOf(name, exerciseFor(name, student));
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
  withKey: boolean,
  output: string | undefined,
): Promise<void> {
  const exercise = exerciseFor(name, student);
  if (output !== undefined) checkOutput(output);
  const key = withKey ? await finishing(() => keyOf(exercise)) : undefined;
  const text = assignment(name, student, key);
  if (output === undefined) print(text);
  else {
    await writeOutput(output, text);
    talk(`${taskTitle(name)}: edit ${output}, then stublab lesson task check ${output}\n`);
  }
}

export const taskCommand: Command = { help, run };
