import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Case } from "../../../src/labs/fuzz/case/case.ts";
import { Generator } from "../../../src/labs/fuzz/draw/generate.ts";
import { readSeeds } from "../../../src/labs/fuzz/draw/seeds.ts";
import { Experiment } from "../../../src/labs/fuzz/experiment.ts";
import {
  AGREES,
  DIFFERS,
  formatSignature,
  signatureOf,
  UNPREDICTED,
} from "../../../src/labs/fuzz/predict/signature.ts";
import { seed as it } from "../../support/seeds.ts";
import "../../support/hermetic.ts";

const SEEDS = readSeeds().parents;

const signatures = suite("fuzz: signatures");

function signaturesOf(cases: readonly Case[]): number[] {
  using experiment = new Experiment({ capacity: cases.length });
  experiment.try(cases);
  return cases.map((_, i) => experiment.compare(i).signature);
}

const ALIKE: readonly (readonly [why: string, first: Case, second: Case])[] = [
  ["words that nobody looks at", it("int3", { rbx: 7n }), it("int3", { rbx: -9n, r15: 1n })],
  ["where a fault is", it("load", { rdi: 8n }), it("load", { rdi: 0x7fff_0000n })],
  ["which signal of real time", it("nops", {}, { signal: 40 }), it("nops", {}, { signal: 50 })],
  ["which process it is", it("syscall", { rax: 39n }), it("syscall", { rax: 186n })],
];

for (const [why, first, second] of ALIKE) {
  signatures(`the same whatever ${why}`, () => {
    const [one, two] = signaturesOf([first, second]);
    assert.is(one, two);
  });
}

const APART: readonly Case[] = [
  ...[it("int3"), it("ud2"), it("hlt"), it("load", { rdi: 8n }), it("div")],
  ...[it("int3", { cs: 0x10n }), it("int3", { ds: 0x13n }), it("int3", { fs_base: 1n << 47n })],
  ...[it("int3", { rip: 1n << 47n }), it("nops", { eflags: 0x302n })],
  ...[it("nops", {}, { on: "SINGLESTEP" }), it("int3", {}, { on: "NONE" })],
  ...[9, 10, 19, 65].map((signal) => it("nops", {}, { signal })),
  ...[it("syscall", { rax: 39n }), it("syscall", { rax: 39n }, { on: "SYSCALL" })],
  it("int3", { rax: -513n, orig_rax: 39n }),
];

signatures("cases about which other rules are have another, in any order", () => {
  const all = signaturesOf(APART);
  assert.equal(signaturesOf(APART.toReversed()).toReversed(), all);
  assert.is(new Set(all).size, APART.length);
  for (const name of all.map(formatSignature)) assert.match(name, /^[0-9a-f]{14}$/);
});

signatures("agreement is a part of it", () => {
  using experiment = new Experiment({ capacity: 1 });
  experiment.try([it("int3")]);
  experiment.compare(0);
  const all = [AGREES, UNPREDICTED, DIFFERS, DIFFERS + 1];
  const seen = all.map((agreement) => signatureOf(experiment.batch, 0, agreement));
  assert.is(new Set(seen).size, 4);
});

signatures("no case depends on those before it", () => {
  const count = 1000;
  using experiment = new Experiment({ capacity: count });
  const { batch, trier } = experiment;
  const generator = new Generator(11n);
  const all = () => Array.from({ length: count }, (_, i) => experiment.compare(i).signature);
  for (let index = 0; index < 20 * count; index += count) {
    experiment.draw(generator, index === 0 ? 0 : SEEDS.length + index);
    const there = all();
    for (let i = 0; i < count; i++) {
      generator.generate(batch, count - 1 - i, (index === 0 ? 0 : SEEDS.length + index) + i);
    }
    trier.run(batch, count);
    assert.equal(all().reverse(), there, `from case ${index} on`);
  }
});

signatures.run();
