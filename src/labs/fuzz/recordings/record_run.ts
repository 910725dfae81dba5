import { setImmediate } from "node:timers/promises";
import { callback, checkOptions, type OptionShapes, optional, text } from "../../../lib/shape.ts";
import type { Case } from "../case/case.ts";
import type { Fields } from "../case/fields.ts";
import { CONSTANTS } from "../case/records.ts";
import { Generator } from "../draw/generate.ts";
import { stableFields } from "../examiner.ts";
import { Experiment } from "../experiment.ts";
import { deviationsOf, type KnownName, knownShape } from "../known/arch.ts";
import { Model } from "../predict/model.ts";
import type { FuzzResult } from "../run/options.ts";
import { formatRecording } from "./recording.ts";

/** For each stop, in milliseconds, as workers have it. */
const DEADLINE = 2000;
/** Cases that are tried at once. */
const CHUNK = 100;

export interface RecordOptions {
  /** The list of known deviations that the run had. */
  readonly known?: KnownName | undefined;
  /** Where the recording is made, in a sentence. */
  readonly about?: string | undefined;
  /** Receives the share that is done, from 0 to 1. */
  readonly progress?: ((share: number) => void) | undefined;
}

/**
 * Makes a recording of a run: the first case of each kind of outcome is tried twice more, in stubs with
 * different parents and after other cases. The fields that are the same both times are recorded.
 *
 * @returns the text of a file for `judge`
 * @throws what creating stubs and trying cases throws; what `progress` throws
 *
 * @example
 * writeFileSync("mine.jsonl", await recordRun(await fuzz({ cases: 100_000 })));
 */
export async function recordRun(
  run: Pick<FuzzResult, "seed" | "path" | "focus" | "machine" | "state">,
  options: RecordOptions = {},
): Promise<string> {
  checkOptions(options, "options", SHAPES);
  const { known, about, progress = () => {} } = options;
  using experiment = new Experiment({
    deadline: DEADLINE,
    capacity: CHUNK * CONSTANTS.MOST_STEPS,
    known,
  });
  const cases = casesOf(run, known);
  const seen = await tryAll(experiment, cases, (share) => progress(share / 2));
  experiment.trier.renewAll();
  const others = await tryAll(experiment, cases.toReversed(), (share) => progress((1 + share) / 2));
  const recorded = cases.map((it, i) => {
    const [one = new Map(), other = new Map()] = [seen[i], others.at(-1 - i)];
    return { it, seen: stableFields(one, other, experiment.trier) };
  });
  // What cannot be tried, or is another each time, says nothing.
  const telling = recorded.filter((each) => each.seen.has("error"));
  return formatRecording({ machine: experiment.machine, known, about }, telling);
}

/** The first case of each kind of outcome. */
function casesOf(
  { seed, path, focus, machine, state }: Parameters<typeof recordRun>[0],
  known: KnownName | undefined,
): Case[] {
  new Model(machine, undefined, deviationsOf(known)).select();
  const generator = new Generator(seed, { ...machine, path, known, near: focus ?? "rare" });
  return state.signatures.map(({ index }) => generator.at(index));
}

async function tryAll(
  experiment: Experiment,
  cases: readonly Case[],
  progress: (share: number) => void,
): Promise<Fields[]> {
  const seen: Fields[] = [];
  for (let at = 0; at < cases.length; at += CHUNK) {
    seen.push(...experiment.try(cases.slice(at, at + CHUNK)));
    progress(seen.length / cases.length);
    // Signals are delivered between two turns of the event loop.
    await setImmediate();
  }
  return seen;
}

const SHAPES: OptionShapes<RecordOptions> = {
  known: knownShape,
  about: optional(text),
  progress: callback,
};
