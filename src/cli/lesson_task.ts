import { statSync } from "node:fs";
import { taskTitle } from "../labs/record/lesson_text.ts";
import { type ClassOptions, parseSecret, variantOf } from "../labs/record/tasks/class.ts";
import { keyOf } from "../labs/record/tasks/grade.ts";
import { assignment, exerciseFor, textOf } from "../labs/record/tasks/submission.ts";
import type { Exercise } from "../labs/record/tasks/task.ts";
import { loadTask, TASKS, tasksAfter } from "../labs/record/tasks/tasks.ts";
import { InputError, OutputError } from "../lib/errors.ts";
import { type Limit, readInput } from "../lib/input.ts";
import { fold } from "./fold.ts";
import { finishing } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { print, printJson, talk, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { task } from "./table/lesson.ts";

type Options = Values<typeof task>;

const SECRET_LIMIT: Limit = { most: 1 << 12, of: "a secret" };

/** What a teacher fixes for a class. */
export function courseOf({ variant, secret }: Pick<Options, "variant" | "secret">): ClassOptions {
  const path = secret ?? process.env.STUBLAB_COURSE;
  if (!path) return { variant };
  return { variant, secret: parseSecret(readInput(path, SECRET_LIMIT).toString("utf8")) };
}

/** Lists tasks, or sets one. */
export async function runTask(name: string | undefined, values: Options): Promise<number> {
  const { student, after, hint, key = false, json = false, output } = values;
  const course = courseOf(values);
  const names = after === undefined ? Object.keys(TASKS) : tasksAfter(after);
  if (name === undefined) return list(names, json);
  if (json) throw new InputError("--json needs `task check`, or no name of a task");
  const { lesson } = loadTask(name);
  if (!names.includes(name))
    throw new InputError(`${name} is a task of the lesson ${lesson}, which comes after ${after}`);
  const variant = variantOf(name, student, course);
  if (hint !== undefined) return tellHint(name, exerciseFor(name, student, variant), hint);
  if (key && course.secret === undefined)
    throw new InputError("--key needs the secret of a course: --secret FILE, or STUBLAB_COURSE");
  await write(name, student, variant, key, output);
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

function tellHint(name: string, exercise: Exercise, text: string): number {
  const { hints } = textOf(name, exercise);
  const index = hints.findIndex((_, i) => text === `${i + 1}`);
  if (index < 0) {
    const range = `a whole number from 1 to ${hints.length}`;
    throw new InputError(`--hint: expected ${range}, got "${text}"`);
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
