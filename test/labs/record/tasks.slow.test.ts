// Answers to tasks, right ones and those in test/support/task_answers.jsonl, are tried by stubs.

import { SECCOMP_RET_ALLOW } from "../../../src/core/stub/filter.ts";
import { Filter } from "../../../src/labs/compare/interpreter.ts";
import { LESSONS } from "../../../src/labs/record/course.ts";
import { renderJson } from "../../../src/labs/record/load.ts";
import { answerFilter, FREE } from "../../../src/labs/record/tasks/confine.ts";
import { DAMAGES } from "../../../src/labs/record/tasks/exercises/code.ts";
import { type Graded, gradeAnswerConfined, keyOf } from "../../../src/labs/record/tasks/grade.ts";
import {
  assignment,
  exerciseFor,
  parseAnswer,
  textOf,
} from "../../../src/labs/record/tasks/submission.ts";
import { TASKS } from "../../../src/labs/record/tasks/tasks.ts";

/** A right answer in which something is replaced, if the assignment says `when`, and the reason why it is wrong. */
interface Wrong {
  readonly kind: "wrong";
  readonly task: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly when?: string;
  readonly reason: string;
}
type Answers =
  | Wrong
  /** Stub code as it is handed out. */
  | { readonly kind: "damaged"; readonly name: string; readonly reason: string }
  /** Stub code that does harm. */
  | { readonly kind: "hostile"; readonly name: string; readonly code: string }
  | { readonly kind: "unreadable"; readonly text: string; readonly reason: string };

const ANSWERS = jsonLines<Answers>("support/task_answers");
const of = <K extends Answers["kind"]>(kind: K) =>
  ANSWERS.filter((each): each is Extract<Answers, { kind: K }> => each.kind === kind);

/** How many students answer each task. `npm run tasks:grade` has 1003 variants of 17 tasks. */
const STUDENTS = process.env.SOAK ? 59 : 1;
/** How many students make each mistake. */
const MISTAKEN = process.env.SOAK ? 5 : 1;
/** How many students hand in what they were given. */
const UNTOUCHED = process.env.SOAK ? 120 : 2;
/** The most students that are asked until a mistake is possible in the variant of one. */
const MOST = 40;

const NAMES = Object.keys(TASKS);

const tasks = suite("tasks");

const student = (number: number): string => `student ${number}`;

/** Runs two jobs at a time, to their ends. */
async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  const done = await Promise.allSettled([worker(), worker()]);
  for (const each of done) if (each.status === "rejected") throw each.reason;
}

async function rightAnswer(task: string, who: string): Promise<string> {
  return assignment(task, who, { key: await keyOf(exerciseFor(task, who)) });
}

tasks("what is handed out can be read again, and is not the same for all students", () => {
  assert.ok(NAMES.length >= 12);
  for (const [name, { lesson }] of Object.entries(TASKS)) {
    assert.ok(LESSONS.includes(lesson), `${name}: ${lesson}`);
    const texts = Array.from({ length: 30 }, (_, i) => assignment(name, student(i)));
    for (const [i, text] of texts.entries()) {
      assert.is(parseAnswer(text).student, student(i));
      const isNarrow = text.split("\n").every((line) => line.length <= 110);
      assert.ok(isNarrow, text);
    }
    const bodies = new Set(texts.map((text) => text.replace(/^(student|# Hints).*$/gm, "")));
    assert.ok(bodies.size > 1, name);
    const [text = ""] = texts;
    assert.is(parseAnswer(`\uFEFF${text.replaceAll("\n", "\r\n")}`).student, student(0));
    assert.is(assignment(name, "ada"), assignment(name, " ada "));
    assert.ok(textOf(name, exerciseFor(name, "ada")).hints.length >= 2, name);
  }
});

tasks("right answers are accepted, in every variant, and are worth all points", async () => {
  const pairs = NAMES.flatMap((name) =>
    Array.from({ length: STUDENTS }, (_, i) => [name, student(i)] as const),
  );
  await inPairs(pairs, async ([name, who]) => {
    const graded = await gradeAnswerConfined(await rightAnswer(name, who));
    assert.is(graded.reason, null, `${name}, ${who}: ${graded.reason}`);
    assert.is(graded.points, graded.of);
    assert.is(graded.recording.end.length, graded.of, name);
    expectRecorded(graded);
  });
});

tasks("no fact that gives a point holds for what is handed out", async () => {
  const pairs = NAMES.flatMap((name) =>
    Array.from({ length: UNTOUCHED }, (_, i) => [name, student(i)] as const),
  );
  await inPairs(pairs, async ([name, who]) => {
    const { points, right, recording } = await gradeAnswerConfined(assignment(name, who));
    const held = recording.end.filter((fact) => fact.held).map(({ fact }) => fact);
    assert.equal({ points, right, held }, { points: 0, right: false, held: [] }, `${name}, ${who}`);
  });
});

/** The recording shows everything, and can be viewed. */
function expectRecorded({ recording }: Graded): void {
  const read = parseRecording(renderJson(recording));
  assert.ok(read.steps.length > 0);
  assert.equal(read.end, recording.end);
  assert.ok(renderText(read).length > 0);
}

/** Answers with a mistake, of students in whose variants it is one. */
async function mistaken({ task, name, from, to, when = "" }: Wrong): Promise<string[]> {
  const answers: string[] = [];
  for (let i = 0; i < MOST && answers.length < MISTAKEN; i++) {
    const right = await rightAnswer(task, student(i));
    const [, head = "", key = ""] =
      /^(.*\nstudent = [^\n]*\n\n(?:code:\n)?)(.*)$/s.exec(right) ?? [];
    const edited = key.replace(new RegExp(from), to.replaceAll("$", "$$$$"));
    const isMistake = edited !== key && new RegExp(when).test(head.replaceAll("\n# ", " "));
    if (isMistake) answers.push(head + edited);
  }
  assert.ok(answers.length > 0, `${task}: ${name}`);
  return answers;
}

tasks("wrong answers of many kinds are refused, each with its reason", async () => {
  const kinds = of("wrong");
  const unknown = NAMES.filter((name) => !kinds.some(({ task }) => task === name));
  assert.equal(unknown, ["repair-stub"]);
  await inPairs(kinds, async (wrong) => {
    for (const answer of await mistaken(wrong)) {
      const graded = await gradeAnswerConfined(answer);
      assert.match(
        graded.reason ?? "accepted",
        new RegExp(wrong.reason),
        `${wrong.task}: ${wrong.name}`,
      );
      assert.ok(graded.points < graded.of);
      expectRecorded(graded);
    }
  });
});

tasks("each damaged stub code is refused as it is handed out", async () => {
  const found = new Map<string, string>();
  for (let i = 0; i < 400 && found.size < DAMAGES.length; i++) {
    const [part = ""] = exerciseFor("repair-stub", student(i)).parts ?? [];
    found.set(part, student(i));
  }
  const damaged = of("damaged");
  assert.equal([...found.keys()].sort(), damaged.map(({ name }) => name).sort());
  await inPairs(damaged, async ({ name, reason }) => {
    const graded = await gradeAnswerConfined(assignment("repair-stub", found.get(name) ?? ""));
    assert.match(graded.reason ?? "accepted", new RegExp(reason), name);
  });
});

tasks("hostile answers are contained, recorded and refused, and leave no process", async () => {
  const before = childrenOf(process.pid);
  await inPairs(of("hostile"), async ({ name, code }) => {
    const text = `task = repair-stub\nstudent = eve\ncode:\nbegin:\ncall:\n${code}\n`;
    const graded = await gradeAnswerConfined(text);
    assert.not(graded.right, name);
    assert.not.match(graded.reason ?? "", /has ended what checks it/, name);
    expectRecorded(graded);
  });
  assert.equal(childrenOf(process.pid), before);
});

/** A struct seccomp_data. */
function callOf(tracer: Tracer, number: number, args: readonly (number | bigint)[]): DataView {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, tracer.host.constant("AUDIT_ARCH_X86_64"), true);
  for (const [i, word] of args.entries()) data.setBigInt64(16 + 8 * i, BigInt(word), true);
  return data;
}

tasks("the filter of answers lets nothing through but what it names", () => {
  using tracer = new Tracer();
  const filter = new Filter(answerFilter(tracer.host, [77, 78]));
  const number = (name: string) => tracer.host.constant(`SYS_${name}`);
  const allows = (call: number, ...args: (number | bigint)[]) =>
    filter.run(callOf(tracer, call >>> 0, args)) === SECCOMP_RET_ALLOW;
  // With 0 as their first argument, kill, tgkill and prctl are refused.
  const allowed = new Set([...FREE, "clone", "mmap", "mprotect"].map(number));
  for (let call = 0; call < 1024; call++) {
    assert.is(allows(call), allowed.has(call), `call ${call}`);
    assert.not(allows(call | 0x4000_0000), `x32 call ${call}`);
  }
  assert.not(allows(-1));
  const other = callOf(tracer, number("getpid"), []);
  other.setUint32(4, 0x4000_0003, true);
  assert.is.not(filter.run(other), SECCOMP_RET_ALLOW);
  for (const name of ["kill", "tgkill"]) {
    for (const pid of [0, 1, -1, -78, 77, 78, 0x8000_0000n]) assert.not(allows(number(name), pid));
    assert.ok(allows(number(name), 79));
  }
  for (const flag of ["CLONE_UNTRACED", "CLONE_NEWUSER"]) {
    assert.not(allows(number("clone"), tracer.host.flag(flag) | 17n));
  }
  for (const name of ["mmap", "mprotect"]) {
    assert.not(
      allows(number(name), 0, 4096, tracer.host.flag("PROT_EXEC") | tracer.host.flag("PROT_READ")),
    );
  }
  assert.ok(allows(number("prctl"), tracer.host.flag("PR_SET_PDEATHSIG")));
  assert.not(allows(number("prctl"), tracer.host.flag("PR_SET_DUMPABLE")));
});

tasks("what is not an answer is refused with place and reason, before anything runs", async () => {
  for (const { text, reason } of of("unreadable")) {
    assert.is((await rejected(InputError, gradeAnswerConfined(text))).message, reason, text);
  }
});
