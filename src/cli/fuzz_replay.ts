import { stepsOf } from "../labs/fuzz/case/case.ts";
import { type CaseOutcome, Examiner } from "../labs/fuzz/examiner.ts";
import { changedWords } from "../labs/fuzz/predict/minimize.ts";
import { explanations } from "../labs/fuzz/tell/attribution.ts";
import { caseJson, outcomeTable } from "../labs/fuzz/tell/told.ts";
import { InputError, UnsupportedError } from "../lib/errors.ts";
import { counted } from "../lib/page/figures.ts";
import { CANNOT, caseIn, type Named, planted, readDocument, readDocuments } from "./case_file.ts";
import { caseText } from "./case_text.ts";
import { replayWalk } from "./fuzz_walks.ts";
import { writeOutput } from "./output_file.ts";
import { publish, talk } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { minimize, replay } from "./table/fuzz.ts";

/** Tries what a document has, or a log, one after the other. */
export async function runReplay(path: string, values: Values<typeof replay>) {
  const documents = readDocuments(path);
  if (documents.length > 1 && values.json)
    throw new InputError(`--json is for one case or walk, and the log has ${documents.length}`);
  const statuses = [];
  for (const document of documents) {
    const replayed = document.isWalk ? replayWalk(document, values) : replayCase(document, values);
    statuses.push(await replayed);
  }
  return statuses.includes(1) ? 1 : Math.min(...statuses);
}

function replayCase(document: Named, { plant, known, json }: Values<typeof replay>): number {
  const change = planted(plant);
  using examiner = new Examiner({ change, known });
  const { machine } = examiner;
  const it = caseIn(document);
  const examination = examiner.examine(it);
  const { differences, causes, untried } = examination;
  const why = differences.length === 0 ? [] : explanations(causes, machine);
  const ends = [verdictOf(examination, stepsOf(it).length), ...why];
  const text = caseText(examination, "outcome, on", { machine, change }, ends);
  publish(json, "stublab.replay/1", outcomeTable(examination, machine), text);
  if (untried !== undefined) return CANNOT;
  return differences.length === 0 ? 0 : 1;
}

/** @param steps of the whole case: those after one that differs are not tried */
function verdictOf({ it, differences, unpredicted, untried }: CaseOutcome, steps: number): string {
  if (untried !== undefined) return `This kernel cannot be given the case: ${untried}.`;
  const [count, shown] = [differences.length, stepsOf(it).length];
  const rest = shown === steps ? "" : " Steps after it are not shown.";
  if (count > 0) {
    const which = `${counted(count, "field")}${steps === 1 ? "" : ` of step ${shown}`}`;
    return `${which} differ${count === 1 ? "s" : ""} from the prediction.${rest}`;
  }
  const why = unpredicted === null ? "" : `; by rule ${unpredicted} the stop is not predicted`;
  return `The outcome matches the prediction${why}.${rest}`;
}

export async function runMinimize(path: string, values: Values<typeof minimize>) {
  const { plant, known, output = "/dev/stdout" } = values;
  const document = readDocument(path);
  if (document.isWalk) {
    throw new InputError("fuzz minimize takes a case, got a walk", {
      remedy: "the probe has shortened a walk before it prints it",
    });
  }
  using examiner = new Examiner({ change: planted(plant), known });
  const it = caseIn(document);
  const { differences, untried } = examiner.examine(it);
  if (differences.length === 0) {
    const why = untried ?? "its outcome matches the prediction";
    throw new UnsupportedError(`the case does not differ on this machine: ${why}`, {
      remedy: "minimize it on the kernel where it differs",
    });
  }
  const small = examiner.minimize(it);
  await writeOutput(output, caseJson(small));
  const [before, after] = [changedWords(it), changedWords(small)];
  const [steps, left] = [stepsOf(it).length, stepsOf(small).length];
  const fewer = steps === 1 ? "" : `; ${steps} steps, ${left} now`;
  talk(`${counted(before, "word")} differed from the baseline, ${after} now${fewer}\n`);
  return 0;
}
