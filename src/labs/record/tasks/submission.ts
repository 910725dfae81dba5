import { InputError, UnsupportedError } from "../../../lib/errors.ts";
import type { Limit } from "../../../lib/input.ts";
import { didYouMean } from "../../../lib/nearest.ts";
import { quoteWord } from "../../../lib/quote.ts";
import { inPlace, show } from "../../../lib/shape.ts";
import { refusalOf } from "../course.ts";
import { type TaskText, taskText } from "../lesson_text.ts";
import type { Listing } from "../listing.ts";
import { wrap } from "../wrap.ts";
import { Answer, REGISTERS } from "./answer.ts";
import { Draw, type Exercise } from "./task.ts";
import { loadTask } from "./tasks.ts";

/** The most bytes of an answer. */
export const ANSWER_LIMIT: Limit = { most: 1 << 16, of: "an answer" };

/** The longest name of a student. */
const LONGEST_NAME = 60;

/** The line that separates the head of a file from its assembly. */
const CODE = "code:";

/** A line of the head of a file. */
const HEAD = /^[ \t]*(?:task|student|variant)[ \t]*=.*$/m;

/** The widest line of a comment. */
const WIDTH = 96;

/** A file that a student has edited. */
export interface Submission {
  readonly task: string;
  readonly student: string;
  /** What draws it in place of the student's name, if anything. */
  readonly variant: string | undefined;
  readonly exercise: Exercise;
  readonly answer: Answer;
  /** Its assembly, after as many empty lines as come before it, if the task is to write some. */
  readonly source: string | undefined;
}

/**
 * The exercise of a student.
 *
 * @param variant draws it in place of the student's name
 * @throws InputError; UnsupportedError if there is no such task on this architecture
 */
export function exerciseFor(name: string, student: string, variant = student): Exercise {
  const task = loadTask(name);
  const refusal = refusalOf(task.lesson);
  if (refusal !== undefined) throw new UnsupportedError(`the task ${name}: ${refusal}`);
  for (const [what, text] of Object.entries({ student, variant })) {
    if (text.trim() !== "" && text.length <= LONGEST_NAME && !/\p{C}/u.test(text)) continue;
    const expected = `a name of at most ${LONGEST_NAME} characters`;
    throw new InputError(`${what}: expected ${expected}, got ${show(text)}`);
  }
  return task.pose(new Draw(name, variant.trim()));
}

/** How a file to hand out is made. */
export interface AssignmentOptions {
  /** Draws the variant in place of the student's name. */
  readonly variant?: string | undefined;
  /** Is written in the place of what is to be edited. */
  readonly key?: string | undefined;
}

/** A file to hand out: the assignment as comments, and what is to be edited. @throws as exerciseFor */
export function assignment(task: string, student: string, options: AssignmentOptions = {}): string {
  const { variant, key } = options;
  const exercise = exerciseFor(task, student, variant);
  const { isCode, start } = exercise;
  const { title, text, names } = textOf(task, exercise);
  const name = student.trim();
  const described = (which: (name: string) => boolean) =>
    Object.entries(names)
      .filter(([name]) => which(name))
      .map(([name, meaning]) => `  ${name}: ${meaning}`)
      .join("\n");
  const values = described((name) => !isField(name));
  const fixed = variant === undefined ? "" : ` --variant ${quoteWord(variant)}`;
  const notes = [
    title,
    ...text,
    described(isField),
    values && `A value may use the kernel's names, and\n${values}`,
    "Edit what follows, and check it: stublab lesson task check FILE\n" +
      `Hints: stublab lesson task ${task} --student ${quoteWord(name)}${fixed} --hint 1`,
  ];
  const head = notes.filter(Boolean).map(comment).join("#\n");
  const code = isCode ? `${CODE}\n` : "";
  const drawn = variant === undefined ? "" : `variant = ${variant}\n`;
  const edited = `${code}${(key ?? start).trimEnd()}\n`;
  return `${head}\ntask = ${task}\nstudent = ${name}\n${drawn}\n${edited}`;
}

/** What an assignment says, its hints, the names that values may use beside the kernel's, and what facts mean. */
export function textOf(task: string, { isCode, parts, values }: Exercise): TaskText {
  const text = taskText(task, parts, values);
  const takesRegisters = !isCode && !Object.keys(text.names).some(isField);
  const ofStub = takesRegisters ? taskText("registers").names : {};
  const { facts } = taskText("facts");
  return { ...text, facts: { ...facts, ...text.facts }, names: { ...ofStub, ...text.names } };
}

/** Whether a name of a text is that of a field, which an answer sets. */
const isField = (name: string) => name === name.toLowerCase();

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
  const { task, student, variant } = Object.fromEntries(values);
  if (task === undefined) refuseWithout("task = …");
  if (student === undefined) refuseWithout("student = …");
  for (const name of ["task", "student", "variant"]) values.delete(name);
  const exercise = exerciseFor(task, student, variant);
  const { isCode } = exercise;
  const { names } = textOf(task, exercise);
  const own = Object.keys(names).filter(isField);
  expectFields(values, isCode || own.length > 0 ? own : REGISTERS, names);
  const head = { task, student, variant, exercise, answer: new Answer(values, code) };
  if (!isCode) {
    if (at >= 0) throw new InputError(`line ${at + 1}: this task takes no code`);
    if (own.length > 0 && values.size === 0) refuseWithout(`${own[0]} = …`);
    return { ...head, source: undefined };
  }
  if (at < 0) refuseWithout(CODE);
  const source = lines.map((line, i) => (i <= at ? "" : line)).join("\n");
  return { ...head, source };
}

/** What a file says of itself, even if it is not an answer. Its edit, without the spaces, is empty if nobody edited it. */
export function headOf(text: string): Record<"task" | "student", string | undefined> & {
  edit: string;
} {
  const [task, student, variant] = ["task", "student", "variant"].map((name) =>
    new RegExp(`^[ \\t]*${name}[ \\t]*=([^#\\r\\n]*)`, "m").exec(text)?.[1]?.trim(),
  );
  const edit = editOf(text);
  try {
    const given = assignment(task ?? "", student ?? "", { variant });
    return { task, student, edit: edit === editOf(given) ? "" : edit };
  } catch {
    return { task, student, edit };
  }
}

const editOf = (text: string) => text.split(HEAD).at(-1)?.replaceAll(/\s+/g, "") ?? "";

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

/** Checks the names of what is set, and that each value can be understood before what its names stand for exists. */
function expectFields(
  values: ReadonlyMap<string, string>,
  fields: readonly string[],
  names: TaskText["names"],
): void {
  const answer = new Answer(values);
  const placeholders = Object.fromEntries(Object.keys(names).map((name) => [name, 0n]));
  for (const name of values.keys()) {
    if (!fields.includes(name)) {
      throw new InputError(`this task does not ask for ${show(name)}${didYouMean(name, fields)}`);
    }
    inPlace(name, () => answer.words(name, placeholders));
  }
}
