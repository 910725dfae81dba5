/* The tables of facts and features. Only those of one architecture can be made: their cases have its registers. */

import { spawnSync } from "node:child_process";
import { HOST_ARCH } from "../../../core/machine/index.ts";
import { UnsupportedError } from "../../../lib/errors.ts";
import { list, parseJson, record, text } from "../../../lib/shape.ts";
import { pathOfProbe } from "../probe/run.ts";
import AMD64_FEATURES from "./amd64/features.jsonl";
import AMD64_SETUPS from "./amd64/setups.jsonl";
import ARM64_FEATURES from "./arm64/features.jsonl";
import ARM64_SETUPS from "./arm64/setups.jsonl";
import type { Fact } from "./fact.ts";
import { parseFeatures, parseSetupFacts } from "./setups.ts";

const { SETUPS, FEATURES } = {
  amd64: { SETUPS: AMD64_SETUPS, FEATURES: AMD64_FEATURES },
  arm64: { SETUPS: ARM64_SETUPS, FEATURES: ARM64_FEATURES },
}[HOST_ARCH];

/** The facts that are cases. */
export const SETUP_FACTS = parseSetupFacts(SETUPS);
/** In the order in which the probe tries them. */
export const FEATURE_TRIALS = parseFeatures(FEATURES);

let all: readonly Fact[] | undefined;

/** All facts: those that are not cases the probe lists, with their checks. @throws UnsupportedError */
export function allFacts(): readonly Fact[] {
  all ??= [...SETUP_FACTS, ...probeFacts()];
  return all;
}

/** The fact of a name; one that this version does not have has no more than that. */
export function factOf(name: string, group = "unknown facts"): Fact {
  const known = allFacts().find((fact) => fact.name === name);
  return known ?? { name, group, source: "", rules: [], checks: [] };
}

const MOST = 100_000;
const factShape = record({
  ...{ fact: text, group: text, source: text },
  checks: list(text, MOST),
});

function probeFacts(): Fact[] {
  const { stdout, status, error } = spawnSync(pathOfProbe(HOST_ARCH), ["conformance", "--list"], {
    encoding: "utf8",
    maxBuffer: 1 << 27,
  });
  if (status !== 0)
    throw new UnsupportedError(`the probe cannot list its facts: ${error?.message ?? stdout}`);
  const setups = new Set(SETUP_FACTS.map(({ name }) => name));
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => factShape(parseJson(line), ""))
    .filter(({ fact }) => !setups.has(fact))
    .map(({ fact, checks, ...head }) => {
      return { name: fact, ...head, rules: [], checks: checks.map((name) => ({ name })) };
    });
}
