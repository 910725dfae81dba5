import type { Feature, Xstate } from "../../../src/labs/fuzz/machine.ts";
import { NO_XSTATE } from "../../../src/labs/fuzz/machine.ts";
import { predict } from "../../../src/labs/fuzz/predict/predict.ts";
import { ruleOf, rules } from "../../../src/labs/fuzz/predict/rules.ts";
import { HermeticTrier } from "../../support/hermetic.ts";
import { machineWith } from "../../support/hidden_cases.ts";
import { mutants } from "../../support/model_mutants.ts";
import { AMX_XSTATE } from "../../support/xstates.ts";

const machines = suite("fuzz: rules that depend on the machine");

/** A rule, or one of its numbers; the feature; a case, and a field that is predicted with the feature, and without. */
interface Row {
  readonly rule: string;
  readonly feature: Feature;
  readonly case: object;
  readonly field: string;
  readonly with: string | null;
  readonly without: string | null;
  /** Features without which a row says nothing, and those with which it says nothing. */
  readonly beside?: readonly Feature[];
  readonly lacking?: readonly Feature[];
  /** Whether the XSAVE area must have gaps. */
  readonly gaps?: boolean;
}

/** APX, whose place is that of MPX, before AVX-512, and last in the compacted format. */
const APX = { number: 19, offset: 960, size: 128, supervisor: false, aligned: false };
const XSTATES: Readonly<Record<string, Xstate>> = {
  none: NO_XSTATE,
  AMX: AMX_XSTATE,
  APX: {
    ...AMX_XSTATE,
    ...{ components: [...AMX_XSTATE.components, APX], xcr0: 0xe_02e7, xfeatures: 0xa_02e7 },
  },
};

/** A line has what the cases after it show, or a case, and fields that are predicted, or null: not; both can have a part of the machine. */
interface Line {
  readonly shows?: string;
  readonly features?: readonly Feature[];
  readonly xstate?: string;
  readonly name?: string;
  readonly case: object;
  readonly expected: Readonly<Record<string, string | null>>;
}

let shown: Line | undefined;
for (const [k, line] of jsonLines<Line>("support/predictions").entries()) {
  if (line.shows !== undefined) {
    shown = line;
    continue;
  }
  const { features = [], xstate, case: document, expected } = { ...shown, ...line };
  machines(`${shown?.shows}: ${line.name ?? `line ${k + 1}`}`, () => {
    const machine = { ...machineWith(...features), ...(xstate && XSTATES[xstate]) };
    const it = parseCase({ schema: "stublab.case/1", ...document });
    const { predicted } = predict(it, { machine });
    for (const [field, word] of Object.entries(expected))
      assert.is(predicted.get(field), word === null ? undefined : BigInt(word), field);
  });
}

/** Rules with features that a machine with these tests hardly has. Below their most no selectors are drawn: W70 above has it. */
const RARE = [
  ["R109", "x32", []],
  ["W70", "sud_half", ["W70.USER_PTR_MAX = 0x7fffffffffffefff"]],
  ["W70", "sud_tagged", ["W70.USER_PTR_MAX = 0x7fffffffffffe000"]],
] as const;

for (const [id, feature, beyond] of RARE) {
  machines(`${id} with ${feature}: cases that are drawn show its mutants`, () => {
    const machine = machineWith("sud", feature);
    using trier = new HermeticTrier(machine);
    using batch = new Batch(512);
    const generator = new Generator(1n, { ...machine, path: "both" });
    const missing = new Map(
      mutants(machine)
        .filter(({ rule }) => rule === id)
        .map(({ name, change }) => [name, new Model(machine, change)]),
    );
    for (let index = 0; index < 50_000; index += 512) {
      generator.generate(batch, 0, index, 512);
      trier.run(batch, 512);
      for (const [name, model] of missing) {
        for (let i = 0; i < 512 && missing.has(name); i++)
          if (model.differs(batch, i)) missing.delete(name);
      }
    }
    assert.equal([...missing.keys()], beyond);
  });
}

const ROWS = jsonLines<Row>("support/machine_rows");

machines("each rule and each number that depends on the machine is here", () => {
  const conditional = rules().flatMap(({ id, feature, valuesWith }) => [
    ...(feature === undefined ? [] : [id]),
    ...Object.values(valuesWith).flatMap((values) =>
      Object.keys(values).map((name) => `${id}.${name}`),
    ),
  ]);
  lists(ROWS, conditional, ({ rule }) => rule);
});

for (const row of ROWS) {
  const { rule, feature, field, beside = [], lacking = [] } = row;
  machines(`${rule}: ${field} with and without ${feature}`, () => {
    const it = parseCase({ schema: "stublab.case/1", ...row.case });
    for (const isWith of [true, false]) {
      const whole = machineWith(...(isWith ? [feature] : []), ...beside);
      const absent = [...lacking, ...(isWith ? [] : [feature])];
      const features = whole.features.filter((each) => !absent.includes(each));
      const machine = { ...whole, ...(row.gaps && AMX_XSTATE), features };
      const { predicted, rules: used } = predict(it, { machine });
      const word = isWith ? row.with : row.without;
      assert.is(predicted.get(field), word === null ? undefined : BigInt(word), `${isWith}`);
      const condition = ruleOf(rule)?.feature;
      if (condition === undefined) continue;
      assert.is(
        used.some(({ id }) => id === rule),
        (condition === feature) === isWith,
      );
    }
  });
}
