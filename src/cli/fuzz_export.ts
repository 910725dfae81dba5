import { HOST_ARCH } from "../core/machine/index.ts";
import { type CaseOutcome, Examiner } from "../labs/fuzz/examiner.ts";
import { KNOWN_NAMES } from "../labs/fuzz/known/arch.ts";
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
import { UnsupportedError } from "../lib/errors.ts";
import { inputName, type Limit, readInput } from "../lib/input.ts";
import { visible } from "../lib/visible.ts";
import { CASE_HELP, readCase } from "./case_file.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { MODEL_OPTIONS, modelOf } from "./model_options.ts";
import { writeOutput, writeOutputs } from "./output_file.ts";
import { print, talk } from "./report.ts";

const help = `usage: stublab fuzz export CASE --c | --kselftest | --report FOLDER [options]
       stublab fuzz export --processor [-o FILE]

Tries a register setup, and writes a C program that tries it without Node.js or stublab, or a report with all that
repeats it.

  --c                 write a C program that compares the outcome with the prediction and with the outcome seen here
  --kselftest         write a C program in the style of the kernel's selftests that compares it with the prediction, and
                      reports in KTAP
  --report FOLDER     write into a folder: a report in Markdown, the case, both programs, the probe, an initramfs with
                      the probe and the case, and a script for \`git bisect run\`, or the program about processors
  --processor         write a C program that tries in user mode, without ptrace, what rules say about processors
  --seen LOG          for the report: the output of \`probe replay case.json\` on another kernel. May be repeated
  --plant RULE        plant a bug in the model, as in \`stublab fuzz replay\` (not with --report)
  --known LIST        the list of known deviations that the model predicts: ${KNOWN_NAMES}
  -o, --output FILE   write the program to FILE (default: standard output)

${CASE_HELP}

Exit status of the C program: 0 if the outcome is the one seen here, 1 if it differs, 2 if the case cannot be tried. Of
the selftest: 0 if the outcome is as predicted, 1 if it differs, 4 if the case cannot be tried.

The selftest includes ../kselftest.h. In a tree of the kernel its place is tools/testing/selftests/x86, or another folder
of selftests; in its Makefile, add its name to the tests for 64 bits. Elsewhere, add -I TREE/tools/testing/selftests/x86.

examples:
  stublab fuzz export case.json --c -o repro.c && cc -std=c11 -Wall -Wextra -o repro repro.c && ./repro
  stublab fuzz export case.json --kselftest -o linux/tools/testing/selftests/x86/ptrace_restart.c
  stublab fuzz export case.json --report restart --seen linux-5.10.log --seen linux-7.3.log
`;

const OPTIONS = {
  c: { type: "boolean", default: false },
  kselftest: { type: "boolean", default: false },
  processor: { type: "boolean", default: false },
  report: { type: "string" },
  seen: { type: "string", multiple: true },
  output: { type: "string", short: "o" },
  ...MODEL_OPTIONS,
} as const;

const LOG_LIMIT: Limit = { most: 16 << 20, of: "a log" };

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const { c, kselftest, report, processor, seen = [], output, plant } = values;
  if (Number(c) + Number(kselftest) + Number(report !== undefined) + Number(processor) !== 1) {
    throw new UsageError("fuzz export needs a language", {
      remedy: "use --c to write a C program, --kselftest for a selftest, or --report for both",
    });
  }
  if (report !== undefined && (plant !== undefined || output !== undefined)) {
    const other = plant === undefined ? "-o" : "--plant";
    throw new UsageError(`--report and ${other} exclude each other`, {
      remedy:
        other === "-o" ? "--report names the output folder" : "the probe has the model as it is",
    });
  }
  if (seen.length > 0 && report === undefined) {
    throw new UsageError("--seen is for the report: it needs --report");
  }
  if (processor) {
    if (positionals.length > 0) throw new UsageError("--processor takes no case");
    return write(processorProgram(), output);
  }
  const { change, known } = modelOf(values);
  using examiner = new Examiner({ change, known });
  const { machine } = examiner;
  const it = readCase("fuzz export", positionals);
  const sightings = seen.flatMap((path) =>
    readSightings(readInput(path, LOG_LIMIT).toString(), inputName(path)),
  );
  const examination = examiner.examine(it);
  if (report !== undefined) {
    await writeReport(report, examination, { machine, known, sightings });
    return 0;
  }
  return write(exportC(examination, { machine, change, known, kselftest }), output);
}

async function write(text: string, output: string | undefined): Promise<number> {
  if (output === undefined) print(text);
  else await writeOutput(output, text);
  return 0;
}

async function writeReport(
  folder: string,
  examination: CaseOutcome,
  options: ReportOptions,
): Promise<void> {
  const { machine, known } = options;
  const document = caseJson(examination.it);
  await writeOutputs(folder, [
    [REPORT_FILES.case, document],
    [REPORT_FILES.program, exportC(examination, { machine, known })],
    [REPORT_FILES.selftest, exportC(examination, { machine, known, kselftest: true })],
    isProcessors(examination, machine)
      ? [REPORT_FILES.processor, processorProgram()]
      : [REPORT_FILES.bisection, bisection(known), 0o755],
    ...probeFiles(document),
    [REPORT_FILES.report, caseReport(examination, options)],
  ]);
  talk(`the report is ${visible(`${folder}/${REPORT_FILES.report}`)}\n`);
}

/** A build may lack the probe; the report says how to get it. */
function probeFiles(document: string): [name: string, content: Uint8Array, mode: number][] {
  try {
    const probe = readProbe(HOST_ARCH);
    const archive = initramfs(probe, { [REPORT_FILES.case]: Buffer.from(document) });
    return [
      [REPORT_FILES.probe, probe, 0o755],
      [REPORT_FILES.archive, archive, 0o644],
    ];
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    talk(`stublab: without the probe: ${error.message}\n`);
    return [];
  }
}

export const fuzzExportCommand: Command = { help, run };
