// Time limit: 300 s

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openEncoder } from "../src/encoder/open.ts";
import { formatCase, readSetup } from "../src/fuzz/case.ts";
import { Batch } from "../src/fuzz/setups.ts";
import { type ChangedRules, Equivalent, sameOutcome } from "../src/fuzz/sigreturn/equivalent.ts";
import { SigreturnGenerator } from "../src/fuzz/sigreturn/generate.ts";
import { SIGRETURN_RULES } from "../src/fuzz/sigreturn/rules.ts";
import { Trier } from "../src/fuzz/trial.ts";

const rules = suite("fuzz: rules of rt_sigreturn");

const SIZE = 256;
const CASES = process.env.SOAK ? 10_000_000 : 250_000;
const SEED = 6n;

/** Tries cases by both paths until one differs; answers that. */
function firstDifference(cases: number, change: ChangedRules = {}): string | undefined {
  const trier = new Trier();
  try {
    const { encoder } = trier.tracer;
    const [returned, traced] = [new Batch(encoder, SIZE), new Batch(openEncoder("script"), SIZE)];
    const generator = new SigreturnGenerator(SEED);
    const equivalent = new Equivalent(change);
    for (let done = 0; done < cases; done += SIZE) {
      for (let i = 0; i < SIZE; i++) {
        generator.generate(returned, i, done + i);
        equivalent.write(returned, i, traced, i);
      }
      trier.run(returned, SIZE);
      trier.run(traced, SIZE);
      const pids = [trier.returningPid, trier.pid] as const;
      for (let i = 0; i < SIZE; i++) {
        if (sameOutcome(returned, traced, i, pids)) continue;
        const it = formatCase(readSetup(returned, i), encoder.constants);
        return `case ${done + i}: ${JSON.stringify(it)}`;
      }
    }
    return undefined;
  } finally {
    trier.close();
  }
}

rules(`both paths lead to the same, but for what the rules say (${CASES} cases)`, () => {
  assert.is(firstDifference(CASES), undefined);
});

const ALTERED: readonly ChangedRules[] = [
  { S2: { mask: 0xffn } },
  { S2: { mask: 0xffff_fffen } },
  { S2: { level: 2n } },
  { S3: { cs: 0x23n } },
  { S3: { strict: 2n } },
  { S3: { strict: 0n } },
  { S3: { ss: 0x33n } },
  // NT, as by ptrace; then each that is taken.
  { S4: { mask: 0x5_4dd5n } },
  ...[0, 2, 4, 6, 7, 8, 10, 11, 16, 18].map((bit) => ({
    S4: { mask: SIGRETURN_RULES.S4.values.mask & ~(1n << BigInt(bit)) },
  })),
  { S4: { handler: 0x4202n } },
  { S5: { orig_rax: 39n } },
];

for (const change of ALTERED) {
  const told = Object.entries(change).map(([rule, values]) => {
    const [[name, word] = ["", 0n]] = Object.entries(values);
    return `${rule} with ${name} ${word.toString(16)}`;
  });
  rules(`it is noticed: ${told}`, () => {
    assert.type(firstDifference(50_000, change), "string");
  });
}

rules.run();
