import { HOST_ARCH } from "../core/machine/index.ts";
import { type CaseOutcome, Examiner } from "../labs/fuzz/examiner.ts";
import { readProbe } from "../labs/fuzz/probe/file.ts";
import { initramfs } from "../labs/fuzz/probe/initramfs.ts";
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
import { planted, readCase } from "./case_file.ts";
import { writeOutput, writeOutputs } from "./output_file.ts";
import { talk } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { exporting } from "./table/fuzz.ts";

const LOG_LIMIT: Limit = { most: 16 << 20, of: "a log" };

export async function runExport(path: string | undefined, values: Values<typeof exporting>) {
  const { c, kselftest, processor, report, seen = [], known, output = "/dev/stdout" } = values;
  if (!c && !kselftest && !processor && report === undefined) {
    throw new InputError("fuzz export needs a language", {
      remedy: "use --c to write a C program, --kselftest for a selftest, or --report for both",
    });
  }
  if (seen.length > 0 && report === undefined) {
    throw new InputError("--seen is for the report: it needs --report");
  }
  if (processor) {
    if (path !== undefined) throw new InputError("--processor takes no case");
    await writeOutput(output, processorProgram());
    return 0;
  }
  if (path === undefined) throw new InputError("fuzz export needs a case");
  const change = planted(values.plant);
  using examiner = new Examiner({ change, known });
  const { machine } = examiner;
  const it = readCase(path);
  const sightings = seen.flatMap((log) =>
    readSightings(readInput(log, LOG_LIMIT).toString(), inputName(log)),
  );
  const examination = examiner.examine(it);
  const options = { machine, known };
  if (report !== undefined) await writeReport(report, examination, { ...options, sightings });
  else await writeOutput(output, exportC(examination, { ...options, change, kselftest }));
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
