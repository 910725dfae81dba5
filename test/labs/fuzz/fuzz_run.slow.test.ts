import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatCase } from "../../../src/labs/fuzz/case/case.ts";
import { readSeeds } from "../../../src/labs/fuzz/draw/seeds.ts";
import { fuzz } from "../../../src/labs/fuzz/fuzz.ts";
import { CorpusFolder, JOURNAL } from "../../../src/labs/fuzz/run/corpus_folder.ts";
import { mergeFolders } from "../../../src/labs/fuzz/run/merge.ts";
import type { FuzzOptions, FuzzResult } from "../../../src/labs/fuzz/run/options.ts";
import { CHUNK, chunksOf, ROUND } from "../../../src/labs/fuzz/run/round.ts";
import { childrenOf } from "../../support/processes.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import "../../support/hermetic.ts";

const SEEDS = readSeeds().parents;

const runs = suite("fuzz: runs");

const folder = temporaryFolder();
let folders = 0;
const newFolder = () => join(folder, String(folders++));

const CASES = 2 * ROUND + 1000;

/** A run as far as it must always be the same. */
function essence({ state }: Pick<FuzzResult, "state">) {
  const { next, corpus, findings, counts } = state;
  const { cases, deaths, hangs, unpredicted } = counts;
  return {
    next,
    corpus: corpus.map(({ signature, index, it }) => [signature, index, formatCase(it)]),
    findings: findings.map(({ key, signature, index }) => [key, signature, index]),
    counts: [cases, deaths, hangs, [...unpredicted].sort()],
  };
}

/** The same runs: where they part says more than all that came of it. */
function expectSame(seen: ReturnType<typeof essence>, expected: ReturnType<typeof essence>): void {
  const parted = expected.corpus.findIndex((entry, i) => !isDeepStrictEqual(entry, seen.corpus[i]));
  assert.equal(seen.corpus[parted], expected.corpus[parted]);
  assert.is(seen.corpus.length, expected.corpus.length);
  assert.equal(seen.counts, expected.counts);
  assert.equal([seen.next, seen.findings], [expected.next, expected.findings]);
}

const run = async (options: FuzzOptions) => essence(await fuzz({ cases: CASES, ...options }));

runs("the chunks of all shards are disjoint, and all of a range", () => {
  const [from, to] = [ROUND + 17, 5 * ROUND + 3];
  for (const of of [1, 2, 3, 7]) {
    const all = Array.from({ length: of }, (_, i) => chunksOf(from, to, { index: i + 1, of }))
      .flat()
      .sort((a, b) => a.from - b.from);
    assert.equal(all, chunksOf(from, to));
    assert.is(all[0]?.from, from);
    assert.is(all.at(-1)?.to, to);
    all.slice(1).forEach((chunk, i) => {
      assert.is(chunk.from, all[i]?.to);
      assert.is(chunk.from % CHUNK, 0);
    });
  }
});

runs("one worker, two, and a second time: the same", async () => {
  const one = await run({ workers: 1 });
  assert.ok(one.corpus.length > 1000);
  assert.is(one.next, CASES);
  assert.is(one.counts[0], CASES);
  expectSame(await run({ workers: 2 }), one);
  expectSame(await run({ workers: 1 }), one);
  assert.not.equal(await run({ workers: 1, seed: 2n }), one);
  assert.equal(childrenOf(process.pid), []);
});

runs("a folder makes no difference, nor does it that a run is ended and gone on with", async () => {
  const whole = await run({ corpus: newFolder(), workers: 2 });
  expectSame(await run({ workers: 2 }), whole);
  const corpus = newFolder();
  for (const cases of [1000, ROUND + 5, 2 * ROUND, CASES]) await fuzz({ cases, corpus });
  expectSame(await run({ corpus }), whole);
  const names = readdirSync(corpus).filter((name) => name.endsWith(".json"));
  assert.is(names.length, whole.corpus.length);
});

runs("files that are missing are written again, and half a line is none", async () => {
  const corpus = newFolder();
  const whole = await run({ corpus });
  const journal = readFileSync(join(corpus, JOURNAL));
  const names = readdirSync(corpus)
    .filter((name) => name.endsWith(".json"))
    .sort();
  for (const name of names.slice(0, 10)) rmSync(join(corpus, name));
  writeFileSync(join(corpus, "00000000000000.json.new"), "{");
  writeFileSync(join(corpus, JOURNAL), Buffer.concat([journal, Buffer.from('{"from":32768,"to"')]));
  expectSame(await run({ corpus }), whole);
  assert.equal(readFileSync(join(corpus, JOURNAL)), journal);
  assert.equal(
    readdirSync(corpus)
      .filter((name) => /\.json\b/.test(name))
      .sort(),
    names,
  );
});

runs("cases that somebody put into the folder are tried once, and are of the corpus", async () => {
  const corpus = newFolder();
  new CorpusFolder(corpus).close();
  const [first, second] = SEEDS;
  for (const [name, it] of [
    ["mine", first],
    ["yours", second],
  ] as const) {
    if (it === undefined) throw new RangeError("there are no seeds");
    writeFileSync(join(corpus, `${name}.json`), JSON.stringify(formatCase(it)));
  }
  const { state } = await fuzz({ cases: 5000, corpus });
  assert.equal(
    state.corpus.slice(0, 2).map(({ index, it }) => [index, it]),
    [
      [-1, first],
      [-1, second],
    ],
  );
  const again = await fuzz({ cases: 5000, corpus });
  expectSame(essence(again), essence({ state }));
});

runs("shards come together to what one machine finds, and go on as one", async () => {
  const base = newFolder();
  await fuzz({ cases: ROUND, corpus: base });
  const divided = async (index: number, of: number) => {
    const corpus = newFolder();
    cpSync(base, corpus, { recursive: true });
    await fuzz({ cases: CASES, corpus, shard: { index, of } });
    return corpus;
  };
  const whole = await divided(1, 1);
  const parts = [await divided(3, 3), await divided(1, 3), await divided(2, 3)];
  const [alone, together] = [newFolder(), newFolder()];
  assert.is(mergeFolders([whole], alone).complete, true);
  const merged = mergeFolders(parts, together);
  assert.is(merged.complete, true);
  assert.is(merged.cases, CASES);
  assert.equal(readFileSync(join(together, JOURNAL)), readFileSync(join(alone, JOURNAL)));
  const on = 4 * ROUND;
  const [one, other] = [
    await fuzz({ cases: on, corpus: alone }),
    await fuzz({ cases: on, corpus: together }),
  ];
  expectSame(essence(one), essence(other));
  const halves = parts.slice(0, 2);
  const { complete, why } = mergeFolders(halves, newFolder());
  assert.equal([complete, why], [false, "only 2 of 3 shards are there"]);
});

runs("a rule that is taken out of the model is found, wherever it is looked for", async () => {
  const change = { id: "R12", remove: true } as const;
  const { findings } = await run({ change, cases: ROUND });
  assert.ok(findings.length > 0);
  assert.equal((await run({ change, cases: ROUND, workers: 2 })).findings, findings);
});

runs.run();
