import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SCRATCH } from "../../../src/labs/fuzz/case/amd64/code.ts";
import { Batch } from "../../../src/labs/fuzz/case/batch.ts";
import { type Case, parseCase } from "../../../src/labs/fuzz/case/case.ts";
import { Generator } from "../../../src/labs/fuzz/draw/generate.ts";
import type { Feature, Machine } from "../../../src/labs/fuzz/machine.ts";
import { NO_XSTATE } from "../../../src/labs/fuzz/machine.ts";
import { Model } from "../../../src/labs/fuzz/predict/model.ts";
import { predict } from "../../../src/labs/fuzz/predict/predict.ts";
import { ruleOf, rules } from "../../../src/labs/fuzz/predict/rules.ts";
import { HermeticTrier } from "../../support/hermetic.ts";
import { frame, lock, machineWith } from "../../support/hidden_cases.ts";
import { mutants } from "../../support/model_mutants.ts";
import { dispatching, SIMPLE, seed } from "../../support/seeds.ts";
import { AMX_XSTATE } from "../../support/xstates.ts";

const machines = suite("fuzz: rules that depend on the machine");

const [SIGTRAP, SIGSEGV, EINVAL] = [5n, 11n, 22n];
const COMPACTED = 1n << 63n;
/** The end of the lower half of addresses, and the last one in it that may have tags. */
const HALF = 1n << 63n;
const TAGGED = HALF - 4096n;

const pairs = (way: "SETFPREGS" | "XSTATE", ...list: [bigint, bigint][]): Case => ({
  ...{ ...SIMPLE, way, block: [], length: way === "XSTATE" ? 2432 : 0 },
  pairs: list.map(([offset, word]) => ({ offset, word })),
});

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

const ROWS: readonly Row[] = readFileSync("test/support/machine_rows.jsonl", "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

machines("W71: PKRU reads as 0 unless the header names it", () => {
  const read = (it: Case) =>
    predict(it, { machine: machineWith("pku") }).predicted.get("written.0");
  assert.is(read(lock(0x200n, 0x5555_5554n)), 0x5555_5554n);
  assert.is(read(lock(7n, 0x5555_5554n)), 0n);
});

/** With TILECFG, and TILEDATA, which has to be requested. */
const WITH_AMX: Machine = { ...machineWith("pku", "xsavec"), ...AMX_XSTATE };
const onAmx = (it: Case, change: Partial<Machine> = {}) =>
  predict(it, { machine: { ...WITH_AMX, ...change } }).predicted;
const area = (...list: [bigint, bigint][]): Case => ({
  ...pairs("XSTATE", ...list),
  length: 11008,
});

machines("W34, W31: an area reports a component that has to be requested, and takes none", () => {
  assert.is(onAmx(area([464n, 0n])).get("written.0"), 0x6_02e7n);
  assert.is(onAmx(area([512n, 0x2_0000n])).get("error"), 0n);
  assert.is(onAmx(area([512n, 0x4_0000n])).get("error"), EINVAL);
});

machines("an area has each component where the processor has it, and zeros in gaps", () => {
  const read = (offset: bigint, header = 0x2_02e7n) =>
    onAmx(area([offset, 7n], [512n, header])).get("written.0");
  for (const offset of [576n, 1088n, 1152n, 1664n, 2680n, 2688n, 2752n])
    assert.is(read(offset), 7n, `${offset}`);
  // Gaps, TILEDATA, and a component that the header does not name.
  for (const offset of [832n, 1080n, 2696n, 2744n, 2816n, 11_000n])
    assert.is(read(offset), 0n, `${offset}`);
  assert.is(read(1088n, 0xc7n), 0n);
});

machines("R17: a frame has the components that a process has without a request", () => {
  const rsp = SCRATCH + 8192n;
  const entered = onAmx(seed("nops", { rsp }, { signal: 10 }));
  const below = (rsp - 128n - 2816n - 4n) & ~63n;
  assert.is(entered.get("stopped.rsp"), ((below - 440n) & ~15n) - 8n);
});

/** APX, whose place is that of MPX, before AVX-512, and last in the compacted format. */
const APX = { number: 19, offset: 960, size: 128, supervisor: false, aligned: false };
const WITH_APX = {
  components: [...AMX_XSTATE.components, APX],
  xcr0: 0xe_02e7,
  xfeatures: 0xa_02e7,
};

machines("a frame is refused for components that are not in XCR0, and no others", () => {
  const status = (features: bigint, change = {}) =>
    onAmx(frame(SCRATCH, { 512: features }), change).get("signal");
  // TILEDATA is not taken, but no error: it is in XCR0.
  for (const features of [0x2_02e7n, 0x4_0007n]) assert.is(status(features), SIGTRAP);
  for (const features of [8n, 0x800n, 0x8_0007n]) assert.is(status(features), SIGSEGV);
  assert.is(status(0x8_0007n, WITH_APX), SIGTRAP);
});

machines("a compacted frame has its components in their order, TILECFG aligned", () => {
  const taken = (layout: bigint, at: number, offset: number, change = {}) =>
    onAmx(
      frame(SCRATCH, { 520: COMPACTED | layout, 512: layout, [at]: 1n, [offset]: 0n }),
      change,
    ).get("written.3");
  assert.is(taken(0x27n, 832, 1088), 1n);
  assert.is(taken(0x47n, 832, 1152), 1n);
  // After PKRU at 832 to 840.
  assert.is(taken(0x2_0207n, 896, 2752), 1n);
  assert.is(taken(0x2_0207n, 840, 2752), 0n);
  assert.is(taken(0x8_0207n, 840, 960, WITH_APX), 1n);
});

machines("S26: a configuration of tiles that LDTILECFG refuses reads as 0", () => {
  const read = (words: Readonly<Record<number, bigint>>) =>
    onAmx(frame(SCRATCH, words)).get("written.0");
  assert.is(read({ 2752: 1n }), 1n);
  assert.is(read({ 2752: 0x101n, 2768: 0x40n, 2800: 0x10n }), 0x101n);
  for (const words of [
    { 2752: 2n },
    { 2752: 0x10001n },
    { 2752: 1n, 2768: 0x40n },
    { 2752: 1n, 2800: 1n },
    { 2752: 1n, 2808: 1n },
    { 2752: 1n, 2768: 0x41n, 2800: 1n },
    { 2752: 1n, 2768: 0x40n, 2800: 0x11n },
  ])
    assert.is(read(words), 0n, JSON.stringify(Object.keys(words)));
});

const WITHOUT_XSAVE: Machine = { ...machineWith(), ...NO_XSTATE };

machines("R17: a frame has an area of FXSAVE, without a magic word, if there is no XSAVE", () => {
  const top = SCRATCH + 4096n;
  const entered = (machine: Machine) =>
    predict(seed("nops", { rsp: top }, { signal: 10 }), { machine }).predicted.get("stopped.rsp");
  const frameBelow = (area: bigint) => ((area - 440n) & ~15n) - 8n;
  assert.is(entered(WITHOUT_XSAVE), frameBelow((top - 128n - 512n) & ~63n));
  assert.is(entered(machineWith()), frameBelow((top - 128n - 2432n - 4n) & ~63n));
});

machines("W28: without XSAVE SETFPREGS keeps all bytes", () => {
  const read = (machine: Machine) =>
    predict(pairs("SETFPREGS", [416n, 7n]), { machine }).predicted.get("written.0");
  assert.is(read(WITHOUT_XSAVE), 7n);
  assert.is(read(machineWith()), 0n);
});

machines("W70: what a kernel accepts of all that it may accept is the most", () => {
  const most = (...features: Feature[]) => {
    const limit = [0x7fff_ffff_f000n, 0xff_ffff_ffff_f000n, TAGGED, HALF - 1n].filter((at) => {
      const machine = machineWith("sud", ...features);
      return (
        predict(dispatching([1n, at, 0n, 0n], "int3"), { machine }).predicted.get("error") === 0n
      );
    });
    return limit.at(-1);
  };
  assert.is(most("la57"), 0xff_ffff_ffff_f000n);
  assert.is(most("sud_tagged", "la57"), TAGGED);
  assert.is(most("sud_half", "sud_tagged", "la57"), HALF - 1n);
  assert.is(most("sud_half", "sud_tagged"), HALF - 1n);
});

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

machines("each rule and each number that depends on the machine is here", () => {
  const conditional = rules().flatMap(({ id, feature, valuesWith }) => [
    ...(feature === undefined ? [] : [id]),
    ...Object.values(valuesWith).flatMap((values) =>
      Object.keys(values).map((name) => `${id}.${name}`),
    ),
  ]);
  assert.equal(
    ROWS.map(({ rule }) => rule),
    conditional,
  );
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

machines.run();
