/*
 * A trial that cannot find its feature, or always finds it, is useless, and findings blame the processor then. So each is
 * flipped: predicted for machines with its feature and without it. What the model does not know, machines have shown.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { HOST_ARCH } from "../../src/core/machine/index.ts";
import { FEATURE_TRIALS } from "../../src/labs/fuzz/facts/arch.ts";
import type { SetupCheck } from "../../src/labs/fuzz/facts/fact.ts";
import { NEEDS } from "../../src/labs/fuzz/facts/needs.ts";
import type { KnownName } from "../../src/labs/fuzz/known/arch.ts";
import { FEATURES, type Machine } from "../../src/labs/fuzz/machine.ts";
import { predict } from "../../src/labs/fuzz/predict/predict.ts";
import { RecordingFile, type RecordingHeader } from "../../src/labs/fuzz/recordings/recording.ts";
import { HERMETIC } from "./hermetic.ts";

export const RECORDINGS = "test/recordings";

/** The heads of the recordings of this architecture, by their files. */
export const recordedMachines = (): ReadonlyMap<string, RecordingHeader> =>
  new Map(
    readdirSync(RECORDINGS)
      .map(
        (name) => [name, new RecordingFile(readFileSync(join(RECORDINGS, name))).header] as const,
      )
      .filter(([, { machine }]) => (machine.arch ?? "amd64") === HOST_ARCH),
  );

/** Whether a machine has what a check needs. */
export function allows({ features, xfeatures }: Machine, { needs }: SetupCheck): boolean {
  return needs.every((need) => {
    const { feature, lacks = false, components = 0 } = NEEDS.find((it) => it.need === need) ?? {};
    if (feature === undefined) return (xfeatures & components) !== 0;
    return features.includes(feature) !== lacks;
  });
}

/** HERMETIC with features, or without those that begin with "!". */
function machineOf(...changes: readonly string[]): Machine {
  const names = new Set<string>(HERMETIC.features);
  for (const name of changes) {
    if (name.startsWith("!")) names.delete(name.slice(1));
    else names.add(name);
  }
  return { ...HERMETIC, features: FEATURES.filter((name) => names.has(name)) };
}

/** Whether a trial finds its feature; undefined if that is not predicted. */
function finds({ it, expected }: SetupCheck, machine: Machine, known?: KnownName) {
  const { predicted } = predict(it, { machine, known });
  const fields = [...expected];
  if (fields.some(([field, word]) => (predicted.get(field) ?? word) !== word)) return false;
  return fields.every(([field]) => predicted.has(field)) ? true : undefined;
}

/** The features beside a trial's own that decide whether it can be found. */
const BESIDE: Readonly<Record<string, string>> = { uprobe_eproto: "!uprobe" };

/**
 * Adds a test of each trial, and of all for each recording.
 *
 * @param unknown the features whose trials the model cannot predict
 */
export function testTrials(tests: Test, unknown: readonly string[]): void {
  const trials = FEATURE_TRIALS.filter(({ name }) => !unknown.includes(name));
  for (const trial of trials) {
    const { name, needs } = trial;
    const beside = [BESIDE[name] ?? [], needs.includes("LA57") ? "la57" : []].flat();
    tests(`the trial of ${[name, ...needs].join(", ")} finds it, and misses it`, () => {
      assert.is(finds(trial, machineOf(...beside, name)), true);
      assert.is(finds(trial, machineOf(...beside, `!${name}`)), false);
    });
  }
  for (const [file, { machine, known }] of recordedMachines()) {
    tests(`the trials find what the recording ${file} has`, () => {
      for (const trial of trials.filter((each) => allows(machine, each))) {
        const isFound = machine.features.some((name) => name === trial.name);
        assert.is(finds(trial, machine, known), isFound, trial.name);
      }
    });
  }
}
