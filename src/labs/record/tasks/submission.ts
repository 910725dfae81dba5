import { expectAmd64 } from "../../../core/shim/shim.ts";
import { InputError } from "../../../lib/errors.ts";
import type { Limit } from "../../../lib/input.ts";
import { didYouMean } from "../../../lib/nearest.ts";
import { show } from "../../../lib/shape.ts";
import type { Listing } from "../listing.ts";
import { wrap } from "../wrap.ts";
import { Answer, REGISTERS, type Words } from "./answer.ts";
import { Draw } from "./draw.ts";
import { type Exercise, type Meanings, namesOf } from "./task.ts";
import { loadTask } from "./tasks.ts";

/** The most bytes of an answer. */
export const ANSWER_LIMIT: Limit = { most: 1 << 16, of: "an answer" };

/** The longest name of a student. */
const LONGEST_NAME = 60;

/** The line that separates the head of a file from its assembly. */
const CODE = "code:";

/** The widest line of a comment. */
const WIDTH = 96;

/** A file that a student has edited. */
export interface Submission {
  readonly task: string;
  readonly student: string;
  readonly exercise: Exercise;
  readonly answer: Answer;
  /** Its assembly, after as many empty lines as come before it, if the task is to write some. */
  readonly source: string | undefined;
}

/** The exercise of a student. @throws InputError; UnsupportedError, as all tasks are about amd64 */
export function exerciseFor(task: string, student: string): Exercise {
  expectAmd64("tasks are set and checked on");
  const name = student.trim();
  if (name === "" || name.length > LONGEST_NAME || /[\p{C}]/u.test(name)) {
    throw new InputError(
      `student: expected a name of at most ${LONGEST_NAME} characters, got ${show(student)}`,
    );
  }
  return loadTask(task).exercise(new Draw(task, name));
}

/** A file to hand out: the assignment as comments, and what is to be edited; or instead of that, `key`. */
export function assignment(task: string, student: string, key?: string): string {
  const exercise = exerciseFor(task, student);
  const { text, form, start } = exercise;
  const name = student.trim();
  const names = described(namesOf(exercise));
  const notes = [
    loadTask(task).title,
    ...text,
    ...(typeof form === "string" ? [] : [described(form)]),
    ...(names === "" ? [] : [`A value may use the kernel's names, and\n${names}`]),
    "Edit what follows, and check it: stublab lesson task check FILE\n" +
      `Hints: stublab lesson task ${task} --student ${quoted(name)} --hint 1`,
  ];
  const head = notes.map(comment).join("#\n");
  const code = form === "code" ? `${CODE}\n` : "";
  return `${head}\ntask = ${task}\nstudent = ${name}\n\n${code}${(key ?? start).trimEnd()}\n`;
}

function described(meanings: Meanings): string {
  return Object.entries(meanings)
    .map(([name, meaning]) => `  ${name}: ${meaning}`)
    .join("\n");
}

/** A word of a shell. */
function quoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Lines of comment, folded. */
function comment(text: string): string {
  const lines = text.split("\n").flatMap((line) => {
    const indent = line.startsWith("  ") ? "  " : "";
    return wrap(line.trim(), WIDTH - indent.length).map((part) => `# ${indent}${part}\n`);
  });
  return lines.join("");
}

/**
 * Reads an answer.
 *
 * @param code the same, assembled
 * @throws InputError that names the line
 */
export function parseAnswer(text: string, code?: Listing): Submission {
  if (text.includes("\0")) throw new InputError("an answer is text, and has no NUL character");
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const at = lines.findIndex((line) => line.trim() === CODE);
  const values = assignmentsIn(at < 0 ? lines : lines.slice(0, at));
  const take = (name: string): string => {
    const value = values.get(name);
    values.delete(name);
    return value ?? refuseWithout(`${name} = …`);
  };
  const [task, student] = [take("task"), take("student")];
  const exercise = exerciseFor(task, student);
  const names = placeholders(exercise);
  expectFields(values, exercise, names);
  const { form } = exercise;
  if (form !== "code") {
    if (at >= 0) throw new InputError(`line ${at + 1}: this task takes no code`);
    if (form !== "registers" && values.size === 0) refuseWithout(`${Object.keys(form)[0]} = …`);
    return { task, student, exercise, answer: new Answer(values), source: undefined };
  }
  if (at < 0) refuseWithout(CODE);
  const source = lines.map((line, i) => (i <= at ? "" : line)).join("\n");
  return { task, student, exercise, answer: new Answer(values, code), source };
}

function refuseWithout(line: string): never {
  throw new InputError(`the answer has no line "${line}"`, {
    remedy: "`stublab lesson task NAME --student S -o FILE` writes a file to start from",
  });
}

/** "name = value" lines; the text after # is a comment. */
function assignmentsIn(lines: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const [i, line] of lines.entries()) {
    const text = line.replace(/#.*/, "").trim();
    if (text === "") continue;
    const [, name, value] = /^([\w.]+)\s*=\s*(.+)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new InputError(`line ${i + 1}: expected "name = value", got ${show(text)}`, {
        ...(/:$|[%$]/.test(text) && { remedy: `assembly follows a line "${CODE}"` }),
      });
    }
    if (values.has(name)) throw new InputError(`line ${i + 1}: ${name} is set twice`);
    values.set(name, value);
  }
  return values;
}

/** Checks the names of what is set, and that each value can be understood. */
function expectFields(values: ReadonlyMap<string, string>, { form }: Exercise, names: Words): void {
  const fields = form === "code" ? [] : form === "registers" ? REGISTERS : Object.keys(form);
  const answer = new Answer(values);
  for (const name of values.keys()) {
    if (!fields.includes(name)) {
      throw new InputError(`this task does not ask for ${show(name)}${didYouMean(name, fields)}`);
    }
    try {
      answer.words(name, names);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new InputError(`${name}: ${why}`, { cause });
    }
  }
}

/** The names of a task, before what they stand for exists. */
function placeholders(exercise: Exercise): Words {
  return Object.fromEntries(Object.keys(namesOf(exercise)).map((name) => [name, 0n]));
}
