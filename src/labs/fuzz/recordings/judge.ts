import { HOST_ARCH } from "../../../core/machine/index.ts";
import { InputError, UnsupportedError } from "../../../lib/errors.ts";
import { bytes, checkOptions, type OptionShapes } from "../../../lib/shape.ts";
import { startWorker } from "../../../lib/worker.ts";
import type { Change } from "../predict/model.ts";
import { changeShape } from "../predict/plant.ts";
import { differenceTable, kindRow } from "../tell/told.ts";
import { type Contradiction, groupsOf, type Judgement, judgeHere } from "./judge_here.ts";
import type { Answer, Order } from "./judge_worker.ts";
import { RecordingFile } from "./recording.ts";

export interface JudgeOptions {
  /** A rule of the model to remove or alter: a planted bug, to see whether the recording shows it. */
  readonly change?: Change | undefined;
}

/**
 * Predicts each case of a recording by the machine that it describes, and compares. Nothing is tried, and no process is
 * created, so recordings of other processors, kernels and architectures are judged anywhere.
 *
 * @param content of a file that `stublab fuzz --record` has written, with or without gzip
 * @throws InputError that names the line if the recording is malformed; UnsupportedError if it is of another
 * architecture whose model cannot be loaded
 *
 * @example
 * const { cases, contradictions } = await judge(readFileSync("intel.jsonl.gz"));
 * console.log(`${contradictions.length} contradictions in ${cases} cases`);
 */
export async function judge(content: Uint8Array, options: JudgeOptions = {}): Promise<Judgement> {
  bytes(content, "content");
  checkOptions(options, "options", SHAPES);
  const { change } = options;
  const file = new RecordingFile(content);
  if (file.arch === HOST_ARCH) return judgeHere(file, change);
  const answer = await ask({ arch: file.arch, content, change });
  if ("judgement" in answer) return answer.judgement;
  if (answer.isInput) throw new InputError(answer.failure);
  throw new UnsupportedError(
    `a recording of ${file.arch} cannot be judged by this ${HOST_ARCH} program: ${answer.failure}`,
  );
}

const SHAPES: OptionShapes<JudgeOptions> = { change: changeShape };

function ask(order: Order): Promise<Answer> {
  return new Promise((resolve) => {
    const fail = (why: string) => resolve({ failure: why, isInput: false });
    const worker = startWorker("judge_worker.js", order);
    worker.on("message", resolve);
    worker.on("error", ({ message }) => fail(message));
    worker.on("exit", () => fail("its thread ended"));
  });
}

export const JUDGEMENT_SCHEMA = "stublab.judgement/1";

/** So many cases of each group are shown. */
const FIRST = 3;

/** A judgement as a document "stublab.judgement/1" (docs/fuzzing.md). */
export type JudgementReport = ReturnType<typeof judgementReport>;

export function judgementReport({ machine, contradictions, causes, ...judgement }: Judgement) {
  const { known = null, about = null, planted, cases, unpredicted } = judgement;
  return {
    ...{ machine, known, about, planted, cases },
    unpredicted: {
      cases: unpredicted.reduce((sum, { cases }) => sum + cases, 0),
      rules: unpredicted,
    },
    contradictions: {
      cases: contradictions.length,
      causes: causes.map(({ lines, ...cause }) => ({
        ...cause,
        cases: lines.length,
        first: contradictions
          .filter(({ line }) => lines.includes(line))
          .slice(0, FIRST)
          .map(row),
      })),
      groups: groupsOf(contradictions).map(([kind, group]) => ({
        ...kindRow(kind),
        cases: group.length,
        first: group.slice(0, FIRST).map(row),
      })),
    },
  };
}

function row({ differences, ...contradiction }: Contradiction) {
  return { ...contradiction, differences: differenceTable(differences) };
}
