// No outcome depends on the cases before it: of each two, either comes after the other in one stub.

import { SCRATCH } from "../../../src/labs/fuzz/case/amd64/code.ts";
import type { Fields } from "../../../src/labs/fuzz/case/fields.ts";
import { CONSTANTS } from "../../../src/labs/fuzz/case/records.ts";
import { stableFields } from "../../../src/labs/fuzz/examiner.ts";
import { predictionOf } from "../../../src/labs/fuzz/predict/prediction.ts";

const order = suite("fuzz: cases in either order");

const SEED = 1n;
/** Of each path. */
const DRAWN = 40;
const NO_LENGTH = 8;
const [PKRU, SIGUSR1] = [9, 10];
/** The low byte of the status word of a stop. */
const STOPPED = 0x7fn;

/** Cases that leave floating point, or show what others have left. */
function givenOn({ components, xstateLength: length }: Machine): Case[] {
  const step = (it: object) => parseCase({ schema: "stublab.case/1", ...it });
  const words = (some: readonly (readonly [number, number])[]) =>
    some.map(([offset, word]) => ({
      ...{ offset: `0x${offset.toString(16)}`, word: `0x${word.toString(16)}` },
    }));
  // Unmasked exceptions, and a NaN; the rights to other keys.
  const nan = [
    [24, 0x1f00],
    [224, 0x7fc0_0000],
  ] as const;
  const place = components.find(({ number }) => number === PKRU)?.offset;
  const rights =
    place === undefined
      ? []
      : ([
          [place, 0x5555_0000],
          [place, 0xc],
        ] as const);
  const image = `0x${SCRATCH.toString(16)}`;
  const returned = (
    code: string,
    frame: object,
    some: readonly (readonly [number, number])[] = [],
  ) => step({ way: "SIGRETURN", code, frame, pairs: words(some) });
  return [
    ...[nan, ...rights.map((row) => [row])].flatMap((some) => [
      returned("int3", { image }, some),
      step({ way: "XSTATE", length, pairs: words(some) }),
      // It is refused, and the words are read back.
      step({ way: "XSTATE", length: NO_LENGTH, pairs: words(some) }),
    ]),
    step({ way: "SETFPREGS", pairs: words(nan) }),
    step({
      way: "SETFPREGS",
      pairs: words([
        [24, 0xffff_ffff],
        [224, 0],
      ]),
    }),
    ...[false, true].map((fpstate) => returned("sse", { fpstate })),
    ...["sse", "store", "nops"].map((code) => step({ code, signal: SIGUSR1 })),
  ];
}

/** Cases that are predicted, and end at a stop: an outcome that is not predicted may differ by itself. */
function drawn(path: "ptrace" | "sigreturn", experiment: Experiment): Case[] {
  const { model, batch } = experiment;
  const generator = new Generator(SEED, { ...experiment.machine, path });
  generator.generate(batch, 0, 0, batch.capacity);
  const all = Array.from({ length: batch.capacity }, (_, i) => batch.at(i));
  return all.filter((it) => isKnown(it, model)).slice(-DRAWN);
}

function isKnown(it: Case, model: Model): boolean {
  const { predicted, rules } = predictionOf(it, model);
  const stops = (predicted.get("status") ?? 0n) % 256n === STOPPED;
  return stops && !rules.some(({ phase }) => phase === "unpredicted");
}

/** The outcomes of cases, one after the other in one stub. */
const outcomesOf = (cases: readonly Case[], experiment: Experiment): Fields[] => {
  experiment.trier.renew();
  return experiment.try(cases);
};

order("the outcome of a case is the same after any other", () => {
  using experiment = new Experiment({ capacity: 512 }, new Engine({ deadline: 5000 }));
  const { machine, trier } = experiment;
  const cases = [
    ...givenOn(machine),
    ...drawn("ptrace", experiment),
    ...drawn("sigreturn", experiment),
  ];
  const alone = cases.map((it) => {
    const [one, other] = [outcomesOf([it], experiment)[0], outcomesOf([it], experiment)[0]];
    return stableFields(one ?? new Map(), other ?? new Map(), trier);
  });
  const most = Math.floor(experiment.batch.capacity / (2 * CONSTANTS.MOST_STEPS));
  const differing: string[] = [];
  for (const first of cases) {
    for (let from = 0; from < cases.length; from += most) {
      const some = cases.slice(from, from + most);
      const seen = outcomesOf(
        some.flatMap((it) => [first, it]),
        experiment,
      );
      for (const [k, it] of some.entries()) {
        const after = seen[2 * k + 1] ?? new Map();
        const other = [...(alone[from + k] ?? [])].find(
          ([field, word]) => after.get(field) !== word,
        );
        if (other === undefined) continue;
        differing.push(`${other} of ${show(it)} after ${show(first)}: ${after.get(other[0])}`);
      }
    }
  }
  assert.equal(differing, []);
});

const show = (it: Case): string => JSON.stringify(formatCase(it));
