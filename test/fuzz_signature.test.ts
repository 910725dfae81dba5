import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BASELINE } from "../src/fuzz/case/baseline.ts";
import { Batch } from "../src/fuzz/case/batch.ts";
import { type Case, writeSetup } from "../src/fuzz/case/case.ts";
import { placeOf } from "../src/fuzz/case/code.ts";
import { indexOf, OUTCOME } from "../src/fuzz/case/setups.ts";
import { Generator } from "../src/fuzz/draw/generate.ts";
import { SEEDS } from "../src/fuzz/draw/seeds.ts";
import { Model } from "../src/fuzz/predict/model.ts";
import {
  AGREES,
  DIFFERS,
  formatSignature,
  signatureOf,
  UNPREDICTED,
} from "../src/fuzz/predict/signature.ts";
import { readMachine } from "../src/fuzz/try/machine.ts";
import { Trier } from "../src/fuzz/try/trial.ts";

const signatures = suite("fuzz: signatures");

function it(
  code: string,
  registers: Record<string, bigint> = {},
  change: Partial<Case> = {},
): Case {
  const block = [...BASELINE];
  for (const [name, word] of Object.entries({ rip: placeOf(code), ...registers })) {
    block[indexOf(name)] = BigInt.asUintN(64, word);
  }
  const simple = { from: "signal", way: "SETREGS", on: "CONT", signal: 0 } as const;
  return { ...simple, block, pairs: [], words: [], length: 0, ...change };
}

function signaturesOf(cases: readonly Case[], agreement = AGREES): number[] {
  using trier = new Trier();
  const batch = new Batch(cases.length);
  for (const [i, each] of cases.entries()) writeSetup(each, batch, i);
  trier.run(batch, cases.length);
  return cases.map((_, i) => signatureOf(batch, i, agreement));
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

signatures("of what a case does not decide nothing is told", () => {
  using trier = new Trier();
  const batch = new Batch(1);
  // getppid's answer, divided by 4095.
  writeSetup(it("div", { orig_rax: 110n, rdi: 0xfffn }, { from: "entry" }), batch, 0);
  trier.run(batch, 1);
  const { stoppedKnown } = new Model(readMachine(trier.tracer)).predict(batch, 0);
  const rax = indexOf("rax");
  assert.is((stoppedKnown >>> rax) & 1, 0);
  const seen = [0n, 1n, 7n].map((quotient) => {
    batch.outcomeWords[OUTCOME.stopped / 2 + rax] = quotient;
    return [signatureOf(batch, 0, AGREES, stoppedKnown), signatureOf(batch, 0, AGREES)] as const;
  });
  assert.is(new Set(seen.map(([told]) => told)).size, 1);
  assert.is.not(seen[0]?.[1], seen[1]?.[1], "else it would be");
});

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
  using trier = new Trier();
  const count = 1000;
  const [there, back] = [new Batch(count), new Batch(count)];
  const generator = new Generator(11n);
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < count; i++) {
      const index = SEEDS.length * (round === 0 ? 0 : 1) + round * count + i;
      generator.generate(there, i, index);
      generator.generate(back, count - 1 - i, index);
    }
    trier.run(there, count);
    trier.run(back, count);
    for (let i = 0; i < count; i++) {
      const [one, other] = [signatureOf(there, i, 0), signatureOf(back, count - 1 - i, 0)];
      assert.is(one, other, `case ${i} of round ${round}`);
    }
  }
});

signatures.run();
