// A class of sixty, with a secret: its tasks are handed out, answered and graded by the commands that a teacher uses.

import { TASKS } from "../../../src/labs/record/tasks/tasks.ts";

const course = suite("a class of sixty");
const folder = temporaryFolder();

const TASK = "rseq-area";
const OTHER = "clone-registers";
const NAMES = Array.from({ length: 60 }, (_, i) => `student ${i}`);

const written = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const names = written("names", `${NAMES.join("\n")}\n`);
const secret = written("secret", "the secret of the teacher");
const mine = written("mine", "the secret of a student");

async function lesson(args: readonly string[], status = 0): Promise<string> {
  const { code, stdout, stderr } = await stublab(["lesson", "task", ...args]);
  assert.is(code, status, stderr);
  return stdout;
}

/** The file of a student in a folder. */
const pathOf = (where: string, number: number, task = TASK) =>
  join(folder, where, NAMES[number] ?? "", `${task}.txt`);
const textOf = (where: string, number: number, task = TASK) =>
  readFileSync(pathOf(where, number, task), "utf8");
const editIn = (text: string) => text.slice(text.search(/^rax = /m));

interface Cheat {
  readonly name: string;
  readonly file: (number: number) => string | Promise<string>;
  /** What the table says. */
  readonly result: "wrong" | "unreadable";
  readonly reason: RegExp;
  /** Another student, who is warned, too. */
  readonly from?: number;
}

/** Each of these is handed in by the student of its number. */
const CHEATS: readonly Cheat[] = [
  {
    name: "the file as it was handed out",
    file: (number) => textOf("tasks", number),
    result: "wrong",
    reason: /^the kernel refuses this/,
  },
  {
    name: "the edit of another student",
    file: (number) => textOf("tasks", number).replace(/^rax = .*/ms, editIn(textOf("answers", 21))),
    result: "wrong",
    reason: /^the kernel refuses this/,
    from: 21,
  },
  {
    name: "the file of another student",
    file: () => textOf("answers", 22),
    result: "unreadable",
    reason: /^this is an answer to rseq-area of student 22$/,
    from: 22,
  },
  {
    name: "the variant of another student, with an own name",
    file: (number) => textOf("answers", 23).replaceAll("student 23", NAMES[number] ?? ""),
    result: "unreadable",
    reason: /not the variant of the student/,
    from: 23,
  },
  {
    name: "the key of a secret of one's own",
    file: (number) => lesson([TASK, "--student", NAMES[number] ?? "", "--secret", mine, "--key"]),
    result: "unreadable",
    reason: /not the variant of the student/,
  },
  {
    name: "the edit of the key of a secret of one's own",
    async file(number) {
      const key = await lesson([TASK, "--student", NAMES[number] ?? "", "--secret", mine, "--key"]);
      return textOf("tasks", number).replace(/^rax = .*/ms, editIn(key));
    },
    result: "wrong",
    reason: /^the kernel refuses this/,
  },
  {
    name: "the words of the report",
    file: (number) => `${textOf("tasks", number)}# ok   the area that is registered: 0x0\n`,
    result: "wrong",
    reason: /^the kernel refuses this/,
  },
  {
    name: "the facts as values",
    file: (number) => `${textOf("tasks", number)}right = 1\n`,
    result: "unreadable",
    reason: /^this task does not ask for "right"/,
  },
  {
    name: "a call that succeeds and does nothing",
    file: (number) => textOf("tasks", number).replace(/^rax = .*/ms, "rax = SYS_sched_yield\n"),
    result: "wrong",
    reason: /^the area is still registered/,
  },
  {
    name: "the right answer to another task",
    file: (number) => textOf("answers", number, OTHER),
    result: "unreadable",
    reason: /^this is an answer to clone-registers of student 9$/,
  },
  {
    name: "no text",
    file: () => "\0\x01\x02",
    result: "unreadable",
    reason: /NUL/,
  },
  { name: "nothing", file: () => "", result: "unreadable", reason: /no line "task = …"/ },
  {
    name: "more than a file may have",
    file: () => "#".repeat(1 << 17),
    result: "unreadable",
    reason: /limit for an answer/,
  },
];

course(
  "all assignments of a class are written by one command, and never over an answer",
  async () => {
    const all = ["--class", names, "--secret", secret, "-o", join(folder, "tasks")];
    const began = performance.now();
    await lesson(all);
    assert.ok(performance.now() - began < 10_000);
    const files = readdirSync(join(folder, "tasks"), { recursive: true, encoding: "utf8" });
    assert.is(files.filter((name) => name.endsWith(".txt")).length, 60 * Object.keys(TASKS).length);
    writeFileSync(pathOf("tasks", 59), "an answer");
    await lesson(all);
    assert.is(textOf("tasks", 59), "an answer");
    const alone = ["--student", "student 7", "--secret", secret];
    assert.is(await lesson([OTHER, ...alone]), textOf("tasks", 7, OTHER));
  },
);

course(
  "honest answers get all points, cheats none, and both sides of a copy are warned",
  async () => {
    const answers = ["--class", names, "--secret", secret, "--key", "-o", join(folder, "answers")];
    for (const task of [TASK, OTHER]) await lesson([task, ...answers]);
    for (const [number, { file }] of CHEATS.entries())
      writeFileSync(pathOf("answers", number), await file(number));
    const graded = [
      "check",
      join(folder, "answers"),
      "--class",
      names,
      "--secret",
      secret,
      "--json",
    ];
    const document = JSON.parse(await lesson(graded, 1));
    assert.equal(document.missing, []);
    const rows: Record<string, unknown>[] = document.answers;
    for (const [number, student] of NAMES.entries()) {
      const [row = {}, ...more] = rows.filter(
        (row) => row.student === student && row.task === TASK,
      );
      assert.is(more.length, 0, student);
      const cheat = CHEATS[number];
      const { result, points, reason } = row;
      if (cheat === undefined) assert.equal([result, points, reason], ["right", 2, null], student);
      else {
        assert.equal([result, points], [cheat.result, 0], cheat.name);
        assert.match(`${reason}`, cheat.reason, cheat.name);
      }
      const isCopy = cheat?.from !== undefined || CHEATS.some(({ from }) => from === number);
      assert.is(
        Array.isArray(row.same) && row.same.length === 1,
        isCopy,
        `${student}: ${row.same}`,
      );
    }
    const others = rows.filter((row) => row.task === OTHER);
    assert.is(others.length, 60);
    for (const { result, points } of others) assert.equal([result, points], ["right", 7]);
  },
);
