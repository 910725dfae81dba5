import { appendFileSync } from "node:fs";
import { fuzz } from "../../../src/labs/fuzz/fuzz.ts";
import { LOG, mergeFolders, RunFolder } from "../../../src/labs/fuzz/run/folder.ts";
import { formatRound, ROUND } from "../../../src/labs/fuzz/run/log.ts";
import type { FuzzOptions } from "../../../src/labs/fuzz/run/options.ts";
import { missingRounds } from "../../../src/labs/fuzz/run/session.ts";
import { RunState } from "../../../src/labs/fuzz/run/state.ts";
import { Random } from "../../../src/lib/cases/random.ts";

const runs = suite("fuzz: runs");

const folder = temporaryFolder();
let folders = 0;
const newFolder = () => join(folder, String(folders++));
const CASES = 3 * ROUND + 1000;

/** A run as the log has it whose rounds are in order. */
async function run(options: FuzzOptions): Promise<string> {
  const { state } = await fuzz({ cases: CASES, ...options });
  return state.rounds.map(formatRound).join("");
}

/** The log of a folder whose rounds are in order. */
function merged(...corpora: readonly string[]): string {
  const to = newFolder();
  mergeFolders(corpora, to);
  return readFileSync(join(to, LOG), "utf8");
}

const whole = newFolder();
const expected = await run({ corpus: whole, workers: 2 });

/** Whether two logs are the same. A difference of whole ones would take minutes to show. */
function expectSame(seen: string, wanted = expected): void {
  const [lines, others] = [seen.split("\n"), wanted.split("\n")];
  for (const [i, line] of lines.entries()) {
    assert.ok(line === others[i], `line ${i + 1} begins with ${line.slice(0, 200)}`);
  }
  assert.is(lines.length, others.length);
}

runs("the rounds of all shards are disjoint, and all of a range", () => {
  const to = 9 * ROUND + 3;
  const state = new RunState();
  const all = [...missingRounds(state, to)];
  assert.equal(all.at(-1), { from: 9 * ROUND, to });
  for (const of of [1, 2, 3, 20]) {
    const parts = Array.from({ length: of }, (_, i) => [
      ...missingRounds(state, to, { index: i + 1, of }),
    ]);
    assert.equal(
      parts.flat().sort((a, b) => a.from - b.from),
      all,
    );
  }
});

runs("one worker or two, with a folder or without, or another seed", async () => {
  expectSame(await run({ workers: 1 }));
  assert.ok((await run({ seed: 2n })) !== expected);
  assert.equal(childrenOf(process.pid), []);
});

runs("a run that is continued, after half a line or with a round twice, is the same", async () => {
  const corpus = newFolder();
  for (const cases of [1000, ROUND + 5, 2 * ROUND]) await fuzz({ cases, corpus });
  const log = readFileSync(join(corpus, LOG), "utf8");
  appendFileSync(join(corpus, LOG), `${log.split("\n").at(-2)}\n{"from":32768,"to"`);
  expectSame(await run({ corpus }));
  expectSame(merged(corpus), merged(whole));
});

runs("shards come together to what one machine finds, and the run goes on", async () => {
  const parts = [];
  for (const index of [3, 1, 2]) {
    const corpus = newFolder();
    await fuzz({ cases: CASES, corpus, shard: { index, of: 3 } });
    parts.push(corpus);
  }
  const together = newFolder();
  const { complete, cases } = mergeFolders(parts, together);
  assert.equal([complete, cases], [true, CASES]);
  expectSame(readFileSync(join(together, LOG), "utf8"), merged(whole));
  assert.is(mergeFolders(parts.slice(0, 2), newFolder()).complete, false);
  await fuzz({ cases: CASES + ROUND, corpus: together });
  assert.is(merged(together).split("\n").length, merged(whole).split("\n").length + 1);
});

runs("a planted bug is found, wherever it is looked for, and so near a rule", async () => {
  const options = { change: { id: "R12", remove: true }, focus: "R12", cases: ROUND } as const;
  const corpus = newFolder();
  const { findings, state } = await fuzz({ ...options, corpus });
  assert.ok(findings.length > 0);
  assert.ok((state.counts.exercised.get("R10") ?? 0) < ROUND);
  assert.equal(
    (await fuzz({ ...options, workers: 2 })).findings.map(({ signature, it }) => [signature, it]),
    findings.map(({ signature, it }) => [signature, it]),
  );
  const names = findings.map(({ signature }) => signature).sort();
  assert.equal(readdirSync(join(corpus, "findings")).sort(), names);
});

/** Kills a run after a time, or lets it end if it is over first. */
async function runFor(corpus: string, milliseconds: number): Promise<boolean> {
  const child = new Running(hostCommand("fuzzing", corpus, String(CASES), "2", "R12"));
  const timer = setTimeout(() => process.kill(child.pid, "SIGKILL"), milliseconds);
  const { signal } = await child.ended;
  clearTimeout(timer);
  return signal === null;
}

runs("a run that is killed again and again ends with what an undisturbed one has", async () => {
  const [KILLS, SPAN] = [process.env.SOAK ? 400 : 12, 2500];
  const change = { id: "R12", remove: true } as const;
  const [corpus, undisturbed] = [newFolder(), newFolder()];
  await fuzz({ cases: CASES, corpus: undisturbed, change });
  const random = new Random(6n);
  let over = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    if (await runFor(corpus, random.below(SPAN))) over++;
  }
  assert.ok(over < KILLS);
  await fuzz({ cases: CASES, corpus, change });
  expectSame(merged(corpus), merged(undisturbed));
  const cases = (of: string) =>
    readdirSync(join(of, "findings"))
      .sort()
      .map((name) => readFileSync(join(of, "findings", name, "case.json"), "utf8"));
  assert.equal(cases(corpus), cases(undisturbed));
});

runs("its processes and stubs end with it", async () => {
  const child = new Running(hostCommand("fuzzing", newFolder(), "100000000", "2"));
  assert.ok(await child.says(/\n\d+\n/));
  const probes = childrenOf(child.pid);
  const stubs = probes.flatMap(childrenOf);
  assert.ok(probes.length === 2 && stubs.length >= 2, `${probes} and ${stubs}`);
  process.kill(child.pid, "SIGKILL");
  await child.ended;
  assert.ok(await eventually(() => ![...probes, ...stubs].some(isAlive), 2000));
});

runs("what is not the folder of this run is refused, with the place and the reason", async () => {
  const refusal = async (corpus: string, options: FuzzOptions = {}) => {
    return String(await rejected(InputError, fuzz({ cases: 100, corpus, ...options })));
  };
  assert.match(
    await refusal(whole, { seed: 2n }),
    "a run with seed 1, and this is one with seed 2",
  );
  assert.match(await refusal(whole, { focus: "R12" }), "with no focus, and this is one with focus");
  const [other, malformed, linked] = [newFolder(), newFolder(), newFolder()];
  for (const path of [other, malformed, linked]) mkdirSync(path);
  writeFileSync(join(other, "notes"), "mine");
  assert.match(await refusal(other), 'has "notes"');
  assert.equal(readdirSync(other), ["notes"]);
  const log = readFileSync(join(whole, LOG), "utf8").split("\n")[0] ?? "";
  writeFileSync(join(malformed, LOG), `${log}\n{"from":0}\n`);
  assert.match(await refusal(malformed), `${LOG}, line 2: cases: expected a whole number`);
  writeFileSync(join(malformed, LOG), `${log.replace('"generator":4', '"generator":3')}\n`);
  assert.match(await refusal(malformed), "line 1: generator: this stublab has 4, and the run");
  symlinkSync(join(whole, LOG), join(linked, LOG));
  assert.match(await refusal(linked), "is a symbolic link, expected a regular file");
  const planted = newFolder();
  await fuzz({ cases: 100, corpus: planted, change: { id: "R10", remove: true } });
  const error = thrown(InputError, () => mergeFolders([whole, planted], newFolder()));
  assert.match(error.message, "planted: R10, and this is one with no planted bug");
  assert.throws(() => mergeFolders([whole], planted), /exists/);
  new RunFolder(planted)[Symbol.dispose]();
});

runs("a focus that is unknown, or does not hold here, is refused", async () => {
  assert.match(String(await rejection(fuzz({ focus: "R7O" }))), 'no rule "R7O"; did you mean R');
  const { machine } = await fuzz({ cases: 0 });
  const absent = machine.features.includes("set_syscall_info") ? "W24" : "W16";
  const elsewhere = String(await rejection(fuzz({ focus: absent, cases: 0 })));
  assert.match(elsewhere, `focus: rule ${absent} does not hold on this machine`);
});
