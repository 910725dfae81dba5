import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { refusalOf } from "../labs/record/course.ts";
import { taskTitle } from "../labs/record/lesson_text.ts";
import {
  type ClassOptions,
  parseClass,
  parseSecret,
  variantOf,
} from "../labs/record/tasks/class.ts";
import { keyOf } from "../labs/record/tasks/grade.ts";
import { assignment, exerciseFor, textOf } from "../labs/record/tasks/submission.ts";
import { loadTask, TASKS, tasksAfter } from "../labs/record/tasks/tasks.ts";
import { InputError, OutputError } from "../lib/errors.ts";
import { type Limit, readInput } from "../lib/input.ts";
import { counted } from "../lib/page/figures.ts";
import { finishing } from "./interruption.ts";
import { checkOutput, writeOutput, writeOutputs } from "./output_file.ts";
import { print, publish, talk, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { task } from "./table/lesson.ts";
import { parseCount } from "./table/options.ts";

type Options = Values<typeof task>;

/** Makes a file to hand out. */
type Make = (task: string, student: string) => Promise<string>;

const SECRET_LIMIT: Limit = { most: 1 << 12, of: "a secret" };
const CLASS_LIMIT: Limit = { most: 1 << 20, of: "a class" };

/** The names of a class. */
export const readClass = (path: string): string[] =>
  parseClass(readInput(path, CLASS_LIMIT).toString("utf8"));

/** What a teacher fixes for a class. */
export function courseOf({ variant, secret }: Pick<Options, "variant" | "secret">): ClassOptions {
  const path = secret ?? process.env.STUBLAB_COURSE;
  if (!path) return { variant };
  return { variant, secret: parseSecret(readInput(path, SECRET_LIMIT).toString("utf8")) };
}

/** Lists tasks, or sets one, or those of a class. */
export async function runTask(name: string | undefined, values: Options): Promise<number> {
  const { student, after, hint, json, output } = values;
  const course = courseOf(values);
  const names = after === undefined ? Object.keys(TASKS) : tasksAfter(after);
  if (name !== undefined) {
    if (json) throw new InputError("--json needs `task check`, or no name of a task");
    const { lesson } = loadTask(name);
    if (!names.includes(name))
      throw new InputError(`${name} is a task of the lesson ${lesson}, which comes after ${after}`);
  }
  if (values.key && course.secret === undefined)
    throw new InputError("--key needs the secret of a course: --secret FILE, or STUBLAB_COURSE");
  const make: Make = async (task, who) => {
    const variant = variantOf(task, who, course);
    const exercise = exerciseFor(task, who, variant);
    const key = values.key ? await finishing(() => keyOf(exercise)) : undefined;
    return assignment(task, who, { variant, key });
  };
  if (values.class !== undefined) {
    if (output === undefined) throw new InputError("--class needs a folder to write to: -o DIR");
    return handOut(readClass(values.class), name === undefined ? names : [name], output, make);
  }
  if (name === undefined) return list(names, json);
  if (hint !== undefined) {
    const { hints } = textOf(name, exerciseFor(name, student, variantOf(name, student, course)));
    const number = parseCount("--hint", hint, hints.length, 1);
    tell(`hint ${number} of ${hints.length}: ${hints[number - 1]}\n`);
    return 0;
  }
  if (output !== undefined) checkOutput(output);
  if (output !== undefined && statSync(output, { throwIfNoEntry: false })?.isFile()) {
    const remedy = "remove it, or choose another name";
    throw new OutputError(`${output} exists, and may hold an answer`, { remedy });
  }
  const text = await make(name, student);
  if (output === undefined) print(text);
  else {
    await writeOutput(output, text);
    talk(`${taskTitle(name)}: edit ${output}, then stublab lesson task check ${output}\n`);
  }
  return 0;
}

/** Writes the assignments of a class, as STUDENT/TASK.txt. A file that exists may hold an answer, and stays. */
async function handOut(
  students: readonly string[],
  tasks: readonly string[],
  to: string,
  make: Make,
) {
  const here = tasks.filter((task) => refusalOf(loadTask(task).lesson) === undefined);
  let written = 0;
  for (const student of students) {
    if (/^\.|\//.test(student)) throw new InputError(`no folder can have the name "${student}"`);
    const folder = join(to, student);
    const files: [string, string][] = [];
    for (const task of here.filter((each) => !existsSync(join(folder, `${each}.txt`))))
      files.push([`${task}.txt`, await make(task, student)]);
    await writeOutputs(folder, files);
    written += files.length;
  }
  const kept = here.length * students.length - written;
  const rest = kept === 0 ? "" : `, and ${kept} more that existed were kept`;
  talk(`${counted(written, "assignment")} for ${counted(students.length, "student")}${rest}\n`);
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
