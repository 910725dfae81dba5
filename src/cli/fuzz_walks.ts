/* What `stublab fuzz` and its commands do with walks of tasks instead of setups. */

import { release } from "node:os";
import { exportWalk } from "../labs/fuzz/walks/export_walk.ts";
import { takeWalks, type WalkFinding, type WalkRule } from "../labs/fuzz/walks/take.ts";
import { InputError } from "../lib/errors.ts";
import { count } from "../lib/page/figures.ts";
import { visible } from "../lib/visible.ts";
import { CANNOT, type Named } from "./case_file.ts";
import { finishing } from "./interruption.ts";
import { writeOutput } from "./output_file.ts";
import type { Progress } from "./progress.ts";
import { paint, publish } from "./report.ts";
import { row, some } from "./rows.ts";
import type { Values } from "./table/command.ts";
import type { exporting, fuzz, replay } from "./table/fuzz.ts";

const DEFAULT_WALKS = 20_000;
/** Options of a run of setups. */
const OF_SETUPS = ["focus", "corpus", "shard", "known", "record", "outcomes", "against"] as const;

const planting = (plant: string | undefined): string[] => {
  if (plant === undefined || /^T\d+$/.test(plant)) return plant ? ["--plant", plant] : [];
  throw new InputError(`--plant: a walk has rules about tasks, such as T4, got "${plant}"`);
};

const ruleText = ({ rule, text }: WalkRule): string =>
  `    vanishes without ${rule}${text === null ? ", which is planted" : `: ${visible(text)}`}\n`;

function findingText({ index, walk, field, predicted, seen, rules }: WalkFinding): string {
  const actions = walk.actions.map((action, i) => `    ${i + 1}. ${visible(action)}\n`);
  const what = visible(`${field}: predicted ${predicted}, got ${seen}`);
  return [
    `  ${index === null ? "" : `walk ${index}: `}${what}\n`,
    ...actions,
    ...rules.map(ruleText),
    rules.length === 0 ? "    no single rule explains it\n" : "",
    `    ${visible(JSON.stringify(walk))}\n`,
  ].join("");
}

/** Takes random walks, and prints the report. */
export async function fuzzWalks(
  values: Values<typeof fuzz>,
  line: Progress,
  interrupted: AbortSignal,
): Promise<number> {
  const { seed = 1n, seconds, plant, json } = values;
  const stray = OF_SETUPS.find((name) => values[name] !== undefined);
  if (stray !== undefined) throw new InputError(`--path tasks takes no --${stray}`);
  if (values.workers > 1) throw new InputError("--path tasks takes one of --workers");
  const cases = values.cases ?? (seconds === undefined ? DEFAULT_WALKS : undefined);
  const limits = [
    ...(cases === undefined ? [] : ["--cases", `${cases}`]),
    ...(seconds === undefined ? [] : ["--seconds", `${seconds}`]),
  ];
  const started = performance.now();
  const run = await takeWalks(
    ["fuzz", "--path", "tasks", "--seed", `${seed}`, ...limits, ...planting(plant)],
    {
      interrupted,
      onWalks: (walks) => {
        const spent = (performance.now() - started) / 1000;
        line.show(
          Math.min(1, cases ? walks / cases : spent / (seconds ?? 1)),
          `${count(walks)} walks`,
        );
      },
    },
  );
  line.clear();
  const { steps: _, skipped, ...told } = run;
  const { walks, undecided, unconfirmed, differing, findings, lacking } = told;
  const report = {
    kernel: release(),
    seed: `0x${seed.toString(16)}`,
    planted: plant ?? null,
    ...told,
    skipped,
  };
  const verdict =
    skipped !== null
      ? paint("red", `none: ${skipped}`)
      : differing === 0
        ? paint("green", "none: every walk matched its prediction")
        : paint("red", count(differing));
  const text = [
    row("kernel", `Linux ${report.kernel}`),
    row("run", `seed ${seed}${plant === undefined ? "" : `, planted: ${plant}`}`),
    row("walks", count(walks)),
    ...lacking.map(({ rule, text }) => row("lacks", `${rule}: ${text}`)),
    some("undecided", undecided, "walks may go on in more ways than are followed"),
    some("unconfirmed", unconfirmed, "walks differed only once"),
    row("findings", verdict),
    ...findings.map(findingText),
  ].join("");
  publish(json, "stublab.fuzz-walks/1", report, text);
  return skipped !== null ? CANNOT : differing === 0 ? 0 : 1;
}

/** Takes the walk of a document. @throws InputError that names the input */
const take = ({ name, content }: Named, args: readonly string[]) =>
  finishing(async (interrupted) => {
    try {
      return await takeWalks(["walk", ...args, "-"], { input: content.toString(), interrupted });
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      throw new InputError(`${name}: ${cause.message}`, { cause });
    }
  });

export async function replayWalk(document: Named, values: Values<typeof replay>): Promise<number> {
  if (values.known !== undefined) throw new InputError("a walk takes no --known");
  const { findings, skipped, lacking } = await take(document, planting(values.plant));
  const [finding = null] = findings;
  const text =
    skipped !== null
      ? `This kernel cannot be given the walk: ${skipped}.\n`
      : finding === null
        ? "The walk is as predicted.\n"
        : findingText(finding);
  publish(values.json, "stublab.walk-replay/1", { finding, lacking, skipped }, text);
  return skipped !== null ? CANNOT : finding === null ? 0 : 1;
}

export async function writeWalk(document: Named, values: Values<typeof exporting>) {
  const { as: form, plant, known, output = "/dev/stdout" } = values;
  if (form !== "c" || known !== undefined) {
    throw new InputError("a walk is exported as a program in C only, without --known");
  }
  const { steps, skipped } = await take(document, ["--steps", ...planting(plant)]);
  if (skipped !== null)
    throw new InputError(`${document.name}: the walk has no prediction: ${skipped}`);
  await writeOutput(
    output,
    exportWalk(steps, [
      "Takes a walk of tasks, and compares it with a model of Linux. Exit status: 0 if all is as",
      "predicted, 1 if something is not, 3 if no process can be cloned.",
      "",
      `Made by stublab on Linux ${release()}. Build: cc -std=gnu11 -Wall -Wextra -o walk walk.c`,
    ]),
  );
  return 0;
}
