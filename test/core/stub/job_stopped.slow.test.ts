// A batch system suspends a job by SIGSTOP, and resumes it by SIGCONT, sent to the process group or to each
// of its processes, including the stubs.

import { Random } from "../../../src/lib/cases/random.ts";
import type { Ending } from "../../support/processes.ts";
import { Tmux } from "../../support/tmux.ts";

const jobs = suite("jobs that are stopped and continued");

const folder = mkdtempSync(join(tmpdir(), "stublab-job-"));
jobs.after(() => rmSync(folder, { recursive: true, force: true }));

/** Milliseconds between two stops, minimum and maximum, and how long they last. */
const [PAUSE, SPAN, LENGTH] = [150, 300, 250];
/** After this many stops a job is left to end. */
const MOST_STOPS = 12;
const SEED = 5n;

/** A process and all its descendants. */
function family(pid: number): number[] {
  const all = [pid];
  for (const each of all) all.push(...childrenOf(each));
  return all;
}

type Send = (job: number, signal: NodeJS.Signals) => void;

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended in the meantime.
  }
}

const TO: Readonly<Record<string, Send>> = {
  "the process group": (job, signal) => send(-job, signal),
  "each process": (job, signal) => {
    for (const pid of family(job)) send(pid, signal);
  },
};

/** Runs a command, and stops it repeatedly at random moments; returns the number of stops, too. */
async function runStopped(
  command: [string, string[]],
  to: Send,
): Promise<Ending & { stops: number }> {
  const job = new Running(command, { detached: true });
  let over = false;
  void job.ended.then(() => {
    over = true;
  });
  const random = new Random(SEED);
  const sleep = (milliseconds: number) =>
    Promise.race([job.ended, new Promise((resolve) => setTimeout(resolve, milliseconds))]);
  // Stops during a birth are tested elsewhere.
  await eventually(() => over || family(job.pid).length > 2, 10_000);
  let stops = 0;
  while (!over && stops < MOST_STOPS) {
    await sleep(PAUSE + random.below(SPAN));
    to(job.pid, "SIGSTOP");
    const isStopped = () => over || processState(job.pid)?.state === "T";
    assert.ok(await eventually(isStopped, 5000), "it does not stop");
    await sleep(random.below(LENGTH));
    to(job.pid, "SIGCONT");
    if (!over) stops++;
  }
  return { ...(await job.ended), stops };
}

/** The part of a report that must be the same in every run. */
function essence(stdout: string) {
  const { cases, deaths, hangs, unpredicted, findings } = JSON.parse(stdout);
  return { cases, deaths, hangs, unpredicted, findings };
}

/** Flags that follow from a pid (U6) are part of a signature, so the number of signatures may differ a little. */
const MOST_DIFFERENCE = 3;
const signaturesOf = (stdout: string): number => JSON.parse(stdout).signatures;

const FUZZ = stublabCommand("fuzz", "--cases", "200000", "--workers", "2", "--json");
const CONFORMANCE = stublabCommand("conformance", "--json");
const undisturbed = run(FUZZ);
const facts = run(CONFORMANCE);

for (const [name, to] of Object.entries(TO)) {
  jobs(`fuzz has the same findings if ${name} is stopped and continued`, async () => {
    const expected = await undisturbed;
    const { code, stdout, stderr, stops } = await runStopped(FUZZ, to);
    assert.is(code, expected.code, stdout + stderr);
    assert.equal(essence(stdout), essence(expected.stdout));
    const difference = signaturesOf(stdout) - signaturesOf(expected.stdout);
    assert.ok(Math.abs(difference) <= MOST_DIFFERENCE, `${difference} signatures more`);
    assert.ok(stops > 2, `${stops} stops`);
  });

  jobs(`the same facts hold if ${name} is stopped and continued`, async () => {
    const expected = await facts;
    const { code, stdout, stderr, stops } = await runStopped(CONFORMANCE, to);
    assert.is(code, expected.code, stdout + stderr);
    assert.equal(JSON.parse(stdout).counts, JSON.parse(expected.stdout).counts);
    assert.ok(stops > 0);
  });

  jobs(`every scenario is recorded if ${name} is stopped and continued`, async () => {
    const command = stublabCommand("lesson", "--pages", join(folder, "gallery"));
    const { code, stdout, stderr, stops } = await runStopped(command, to);
    assert.is(code, 0, stdout + stderr);
    assert.ok(stops > 0);
  });

  jobs(`the kernel's verdict is the same if ${name} is stopped and continued`, async () => {
    const command = stublabCommand("compare", "script", "--live", "--cases", "20000");
    const { code, stdout, stderr, stops } = await runStopped(command, to);
    assert.is(code, 0, stdout + stderr);
    assert.ok(stops > 0);
  });
}

jobs("the time that a run spends stopped does not count for --seconds", async () => {
  const [LIMIT, STOPPED] = [2, 3];
  const started = performance.now();
  const job = new Running(stublabCommand("fuzz", "--seconds", `${LIMIT}`, "--json"), {
    detached: true,
  });
  assert.ok(await eventually(() => family(job.pid).length > 2, 10_000));
  send(-job.pid, "SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, STOPPED * 1000));
  send(-job.pid, "SIGCONT");
  const { stdout } = await job.ended;
  const { seconds } = JSON.parse(stdout).session;
  assert.ok(seconds >= LIMIT, `${seconds} s`);
  // One reading of the clock counts for one second at most.
  const all = (performance.now() - started) / 1000;
  assert.ok(all > LIMIT + STOPPED - 1, `${all} s`);
});

const onTerminal = needs(jobs, "tmux");

onTerminal("Ctrl-Z stops a run in a terminal, fg continues it, and Ctrl-C ends it", async () => {
  const tmux = new Tmux(folder, 100, 30);
  try {
    tmux.enter("set -m; PS1='ready> '; clear");
    await tmux.shows(/ready>\s*$/);
    const [node, args] = stublabCommand("fuzz", "--cases", "1000000000");
    tmux.enter(`stty -a > ${folder}/before; ${node} ${args.join(" ")}; echo status $?`);
    // Until "clear" has run, the screen shows what was there before the stop.
    const RUNS = /^(?!.*Stopped).*[1-9][\d,]* cases, [\d,]+ a second/s;
    for (let n = 0; n < 3; n++) {
      await tmux.shows(RUNS);
      tmux.press("C-z");
      await tmux.shows(/Stopped/);
      assert.is(processState(tmux.program)?.state, "T");
      tmux.enter("clear; fg");
    }
    await tmux.shows(RUNS);
    tmux.press("C-c");
    // What is typed before the prompt would be echoed in front of it.
    await tmux.shows(/ready>\s*$/);
    tmux.enter(`stty -a > ${folder}/after; cmp ${folder}/before ${folder}/after && echo restored`);
    await tmux.shows(/^restored$/m);
  } finally {
    await tmux.close();
  }
});
