import { HOLE, indexOf } from "../../../src/labs/fuzz/case/arch.ts";
import { caseOf, type Step } from "../../../src/labs/fuzz/case/case.ts";
import { Engine } from "../../../src/labs/fuzz/engine.ts";
import { breakpoint, dispatching } from "../../support/seeds.ts";
import { stubsOf } from "../../support/stubs.ts";

const steps = suite("fuzz: cases of several steps in a stub");

const { SIGKILL, SIGSTOP, SIGUSR1 } = constants.signals;
const engine = new Engine();
const experiment = new Experiment({ capacity: 16 }, engine);

/** A step with another way, which is not resumed. */
const step = (change: Partial<Step>): Step => ({ ...SIMPLE, on: "NONE", block: [], ...change });
const poke = (offset: bigint, word: bigint, change: Partial<Step> = {}) =>
  step({ way: "POKEUSER", pairs: [{ offset, word }], ...change });
const nops = (change: Partial<Step> = {}) => seed("nops", {}, change);

/** Tries cases, and returns the fields of their last outcome. */
const lastOf = (...cases: readonly Case[]) => experiment.try(cases).at(-1);

steps("after one that ends the stub the others are not tried, and the next case is", () => {
  const alone = lastOf(SIMPLE);
  const ended = caseOf([nops({ signal: SIGKILL }), nops(), nops()]);
  assert.equal(lastOf(ended, SIMPLE), alone);
  lists([0, 1, 2, 3], [false, true, true, false], (i) => experiment.isAfterEnd(i));
});

/** Cases that leave what one step alone does not. */
const LEAVING: Readonly<Record<string, readonly Step[]>> = {
  "a blocked signal": [
    step({ way: "SIGMASK", words: [1n << BigInt(SIGUSR1 - 1)], length: 8 }),
    nops({ signal: SIGUSR1 }),
  ],
  "a trap flag": [poke(8n * BigInt(indexOf("eflags")), 0x302n), nops({ on: "SINGLESTEP" })],
  "a group-stop": [nops({ signal: SIGSTOP }), poke(0n, 1n)],
  "a dispatch of system calls": [dispatching([1n, 0n, 0n, 0n], "syscall", { on: "NONE" }), nops()],
  "floating point": [step({ way: "SETFPREGS", pairs: [{ offset: 0xa0n, word: 7n }] }), nops()],
  "a call that is to restart": [
    { ...nops({ on: "SYSCALL" }), from: "entry" },
    seed("nops", { rax: -516n, orig_rax: 0x27n }, { on: "NONE" }),
  ],
};

/** Cases that would see it. */
const SEEING: readonly Case[] = [
  nops({ on: "SINGLESTEP", signal: SIGUSR1 }),
  seed("syscall", { rax: 0x27n }, { on: "SYSCALL" }),
  // It is refused, and what was there is read back.
  step({ way: "XSTATE", length: 3, pairs: [{ offset: 0xa0n, word: 1n }] }),
];

for (const [what, left] of Object.entries(LEAVING)) {
  steps(`${what} that steps leave is gone before the next case`, () => {
    for (const next of SEEING) {
      experiment.trier.renew();
      const alone = lastOf(next);
      assert.equal(lastOf(caseOf(left), next), alone);
    }
  });
}

steps("a request has whole cases, however many there are", () => {
  using many = new Experiment({ capacity: 3 * 400 }, new Engine());
  const it = caseOf([nops(), nops({ on: "SINGLESTEP" }), poke(0n, 1n)]);
  many.try(Array.from({ length: 400 }, () => it));
  const kinds = Array.from({ length: 3 * 400 }, (_, i) => many.kind(i));
  assert.is(new Set(kinds).size, 3);
});

steps("a stub is replaced if any of them has set a breakpoint", () => {
  lastOf(SIMPLE);
  const { traced } = stubsOf(engine);
  lastOf(caseOf([breakpoint(HOLE, 0n, {}, { on: "NONE" }), SIMPLE]), SIMPLE);
  assert.is.not(stubsOf(engine).traced, traced);
});

steps.after(() => experiment.close());
