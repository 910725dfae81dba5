import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SECCOMP_RET_ALLOW } from "../../../src/core/bpf/program.ts";
import { Tracer } from "../../../src/index.ts";
import { Filter } from "../../../src/labs/compare/interpreter.ts";
import { LESSONS } from "../../../src/labs/record/course.ts";
import { parseRecording, renderText } from "../../../src/labs/record/index.ts";
import { renderJson } from "../../../src/labs/record/load.ts";
import { answerFilter, FREE } from "../../../src/labs/record/tasks/confine.ts";
import { type Graded, gradeAnswerConfined } from "../../../src/labs/record/tasks/grade.ts";
import {
  assignment,
  exerciseFor,
  parseAnswer,
  textOf,
} from "../../../src/labs/record/tasks/submission.ts";
import { isPlayed } from "../../../src/labs/record/tasks/task.ts";
import { TASKS } from "../../../src/labs/record/tasks/tasks.ts";
import { Random } from "../../../src/lib/cases/random.ts";
import { InputError } from "../../../src/lib/errors.ts";
import { childrenOf } from "../../support/processes.ts";
import {
  DAMAGE_REASONS,
  damageOf,
  HOSTILE,
  hostileAnswer,
  MISTAKES,
  type Mistake,
  rightAnswer,
} from "../../support/task_answers.ts";

/** How many students answer each task. `npm run tasks:grade` has 1003 variants of 17 tasks. */
const STUDENTS = process.env.SOAK ? 59 : 1;
/** How many students make each mistake. */
const MISTAKEN = process.env.SOAK ? 5 : 1;
/** The most students that are asked until a mistake is possible in the variant of one. */
const MOST = 40;

const NAMES = Object.keys(TASKS);

const tasks = suite("tasks");

const student = (number: number): string => `student ${number}`;

/** Runs two jobs at a time. */
async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}

tasks("there are at least twelve, and each belongs to a lesson", () => {
  assert.ok(NAMES.length >= 12);
  for (const [name, { lesson }] of Object.entries(TASKS)) {
    assert.ok(LESSONS.includes(lesson), `${name}: ${lesson}`);
    for (let i = 0; i < 30; i++) {
      const exercise = exerciseFor(name, student(i));
      if (!isPlayed(exercise)) assert.is(exercise.scenario, lesson, "no other is taught by then");
    }
  }
});

tasks("what is handed out can be read again, and is not the same for all students", () => {
  for (const name of NAMES) {
    const texts = Array.from({ length: 30 }, (_, i) => assignment(name, student(i)));
    for (const [i, text] of texts.entries()) {
      assert.is(parseAnswer(text).student, student(i));
      assert.ok(
        text.split("\n").every((line) => line.length <= 110),
        text,
      );
    }
    const bodies = new Set(texts.map((text) => text.replace(/^(student|# Hints).*$/gm, "")));
    assert.ok(bodies.size > 1, name);
    const [text = ""] = texts;
    assert.is(parseAnswer(`\uFEFF${text.replaceAll("\n", "\r\n")}`).student, student(0));
    assert.is(assignment(name, "ada"), assignment(name, " ada "));
    assert.ok(textOf(name, exerciseFor(name, "ada")).hints.length >= 2, name);
  }
});

tasks("right answers are accepted, in every variant", async () => {
  const pairs = NAMES.flatMap((name) =>
    Array.from({ length: STUDENTS }, (_, i) => [name, student(i)] as const),
  );
  const started = performance.now();
  await inPairs(pairs, async ([name, who]) => {
    const graded = await gradeAnswerConfined(await rightAnswer(name, who));
    assert.is(graded.reason, null, `${name}, ${who}: ${graded.reason}`);
    assert.match(graded.recording.end.at(-1)?.fact ?? "nothing", LAST_FACTS[name] ?? /^$/, name);
    expectRecorded(graded);
  });
  const seconds = (performance.now() - started) / 1000;
  console.log(`${pairs.length} right answers in ${seconds.toFixed(1)} s`);
});

/** The last fact of each task: a right answer is tried to the end. */
const LAST_FACTS: Readonly<Record<string, RegExp>> = {
  "find-step": /: step \d+$/,
  "repair-stub": /^the orphan$/,
  "clone-registers": /^getppid, injected$/,
  "failing-call": /^the next call$/,
  "one-page": /^the next call$/,
  "guest-code": /^the second stop$/,
  "parent-dies": /^the stub$|^the same, one instruction (later|earlier)$/,
  "make-thread": /^the next call$/,
  "early-attach": /^the stub after the death of its parent$/,
  "wait-options": /^wait4$/,
  "unblock-signal": /^the stub, resumed with it$/,
  "out-of-reach": /^SIGINT, sent to the group$/,
  "trace-options": /^the guest after the death of its tracer$/,
  "forced-restart": /^the system call that it enters$/,
  "no-restart": /^RAX at the INT3$/,
  "rseq-area": /^the next call$/,
  "exit-signal": /^wait4 of its parent$|^the parent$/,
};

/** The recording shows everything, and can be viewed. */
function expectRecorded({ recording }: Graded): void {
  const read = parseRecording(renderJson(recording));
  assert.ok(read.steps.length > 0);
  assert.equal(read.end, recording.end);
  assert.ok(renderText(read).length > 0);
}

/** Answers with a mistake, of students in whose variants it is one. */
async function mistaken(task: string, edit: Mistake[1]): Promise<string[]> {
  const answers: string[] = [];
  for (let i = 0; i < MOST && answers.length < MISTAKEN; i++) {
    const who = student(i);
    const right = await rightAnswer(task, who);
    const { isCode } = exerciseFor(task, who);
    const head = right.slice(0, right.indexOf("\n", right.indexOf("\nstudent = ") + 1) + 1);
    const separator = isCode ? "\ncode:\n" : "\n";
    const edited = edit(right.slice(head.length + separator.length), head.replaceAll("\n# ", " "));
    if (edited !== undefined) answers.push(head + separator + edited);
  }
  assert.ok(answers.length > 0, task);
  return answers;
}

tasks("wrong answers of many kinds are refused, each with its reason", async () => {
  const kinds = Object.entries(MISTAKES).flatMap(([task, mistakes]) =>
    mistakes.map((mistake) => [task, ...mistake] as const),
  );
  assert.ok(NAMES.every((name) => name === "repair-stub" || Object.hasOwn(MISTAKES, name)));
  let count = 0;
  await inPairs(kinds, async ([task, name, edit, reason]) => {
    for (const answer of await mistaken(task, edit)) {
      const graded = await gradeAnswerConfined(answer);
      assert.match(graded.reason ?? "accepted", reason, `${task}: ${name}`);
      expectRecorded(graded);
      count++;
    }
  });
  console.log(`${count} wrong answers of ${kinds.length} kinds`);
});

tasks("each damaged stub code is refused as it is handed out", async () => {
  const found = new Map<number, string>();
  for (let i = 0; i < 400 && found.size < DAMAGE_REASONS.length; i++) {
    found.set(damageOf(student(i)), student(i));
  }
  assert.equal(
    [...found.keys()].sort((a, b) => a - b),
    [...DAMAGE_REASONS.keys()],
  );
  await inPairs([...found], async ([damage, who]) => {
    const { reason } = await gradeAnswerConfined(assignment("repair-stub", who));
    assert.match(reason ?? "accepted", DAMAGE_REASONS[damage] ?? /^$/, `damage ${damage}`);
  });
});

tasks("hostile answers are contained, recorded and refused, and leave no process", async () => {
  const before = childrenOf(process.pid);
  await inPairs(Object.entries(HOSTILE), async ([name, code]) => {
    const graded = await gradeAnswerConfined(hostileAnswer(code));
    assert.not(graded.right, name);
    expectRecorded(graded);
  });
  assert.equal(childrenOf(process.pid), before);
});

/** A struct seccomp_data. */
function callOf(tracer: Tracer, number: number, args: readonly (number | bigint)[]): DataView {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, tracer.constant("AUDIT_ARCH_X86_64"), true);
  for (const [i, word] of args.entries()) data.setBigInt64(16 + 8 * i, BigInt(word), true);
  return data;
}

tasks("the filter of answers lets nothing through but what it names", () => {
  using tracer = new Tracer();
  const filter = new Filter(answerFilter(tracer, [77, 78]));
  const number = (name: string) => tracer.constant(`SYS_${name}`);
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
    assert.not(allows(number("clone"), tracer.flag(flag) | 17n));
  }
  for (const name of ["mmap", "mprotect"]) {
    assert.not(allows(number(name), 0, 4096, tracer.flag("PROT_EXEC") | tracer.flag("PROT_READ")));
  }
  assert.ok(allows(number("prctl"), tracer.flag("PR_SET_PDEATHSIG")));
  assert.not(allows(number("prctl"), tracer.flag("PR_SET_DUMPABLE")));
});

/** How many answers are made at random. */
const RANDOM = process.env.SOAK ? 400 : 8;

/** Words, registers, calls and instructions that mean something in some task. */
const WORDS = [
  ..."0 1 -1 STUB PARENT SYSCALL BEGIN -ERESTARTSYS SIGKILL SYS_clone SYS_fork SYS_vfork".split(
    " ",
  ),
  ..."SYS_kill SYS_wait4 SYS_munmap SYS_exit SYS_pause SYS_setsid CLONE_VM|SIGKILL".split(" "),
  ..."CLONE_THREAD|CLONE_VM|CLONE_SIGHAND CLONE_VFORK CLONE_PARENT|SIGTERM".split(" "),
  ..."CLONE_FILES|SIGCHLD SYSCALL+2".split(" "),
];
const FIELDS = "rax rdi rsi rdx r10 rip rsp rbx r15 orig_rax eflags cs ss fs_base".split(" ");
const CALLS =
  "fork clone kill getpid getppid wait4 exit prctl munmap mmap pause rt_sigreturn".split(" ");
const INSTRUCTIONS =
  "mov %rax, %rdi; jmp begin; jz begin; int3; push %rax; mov %rdi, (%rax); mov $SIGSTOP, %esi; " +
  "mov $-1, %rdi; cmp $1, %rbx; xor %ebx, %ebx";
const PLAYED = "clone-registers failing-call early-attach forced-restart out-of-reach".split(" ");

function randomAnswer(random: Random): string {
  const pick = (items: readonly string[]) => items[random.below(items.length)] ?? "0";
  const lines = Array.from({ length: 1 + random.below(8) }, () => "");
  const student = `student = ${random.below(100)}\n`;
  if (random.chance(1, 2)) {
    const instructions = lines.map(() =>
      random.chance(1, 2)
        ? `mov $SYS_${pick(CALLS)}, %eax\nsyscall\n`
        : `${pick(INSTRUCTIONS.split("; "))}\n`,
    );
    return `task = repair-stub\n${student}code:\nbegin:\ncall:\n${instructions.join("")}int3\n`;
  }
  const names = [...new Set(lines.map(() => pick(FIELDS)))];
  const values = names.map((name) => `${name} = ${pick(WORDS)}\n`).join("");
  return `task = ${pick(PLAYED)}\n${student}${values}`;
}

tasks("any other answer is judged, too, and recorded", async () => {
  const random = new Random(7n);
  const answers = Array.from({ length: RANDOM }, () => randomAnswer(random));
  const reasons = new Map<string, number>();
  await inPairs(answers, async (answer) => {
    const graded = await gradeAnswerConfined(answer);
    expectRecorded(graded);
    const reason = graded.reason?.replace(/\(.*/s, "") ?? "right";
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    assert.not.match(graded.reason ?? "", /has ended what checks it/, answer);
  });
  if (process.env.SOAK) console.log(reasons);
});

const SOURCE = "task = wait-options\nstudent = ada\n";
const UNREADABLE: readonly (readonly [text: string, message: RegExp])[] = [
  ["", /^the answer has no line "task = …"$/],
  ["task = wait-options\n", /^the answer has no line "student = …"$/],
  [
    "task = wait-optoins\nstudent = ada\n",
    /^unknown task "wait-optoins"; did you mean wait-options\?$/,
  ],
  [SOURCE, /^the answer has no line "options = …"$/],
  [`${SOURCE}option = 0\n`, /^this task does not ask for "option"; did you mean options\?$/],
  [`${SOURCE}options = WUNTRACD\n`, /^options: unknown name "WUNTRACD"; did you mean WUNTRACED\?$/],
  [`${SOURCE}options = 1 2\n`, /^options: expected an operator and a term, got "2"$/],
  [`${SOURCE}options = 1|\n`, /^options: expected an operator and a term, got "\|"$/],
  [`${SOURCE}options = (1)\n`, /^options: expected a number or a name, got "\(1\)"$/],
  [`${SOURCE}options\n`, /^line 3: expected "name = value", got "options"$/],
  [`${SOURCE}options = 1\noptions = 2\n`, /^line 4: options is set twice$/],
  [`${SOURCE}code:\nnop\n`, /^line 3: this task takes no code$/],
  ["task = guest-code\nstudent = ada\n", /^the answer has no line "code:"$/],
  ["task = guest-code\nstudent = ada\ncode:\nmvo %rax, %rbx\n", /^line 4: .*mvo/],
  [
    `task = guest-code\nstudent = ${"x".repeat(61)}\n`,
    /^student: expected a name of at most 60 characters/,
  ],
  ["task = guest-code\nstudent = a\0da\n", /NUL/],
];

tasks("what is not an answer is refused with place and reason, before anything runs", async () => {
  for (const [text, message] of UNREADABLE) {
    try {
      await gradeAnswerConfined(text);
      assert.unreachable(text);
    } catch (error) {
      assert.instance(error, InputError);
      assert.match(error instanceof Error ? error.message : "", message);
    }
  }
});

tasks.run();
