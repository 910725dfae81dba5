import { statSync } from "node:fs";
import { taskTitle } from "../labs/record/lesson_text.ts";
import { type ClassOptions, parseSecret, variantOf } from "../labs/record/tasks/class.ts";
import { keyOf } from "../labs/record/tasks/grade.ts";
import { assignment, exerciseFor, textOf } from "../labs/record/tasks/submission.ts";
import { loadTask, TASKS, tasksAfter } from "../labs/record/tasks/tasks.ts";
import { InputError, OutputError } from "../lib/errors.ts";
import { type Limit, readInput } from "../lib/input.ts";
import { counted } from "../lib/page/figures.ts";
import { finishing } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { print, publish, talk, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { task } from "./table/lesson.ts";
import { parseCount } from "./table/options.ts";

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
  const { student, after, hint, key = false, json, output } = values;
  const course = courseOf(values);
  const names = after === undefined ? Object.keys(TASKS) : tasksAfter(after);
  if (name === undefined) return list(names, json);
  if (json) throw new InputError("--json needs `task check`, or no name of a task");
  const { lesson } = loadTask(name);
  if (!names.includes(name))
    throw new InputError(`${name} is a task of the lesson ${lesson}, which comes after ${after}`);
  const variant = variantOf(name, student, course);
  const exercise = exerciseFor(name, student, variant);
  if (hint !== undefined) {
    const { hints } = textOf(name, exercise);
    const number = parseCount("--hint", hint, hints.length, 1);
    tell(`hint ${number} of ${hints.length}: ${hints[number - 1]}\n`);
    return 0;
  }
  if (key && course.secret === undefined)
    throw new InputError("--key needs the secret of a course: --secret FILE, or STUBLAB_COURSE");
  if (output !== undefined) {
    checkOutput(output);
    if (statSync(output, { throwIfNoEntry: false })?.isFile())
      throw new OutputError(`${output} exists, and may hold an answer`, {
        remedy: "remove it, or choose another name",
      });
  }
  const answer = key ? await finishing(() => keyOf(exercise)) : undefined;
  const text = assignment(name, student, { variant, key: answer });
  if (output === undefined) print(text);
  else {
    await writeOutput(output, text);
    talk(`${taskTitle(name)}: edit ${output}, then stublab lesson task check ${output}\n`);
  }
  return 0;
}

function list(names: readonly string[], json: true | undefined): number {
  const tasks = names.map((name) => {
    const { lesson, points } = loadTask(name);
    return { name, lesson, title: taskTitle(name), points };
  });
  const lines = tasks.map(({ name, lesson, title, points }) => {
    return `${name.padEnd(16)} ${lesson.padEnd(16)} ${title} (${counted(points, "point")})\n`;
  });
  publish(json, "stublab.task-list/1", { tasks }, lines.join(""));
  if (!json) talk("`stublab lesson task NAME --student S -o FILE` writes an assignment\n");
  return 0;
}
