import { loadShim } from "../../core/shim/shim.ts";
import { seedOf } from "../../lib/cases/random.ts";
import { InputError } from "../../lib/errors.ts";
import {
  abortSignal,
  callback,
  checkOptions,
  count,
  type OptionShapes,
  oneOf,
  optional,
  type Shape,
  seconds,
  text,
} from "../../lib/shape.ts";
import { DEFAULT_PATH, PATHS } from "./draw/arch.ts";
import { MODEL_SHAPES } from "./known/arch.ts";
import type { Machine } from "./machine.ts";
import { expectRule, holds } from "./predict/rules.ts";
import { startCrew } from "./run/crew.ts";
import { RunFolder } from "./run/folder.ts";
import type { Finding } from "./run/fuzz_findings.ts";
import type { FuzzOptions, FuzzResult } from "./run/options.ts";
import { Session } from "./run/session.ts";
import { shardShape } from "./run/state.ts";

export const MOST_WORKERS = 256;

/**
 * Tries register setups in real stubs, compares each outcome with the model's prediction, and minimizes what differs.
 * The same seed gives the same result, whatever the number of workers, and however often the run was killed and
 * continued. With `corpus`, findings are written as `stublab fuzz` writes them.
 *
 * @throws InputError if an option is invalid or the folder belongs to another run; OutputError if the folder cannot be
 * written; what `progress` throws; the reason of `signal`; and what creating stubs throws. No process is left in any case.
 *
 * @example
 * const { findings, cases } = await fuzz({ seed: 7, cases: 100_000, corpus: "run7" });
 * console.log(`${findings.length} findings in ${cases} cases`);
 */
export async function fuzz(options: FuzzOptions = {}): Promise<FuzzResult> {
  const run = fuzzFindings(options);
  for (;;) {
    const { done, value } = await run.next();
    if (done) return value;
  }
}

/**
 * The same run, as an iteration over its findings: each is yielded when it is found and minimized, first those of
 * earlier sessions. The run waits while the loop's body does. Leaving the loop ends the run. A caller that takes findings by
 * `next` calls `return` in the end: a run that is dropped keeps its processes and their stubs until this process ends.
 *
 * @returns the result, which a `for await` loop discards
 * @throws as `fuzz` does
 *
 * @example
 * for await (const { subject, it } of fuzzFindings({ seconds: 60 })) {
 *   console.log(subject, formatCase(it));
 *   break;
 * }
 */
export async function* fuzzFindings(
  options: FuzzOptions = {},
): AsyncGenerator<Finding, FuzzResult, undefined> {
  checkOptions(options, "options", SHAPES);
  const { corpus, shard = null, workers = 1, change, known, signal } = options;
  signal?.throwIfAborted();
  using folder = corpus === undefined ? undefined : new RunFolder(corpus);
  const given = optional(seedOf)(options.seed, "options.seed");
  const seed = given ?? folder?.run?.seed ?? 1n;
  const path = options.path ?? folder?.run?.path ?? DEFAULT_PATH;
  const focus = options.focus ?? folder?.run?.focus;
  const first = loadShim().getcpu() + (shard === null ? 0 : (shard.index - 1) * workers);
  const plan = { seed, path, focus, change, known };
  const crew = await startCrew(plan, workers, first);
  try {
    const { machine } = crew;
    if (focus !== undefined) expectHolds(focus, machine);
    folder?.begin({ ...plan, machine });
    using session = new Session(plan, crew, folder, options);
    return yield* session.run();
  } finally {
    await Promise.all(crew.members.map((member) => member.end()));
  }
}

/** @throws InputError if a rule does not hold on a machine */
function expectHolds(id: string, { features }: Machine): void {
  const rule = expectRule(id, "focus");
  if (holds(rule, features)) return;
  throw new InputError(`focus: rule ${id} does not hold on this machine`, {
    remedy: `it holds ${rule.feature?.startsWith("!") ? "without" : "with"} ${rule.feature?.replace("!", "")}`,
  });
}

const focusShape: Shape<string> = (value, place) => expectRule(text(value, place), place).id;

const folderPath: Shape<string> = (value, place) => {
  const path = text(value, place);
  if (path !== "") return path;
  throw new InputError(`${place}: expected the path of a folder, got an empty string`);
};

const SHAPES: OptionShapes<FuzzOptions> = {
  seed: seedOf,
  path: oneOf(PATHS),
  focus: focusShape,
  cases: count(Number.MAX_SAFE_INTEGER),
  seconds,
  corpus: folderPath,
  workers: count(MOST_WORKERS, 1),
  shard: shardShape,
  ...MODEL_SHAPES,
  signal: abortSignal,
  stop: abortSignal,
  progress: callback,
};
