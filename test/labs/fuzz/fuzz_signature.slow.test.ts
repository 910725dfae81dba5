import { suite } from "uvu";
import * as assert from "uvu/assert";
import { placeOf } from "../../../src/labs/fuzz/case/amd64/code.ts";
import { indexOf } from "../../../src/labs/fuzz/case/amd64/registers.ts";
import type { Case } from "../../../src/labs/fuzz/case/case.ts";
import { OUTCOME } from "../../../src/labs/fuzz/case/setups.ts";
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

function signaturesOf(cases: readonly Case[], agreement = AGREES): number[] {
  using experiment = new Experiment({ capacity: cases.length });
  experiment.try(cases);
  return cases.map((_, i) => signatureOf(experiment.batch, i, agreement));
}

const ALIKE: readonly (readonly [why: string, first: Case, second: Case])[] = [
  ["words that nobody looks at", it("int3", { rbx: 7n }), it("int3", { rbx: -9n, r15: 1n })],
  ["where a fault is", it("load", { rdi: 8n }), it("load", { rdi: 0x7fff_0000n })],
  ["which signal of real time", it("nops", {}, { signal: 40 }), it("nops", {}, { signal: 50 })],
  ["how registers came there", it("ud2"), it("ud2", {}, { way: "SETREGSET", length: 216 })],
  ["which process it is", it("syscall", { rax: 39n }), it("syscall", { rax: 186n })],
];

for (const [why, first, second] of ALIKE) {
  signatures(`the same whatever ${why}`, () => {
    const [one, two] = signaturesOf([first, second]);
    assert.is(one, two);
  });
}

const UNDETERMINED: readonly (readonly [
  why: string,
  it: Case,
  register: string,
  words: bigint[],
])[] = [
  [
    "the result of getppid, divided by 4095",
    it("div", { orig_rax: 110n, rdi: 0xfffn }, { from: "entry" }),
    "rax",
    [0n, 1n, 7n],
  ],
  [
    "a null selector that any interrupt clears",
    it("int3", { rcx: placeOf("int3"), r11: 0x202n, ds: 3n }, { from: "exit" }),
    "ds",
    [0n, 3n],
  ],
];

for (const [why, undetermined, name, words] of UNDETERMINED) {
  signatures(`a register that the case does not determine has no part in it: ${why}`, () => {
    using experiment = new Experiment();
    const { batch, model } = experiment;
    experiment.try([undetermined]);
    const { stopped } = model.predict(batch, 0);
    const register = indexOf(name);
    assert.is((stopped >>> register) & 1, 0);
    const seen = words.map((word) => {
      batch.outcomeWords[OUTCOME.stopped / 2 + register] = word;
      return [signatureOf(batch, 0, AGREES, stopped), signatureOf(batch, 0, AGREES)] as const;
    });
    assert.is(new Set(seen.map(([told]) => told)).size, 1);
    assert.is.not(seen[0]?.[1], seen[1]?.[1], "otherwise it would have one");
  });
}

const APART: readonly Case[] = [
  ...[
    it("int3"),
    it("ud2"),
    it("hlt"),
    it("nops"),
    it("load", { rdi: 8n }),
    it("store"),
    it("div"),
  ],
  ...[it("int3", { cs: 0x10n }), it("int3", { ds: 0x10n }), it("int3", { fs_base: 1n << 47n })],
  ...[it("int3", { rip: 1n << 47n }), it("int3", { rip: 8n })],
  ...[it("nops", { eflags: 0x302n }), it("nops", {}, { on: "SINGLESTEP" })],
  ...[it("int3", {}, { on: "NONE" }), it("int3", { cs: 0x1_0033n }, { on: "NONE" })],
  ...[
    it("nops", {}, { signal: 9 }),
    it("nops", {}, { signal: 10 }),
    it("nops", {}, { signal: 19 }),
  ],
  ...[it("nops", {}, { signal: 65 }), it("nops", { rax: -512n, orig_rax: 39n })],
  ...[it("syscall", { rax: 39n }), it("syscall", { rax: 39n }, { on: "SYSCALL" })],
  it("int3", { rax: -513n, orig_rax: 39n }, { from: "exit" }),
];

signatures("what the kernel does otherwise has another", () => {
  const all = signaturesOf(APART);
  const again = signaturesOf(APART.toReversed()).toReversed();
  assert.equal(all, again);
  const names = new Set(all.map(formatSignature));
  assert.is(names.size, APART.length);
  for (const name of names) assert.match(name, /^[0-9a-f]{14}$/);
});

signatures("agreement is a part of it", () => {
  const [first] = APART;
  if (first === undefined) throw new RangeError("no cases");
  const all = [AGREES, UNPREDICTED, DIFFERS, DIFFERS + 1].map((agreement) =>
    signaturesOf([first], agreement),
  );
  assert.is(new Set(all.flat()).size, 4);
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
