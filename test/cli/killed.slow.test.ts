import { assignment, LESSONS } from "../../src/labs/record/index.ts";
import { Random } from "../../src/lib/cases/random.ts";

const killed = suite("command line: commands that are ended");

/** How often each command is ended in each way, and how many scenarios are used; more with SOAK. */
const TIMES = process.env.SOAK ? 100 : 1;
const RECORDED = process.env.SOAK ? LESSONS : ["no-exitkill", "no-setsid"];
/** The latest moment, in milliseconds after the start: by then most commands have ended on an idle machine. */
const SPAN = 900;
const SEED = 11n;
/** A fuzz run ends after its round, on a busy machine. */
const PATIENCE = 30_000;

const folder = mkdtempSync(join(tmpdir(), "stublab-killed-"));
killed.after(() => rmSync(folder, { recursive: true, force: true }));
const out = join(folder, "out");
const temporary = join(folder, "tmp");
const recording = join(folder, "host.json");
const answers = join(folder, "answers");
killed.before(async () => {
  writeFileSync(recording, JSON.stringify(await recordLesson("host")));
  mkdirSync(answers);
  for (const task of ["clone-registers", "make-thread", "trace-options"]) {
    writeFileSync(join(answers, `${task}.txt`), assignment(task, "ada"));
  }
});

/** In a word of a row OUT, ANSWERS and RECORDING stand for the files above. */
const fileOf = (word: string) =>
  word.replace("OUT", out).replace("ANSWERS", answers).replace("RECORDING", recording);
const COMMANDS: readonly (readonly string[])[] = [
  ...jsonLines<string[]>("cli/killed").map((words) => words.map(fileOf)),
  ...RECORDED.map((name) => ["lesson", name, "--record", join(out, `${name}.json`)]),
];

/** Makes orphans of the commands children of this process. */
adoptOrphans();

/** How a command is ended: Ctrl-C goes to all of its process group. */
const ENDS = {
  "Ctrl-C": (pid: number) => send(-pid, "SIGINT"),
  SIGTERM: (pid: number) => send(pid, "SIGTERM"),
} as const;

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just exited.
  }
}

function start(args: readonly string[]): Running {
  for (const path of [out, temporary]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path);
  }
  const env = { ...process.env, TMPDIR: temporary };
  return new Running(stublabCommand(...args), { env, detached: true });
}

async function expectNothingLeft(what: string): Promise<void> {
  const children = () => childrenOf(process.pid).filter(isAlive);
  await eventually(() => children().length === 0, 2000);
  const left = children();
  for (const pid of left) process.kill(pid, "SIGKILL");
  assert.equal(left, [], `${what} leaves processes`);
  assert.equal(readdirSync(temporary), [], `${what} leaves temporary files`);
  const names = readdirSync(out).filter((name) => !/\.(json|html|svg)$/.test(name));
  assert.equal(names, [], `${what} leaves half a file`);
}

const random = new Random(SEED);

for (const args of COMMANDS) {
  killed(`${args.join(" ").replaceAll(folder, "…")}: nothing is left behind`, async () => {
    for (let i = 0; i < TIMES; i++) {
      for (const [name, end] of Object.entries(ENDS)) {
        const command = start(args);
        const moment = random.below(SPAN);
        const timer = setTimeout(() => end(command.pid), moment);
        const late = setTimeout(() => process.kill(command.pid, "SIGKILL"), PATIENCE);
        const { signal } = await command.ended;
        clearTimeout(timer);
        clearTimeout(late);
        assert.is.not(signal, "SIGKILL", `${name} after ${moment} ms does not end it`);
        await expectNothingLeft(`${name} after ${moment} ms`);
      }
    }
  });
}
