// Time limit: 120 s

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadRecording } from "../../src/record/index.ts";
import { run, stublabCommand } from "../support/processes.ts";

const command = suite("stublab task");

const folder = mkdtempSync(join(tmpdir(), "stublab-task-"));
command.after(() => rmSync(folder, { recursive: true, force: true }));

const stublab = (...args: string[]) => run(stublabCommand("task", ...args));

const WAIT = "task = wait-options\nstudent = ada\n";
const RIGHT = `${WAIT}options = WUNTRACED|__WALL|WNOHANG\n`;
const WRONG = `${WAIT}options = WNOHANG\n`;

/** A file in the folder. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

command("without a name it lists the tasks, and with --json in a document", async () => {
  const { code, stdout } = await stublab();
  assert.is(code, 0);
  const names = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0]);
  const { schema, tasks } = JSON.parse((await stublab("--json")).stdout);
  assert.is(schema, "stublab.task-list/1");
  assert.equal(
    tasks.map(({ name }: { name: string }) => name),
    names,
  );
});

command(
  "a name prints the assignment, or writes it; the student's name selects the variant",
  async () => {
    const { code, stdout } = await stublab("clone-registers", "--student", "ada");
    assert.is(code, 0);
    assert.match(stdout, /^# Write the registers so that the grandchild survives$/m);
    assert.match(stdout, /^student = ada$/m);
    const output = join(folder, "clone.out");
    const written = await stublab("clone-registers", "--student", "ada", "-o", output);
    assert.equal([written.code, written.stdout], [0, ""]);
    assert.match(written.stderr, /stublab task check /);
    assert.is(readFileSync(output, "utf8"), stdout);
    const others = await Promise.all(
      ["bob", "cy", "dan"].map(
        async (name) => (await stublab("clone-registers", "--student", name)).stdout,
      ),
    );
    const signals = [stdout, ...others].map(
      (text) => /signal is (SIG\w+)/.exec(text.replaceAll("\n# ", " "))?.[1],
    );
    assert.ok(new Set(signals).size > 1);
  },
);

command("hints come one by one", async () => {
  const hints = await Promise.all(
    ["1", "2", "3"].map((each) => stublab("wait-options", "--hint", each)),
  );
  for (const [i, { code, stdout }] of hints.entries()) {
    assert.is(code, 0);
    assert.ok(stdout.startsWith(`hint ${i + 1} of 3: `));
  }
  assert.is((await stublab("wait-options", "--hint", "4")).code, 2);
});

command("a right answer is accepted with status 0, also one from standard input", async () => {
  const path = file("right.in", RIGHT);
  const { code, stdout } = await stublab("check", path);
  assert.is(code, 0);
  assert.match(stdout, /^wait-options, ada: right\n/);
  const [node, args] = stublabCommand("task", "check", "-");
  const piped = await run(["sh", ["-c", `"$0" "$@" < '${path}'`, node, ...args]]);
  assert.is(piped.code, 0);
  const key = await stublab("failing-call", "--student", "ada", "--key");
  assert.is((await stublab("check", file("key.in", key.stdout))).code, 0);
});

command("a wrong answer has status 1, its reason, what happened, and a recording", async () => {
  const output = join(folder, "wrong.json");
  const { code, stdout, stderr } = await stublab(
    "check",
    file("wrong.in", WRONG),
    "--record",
    output,
  );
  assert.is(code, 1);
  assert.match(stdout, /^wait-options, ada: wrong\n {2}\S/);
  assert.match(stdout, /\nwhat happened\n {2}\w+: /);
  assert.match(stdout, /\n {2}FAIL wait4.*: expected \d+, got \S+/);
  assert.match(stderr, /stublab step /);
  const recording = loadRecording(output);
  assert.is(recording.scenario, "task-wait-options");
  assert.ok(recording.end.some(({ held }) => !held));
  const shown = await run(stublabCommand("view", output));
  assert.is(shown.code, 0);
});

command("a folder is graded as a whole", async () => {
  const answers = join(folder, "answers");
  mkdirSync(join(answers, "group"), { recursive: true });
  writeFileSync(join(answers, "ada.txt"), RIGHT);
  writeFileSync(join(answers, "group", "bob.txt"), WRONG.replace("ada", "bob"));
  writeFileSync(join(answers, "group", "cy.txt"), "task\n");
  writeFileSync(join(answers, "notes.md"), "not an answer");
  symlinkSync("nowhere", join(answers, "gone.txt"));
  const recordings = join(folder, "recordings");
  const { code, stdout } = await stublab("check", answers, "--json", "--record", recordings);
  assert.is(code, 1);
  const document = JSON.parse(stdout);
  assert.is(document.schema, "stublab.tasks/1");
  assert.equal([document.right, document.wrong, document.unreadable], [1, 1, 1]);
  const rows: { file: string; student: string; result: string; reason: string | null }[] =
    document.answers;
  assert.equal(
    rows.map((row) => [row.file, row.student, row.result, typeof row.reason]),
    [
      ["ada.txt", "ada", "right", "object"],
      ["group/bob.txt", "bob", "wrong", "string"],
      ["group/cy.txt", null, "unreadable", "string"],
    ],
  );
  assert.is(rows[2]?.reason, 'line 1: expected "name = value", got "task"');
  assert.equal(readdirSync(recordings).sort(), ["ada.json", "group+bob.json"]);
  for (const name of readdirSync(recordings)) loadRecording(join(recordings, name));
  const lines = (await stublab("check", answers)).stdout.split("\n");
  assert.is(lines.at(-2), "1 of 3 answers are right");
});

const MISUSES: readonly (readonly [args: string[], message: RegExp])[] = [
  [["wait-optoins"], /unknown task "wait-optoins"; did you mean wait-options\?/],
  [["wait-options", "more"], /unexpected argument "more"/],
  [["check"], /task check needs a file or a folder/],
  [["check", "/nowhere.txt"], /\/nowhere\.txt cannot be read: ENOENT/],
  [["wait-options", "--record", "x"], /--record needs `task check`/],
  [["wait-options", "--hint", "x"], /--hint: expected a whole number from 1 to 3, got "x"/],
  [["wait-options", "--hint", "0"], /--hint: expected a whole number from 1 to 3, got "0"/],
  [["wait-options", "--student", ""], /student: expected a name/],
];

command("what is wrong is refused with status 2", async () => {
  for (const [args, message] of MISUSES) {
    const { code, stdout, stderr } = await stublab(...args);
    assert.equal([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, message);
  }
  const empty = join(folder, "empty");
  mkdirSync(empty);
  assert.match((await stublab("check", empty)).stderr, /has no answers/);
  const broken = await stublab("check", file("broken.in", "options = 1\n"));
  assert.is(broken.code, 2);
  assert.match(broken.stderr, /broken\.in: the answer has no line "task = …"/);
});

command.run();
