import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fuzz } from "../../../src/labs/fuzz/fuzz.ts";
import { CorpusFolder, JOURNAL } from "../../../src/labs/fuzz/run/corpus_folder.ts";
import { ROUND } from "../../../src/labs/fuzz/run/round.ts";
import { Random } from "../../../src/lib/cases/random.ts";
import { InputError } from "../../../src/lib/errors.ts";
import { onThisKernel } from "../../support/hermetic.ts";
import { eventually, hostCommand, isAlive, Running } from "../../support/processes.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { thrown } from "../../support/thrown.ts";

const killed = suite("fuzz: killed");

const folder = temporaryFolder();

const CASES = 4 * ROUND + 777;
const KILLS = 12;
/** Longer than the run takes on a quiet machine: some kills come while it opens, some in rounds, some between. */
const SPAN = 2500;

/** All that a folder has, but whose it is. */
function contents(path: string): Map<string, string> {
  const names = readdirSync(path).filter((name) => name !== "lock");
  return new Map(names.sort().map((name) => [name, readFileSync(join(path, name), "utf8")]));
}

/** Kills it after a time, or lets it end if it is over first. */
async function runFor(corpus: string, milliseconds: number): Promise<boolean> {
  const child = new Running(hostCommand("fuzzing", corpus, String(CASES), "1"));
  const timer = setTimeout(() => process.kill(child.pid, "SIGKILL"), milliseconds);
  const { signal } = await child.ended;
  clearTimeout(timer);
  return signal === null;
}

killed("a run that is killed again and again ends with what an undisturbed one has", async () => {
  const [whole, corpus] = [join(folder, "whole"), join(folder, "killed")];
  await fuzz({ corpus: whole, cases: CASES });
  const random = new Random(6n);
  let over = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    if (await runFor(corpus, random.below(SPAN))) over++;
  }
  assert.ok(over < KILLS);
  await fuzz({ corpus, cases: CASES });
  assert.equal([...contents(corpus).keys()], [...contents(whole).keys()]);
  // A difference of whole journals would take minutes to show.
  const journal = (path: string) => readFileSync(join(path, JOURNAL), "utf8").split("\n");
  const expected = journal(whole);
  for (const [i, line] of journal(corpus).entries()) {
    assert.ok(line === expected[i], `line ${i + 1} begins with ${line.slice(0, 200)}`);
  }
  const there = contents(corpus);
  for (const [name, text] of contents(whole)) assert.ok(there.get(name) === text, name);
});

killed("its stubs end with it, and its folder is free", async () => {
  const corpus = join(folder, "free");
  const child = await onThisKernel(
    () => new Running(hostCommand("fuzzing", corpus, "100000000", "2")),
  );
  assert.ok(await child.says(/\n\d+\n/));
  const stubs = readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== child.pid && tracedBy(pid, child.pid));
  assert.ok(stubs.length >= 2, `${stubs.length} stubs`);
  const error = thrown(InputError, () => new CorpusFolder(corpus));
  assert.is(error.message, `${corpus} is in use: process ${child.pid} is fuzzing in it`);
  process.kill(child.pid, "SIGKILL");
  await child.ended;
  new CorpusFolder(corpus).close();
  assert.ok(await eventually(() => !stubs.some(isAlive), 2000));
});

/** Whether a thread of a process traces another. */
function tracedBy(pid: number, tracer: number): boolean {
  try {
    const tid = /^TracerPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return tid !== "0" && readdirSync(`/proc/${tracer}/task`).includes(tid ?? "");
  } catch {
    return false;
  }
}

killed.run();
