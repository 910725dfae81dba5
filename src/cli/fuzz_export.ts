import { HOST_ARCH } from "../core/machine/index.ts";
import { type CaseOutcome, Examiner } from "../labs/fuzz/examiner.ts";
import { initramfs } from "../labs/fuzz/probe/initramfs.ts";
import { readProbe } from "../labs/fuzz/probe/run.ts";
import { isProcessors, processorProgram } from "../labs/fuzz/tell/attribution.ts";
import {
  bisection,
  caseReport,
  REPORT_FILES,
  type ReportOptions,
  readSightings,
} from "../labs/fuzz/tell/case_report.ts";
import { exportC } from "../labs/fuzz/tell/export_c.ts";
import { caseJson } from "../labs/fuzz/tell/told.ts";
import { InputError } from "../lib/errors.ts";
import { inputName, type Limit, readInput } from "../lib/input.ts";
import { visible } from "../lib/visible.ts";
import { caseIn, planted, readDocument } from "./case_file.ts";
import { writeWalk } from "./fuzz_walks.ts";
import { writeOutput, writeOutputs } from "./output_file.ts";
import { talk } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { exporting } from "./table/fuzz.ts";

const LOG_LIMIT: Limit = { most: 16 << 20, of: "a log" };

export async function runExport(path: string | undefined, values: Values<typeof exporting>) {
  const { as: form, seen = [], known, output = "/dev/stdout" } = values;
  const isReport = form === "report";
  if (isReport && (values.output === undefined || values.plant !== undefined))
    throw new InputError("a report needs a folder, -o DIR, and takes no --plant");
  if (seen.length > 0 && !isReport) throw new InputError("--seen is for --as report");
  if (form === "processor" || form === "bisect") {
    if (path !== undefined) throw new InputError(`--as ${form} takes no case`);
    const text = form === "bisect" ? bisection(known) : processorProgram();
    await writeOutput(output, text, form === "bisect" ? 0o755 : undefined);
    return 0;
  }
  if (path === undefined) throw new InputError("fuzz export needs a case");
  const document = readDocument(path);
  if (document.isWalk) return writeWalk(document, values);
  const change = planted(values.plant);
  using examiner = new Examiner({ change, known });
  const { machine } = examiner;
  const it = caseIn(document);
  const sightings = seen.flatMap((log) =>
    readSightings(readInput(log, LOG_LIMIT).toString(), inputName(log)),
  );
  const examination = examiner.examine(it);
  if (isReport) await writeReport(output, examination, { machine, known, sightings });
  else {
    const kselftest = form === "kselftest";
    await writeOutput(output, exportC(examination, { machine, known, change, kselftest }));
  }
  return 0;
}

async function writeReport(folder: string, examination: CaseOutcome, options: ReportOptions) {
  const { machine, known } = options;
  const document = caseJson(examination.it);
  const probe = readProbe(HOST_ARCH);
  await writeOutputs(folder, [
    [REPORT_FILES.case, document],
    [REPORT_FILES.program, exportC(examination, { machine, known })],
    [REPORT_FILES.selftest, exportC(examination, { machine, known, kselftest: true })],
    isProcessors(examination, machine)
      ? [REPORT_FILES.processor, processorProgram()]
      : [REPORT_FILES.bisection, bisection(known), 0o755],
    [REPORT_FILES.probe, probe, 0o755],
    [REPORT_FILES.archive, initramfs(probe, { [REPORT_FILES.case]: Buffer.from(document) })],
    [REPORT_FILES.report, caseReport(examination, options)],
  ]);
  talk(`the report is ${visible(`${folder}/${REPORT_FILES.report}`)}\n`);
}
