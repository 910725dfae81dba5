import { HOLE, indexOf } from "../../../src/labs/fuzz/case/arch.ts";
import { caseOf, type Step } from "../../../src/labs/fuzz/case/case.ts";
import { fieldsOf, HALF, readFields } from "../../../src/labs/fuzz/case/fields.ts";
import { breakpoint, dispatching } from "../../support/seeds.ts";

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

type Words = Readonly<Record<number, bigint>>;
const floating = (way: "SETFPREGS" | "XSTATE", words: Words, change: Partial<Step> = {}) =>
  step({
    ...{ way, length: way === "XSTATE" ? experiment.machine.xstateLength : 0, ...change },
    pairs: Object.entries(words).map(([offset, word]) => ({ offset: BigInt(offset), word })),
  });

/** Words of an XSAVE area: fcw, mxcsr and its mask, XMM4, a part of the header that must be 0, and AVX. */
const [FCW, MXCSR, XMM4, HEADER, RESERVED, AVX] = [0, 0x18, 0xe0, 0x200, 0x208, 0x240];
const mask = BigInt(experiment.machine.mxcsrMask) << 32n;
const NEW = mask | 0x1f80n;

/** What steps leave at these places, except the part of the header. */
const LEFT: Readonly<Record<string, readonly [before: readonly Step[], words: readonly bigint[]]>> =
  {
    "a new program's": [[poke(0n, 1n)], [0x37fn, NEW, 0n, 0n]],
    "that of PTRACE_SETFPREGS": [
      [
        floating(
          "SETFPREGS",
          { [FCW]: 0x27fn, [MXCSR]: mask | 0x3f80n, [XMM4]: 7n },
          { on: "CONT" },
        ),
      ],
      [0x27fn, mask | 0x3f80n, 7n, 0n],
    ],
    "that of an XSAVE area": [
      [floating("XSTATE", { [FCW]: 0x27fn, [XMM4]: 7n, [AVX]: 9n }, { on: "CONT" })],
      [0x27fn, NEW, 7n, 9n],
    ],
    "that of an area whose header names SSE": [
      [floating("XSTATE", { [FCW]: 0x27fn, [XMM4]: 7n, [AVX]: 9n, [HEADER]: 2n }, { on: "CONT" })],
      [0x37fn, NEW, 7n, 0n],
    ],
    "that of an area, and of PTRACE_SETFPREGS after it": [
      [floating("XSTATE", { [XMM4]: 7n, [AVX]: 9n }), floating("SETFPREGS", { [XMM4]: 8n })],
      [0x37fn, NEW, 8n, 9n],
    ],
    "that after COMISS of a denormal number": [
      [floating("SETFPREGS", { [XMM4]: 1n }), seed("sse")],
      [0x37fn, NEW | 2n, 1n, 0n],
    ],
    "that of a handler": [
      [floating("SETFPREGS", { [FCW]: 0x27fn, [XMM4]: 7n }), nops({ signal: SIGUSR1 })],
      [0x37fn, NEW, 0n, 0n],
    ],
  };

for (const [what, [before, [fcw, mxcsr, xmm4, avx]]] of Object.entries(LEFT)) {
  steps(`what reads back after a refused write of floating point is predicted: ${what}`, () => {
    const { features, xstateLength } = experiment.machine;
    if (!features.includes("mxcsr_check") || xstateLength === 0) return;
    const words = { [FCW]: 1n, [MXCSR]: 1n, [XMM4]: 1n, [RESERVED]: 1n, [AVX]: 1n };
    const it = caseOf([...before, floating("XSTATE", words)]);
    const [last = -1] = experiment.batch.put([it]);
    experiment.trier.run(experiment.batch, last + 1);
    assert.equal(experiment.differences(last), []);
    const { prediction } = experiment.model;
    const known = [...fieldsOf(it, prediction.outcome, prediction)];
    assert.equal(
      known.flatMap(([name, word]) => (name.startsWith("written.") ? [word] : [])),
      [fcw, mxcsr, xmm4, 0n, avx],
    );
  });
}

steps("a request has whole cases, however many there are", () => {
  using many = new Experiment({ capacity: 3 * 400 }, new Engine());
  const it = caseOf([nops(), nops({ on: "SINGLESTEP" }), poke(0n, 1n)]);
  many.try(Array.from({ length: 400 }, () => it));
  const ends = Array.from({ length: 3 * 400 }, (_, i) => {
    assert.equal([many.obstacle(i), many.differences(i)], [undefined, []]);
    const seen = readFields(many.batch.at(i), many.batch, i);
    return HALF.map((field) => seen.get(field)).join(" ");
  });
  assert.equal(ends, Array.from({ length: 400 }, () => ends.slice(0, 3)).flat());
  assert.is(new Set(ends).size, 3);
});

steps("a stub is replaced if any of them has set a breakpoint", () => {
  lastOf(SIMPLE);
  const { traced } = stubsOf(engine);
  lastOf(caseOf([breakpoint(HOLE, 0n, {}, { on: "NONE" }), SIMPLE]), SIMPLE);
  assert.is.not(stubsOf(engine).traced, traced);
});

steps.after(() => experiment[Symbol.dispose]());
