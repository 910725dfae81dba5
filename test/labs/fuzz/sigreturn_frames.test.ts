import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseCase } from "../../../src/labs/fuzz/case/case.ts";
import { predict } from "../../../src/labs/fuzz/predict/predict.ts";
import { HERMETIC } from "../../support/hermetic.ts";

const frames = suite("fuzz: floating point of signal frames");

const machine = { ...HERMETIC, features: [...HERMETIC.features, "xsavec" as const] };

/** A case that returns from a signal, and fields of its outcome. One that is refused has SIGSEGV, SI_KERNEL. */
interface Row {
  readonly name: string;
  readonly case: object;
  readonly expected: Readonly<Record<string, string>>;
}

const ROWS: readonly Row[] = readFileSync("test/support/frames.jsonl", "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

for (const { name, case: given, expected } of ROWS) {
  frames(name, () => {
    const it = parseCase({ schema: "stublab.case/1", way: "SIGRETURN", ...given });
    const { predicted } = predict(it, { machine });
    for (const [field, word] of Object.entries(expected))
      assert.is(predicted.get(field), BigInt(word), field);
  });
}

frames.run();
