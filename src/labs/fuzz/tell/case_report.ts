/* A report about a case in Markdown, for people who know nothing of stublab: who maintain the kernel in question. */

import { InputError } from "../../../lib/errors.ts";
import { visible } from "../../../lib/visible.ts";
import { stepsOf } from "../case/case.ts";
import type { CaseOutcome } from "../examiner.ts";
import { type KnownName, knownLine, knownOption } from "../known/arch.ts";
import { type Entry, entriesOf } from "../log/entries.ts";
import type { Machine } from "../machine.ts";
import { explanations, isProcessors, PROCESSOR_PROGRAM } from "./attribution.ts";
import { readCopied } from "./copied.ts";
import { actOf } from "./export_c.ts";
import { caseJson, fieldRows, machineLine, subjectOf, tellField } from "./told.ts";

/** What a report says beside the case. */
export interface ReportOptions {
  /** The machine on which the case was tried. */
  readonly machine: Machine;
  /** The known deviations that the model predicted, if any. */
  readonly known?: KnownName | undefined;
  /** What other kernels do with the case. */
  readonly sightings?: readonly Sighting[];
}

/** The names of the files beside a report, which its commands are about. */
export const REPORT_FILES = {
  report: "report.md",
  case: "case.json",
  program: "repro.c",
  selftest: "selftest.c",
  bisection: "bisect.sh",
  processor: PROCESSOR_PROGRAM,
  probe: "probe",
  archive: "probe.cpio",
} as const;

/** A script for `git bisect run`, which the build copies. */
export function bisection(known?: KnownName): string {
  const script = readCopied(REPORT_FILES.bisection);
  return script.replace("replay /case.json", `replay${knownOption(known)} /case.json`);
}

export function caseReport(
  examination: CaseOutcome,
  { machine, known, sightings = [] }: ReportOptions,
) {
  const { it, differences, rules, unpredicted, causes } = examination;
  const acts = stepsOf(it).map(actOf);
  const here: Sighting = {
    kernel: `Linux ${machine.release}`,
    machine: machineLine(machine).replace(/^.* on (?=x86-64)/, ""),
    result: differences.length === 0 ? "as predicted" : `differs: ${subjectOf(differences, it)}`,
  };
  const why = differences.length === 0 ? [] : explanations(causes, machine);
  const explained = why.map(inert).join("\n");
  const missing =
    unpredicted === null ? "" : `\nThe stop is not predicted, because of rule ${unpredicted}.\n`;
  return `# ${inert(subjectOf(differences, it))}

${acts.length === 1 ? acts[0] : acts.map((act, i) => `${i + 1}. ${act}`).join("\n")}${known === undefined ? "" : `\n\n${knownLine(known)}`}

## Expected and seen

${fieldTables(examination).join("\n\n")}
${missing}
Fields that are not listed are as written.

## Why this is expected

${rules.map(({ id, told, source }) => `- ${id}: ${inert(told)} (${inert(source)})\n`).join("") || "Every register is accepted unchanged.\n"}
${explained && `${explained}\n\n`}## Kernels

${table(
  ["kernel", "outcome", "processor"],
  [here, ...sightings].map(({ kernel, result, machine: processor }) =>
    [kernel, result, processor].map(inert),
  ),
)}

\`stublab fuzz export ${REPORT_FILES.case} --as report -o .${knownOption(known)} --seen LOG\` adds a kernel, for a LOG of the probe's \`replay\` there.
${commands(knownOption(known))}
${isProcessors(examination, machine) ? ASK_PROCESSOR : FIND_COMMIT}
The probe is also written by \`npx stublab probe -o ${REPORT_FILES.probe}\`, and the archive by
\`npx stublab probe --initrd --case ${REPORT_FILES.case} -o ${REPORT_FILES.archive}\`.

## The case

\`\`\`json
${caseJson(it)}\`\`\`
`;
}

/** A table for each step. */
function fieldTables(examination: CaseOutcome): string[] {
  return fieldRows(examination).map((rows, i, { length }) => {
    const texts = rows.map(({ name, predicted: p, seen: s, differs }) => {
      const told = (word: bigint | undefined, otherwise: string) =>
        word === undefined ? otherwise : inert(tellField(name, word));
      return [differs ? `**${name}**` : name, told(p, "not predicted"), told(s, "-")];
    });
    const head = length === 1 ? "" : `Step ${i + 1} of ${length}:\n\n`;
    return head + table(["field", "expected", "seen"], texts);
  });
}

/** What the reader can do in the folder of the report. */
const commands = (option: string) => `
## Repeat it

In this folder, on Linux on x86-64:

\`\`\`sh
cc -std=c11 -Wall -Wextra -o repro ${REPORT_FILES.program} && ./repro
./${REPORT_FILES.probe} replay${option} ${REPORT_FILES.case}
\`\`\`

\`repro\` exits with 0 if the outcome is the one that is seen above. The probe needs no libraries and no files. It exits
with 0 if the outcome is as expected on the kernel that runs, and with 1 if it is not.

On another kernel, under QEMU, with the probe as process 1:

\`\`\`sh
qemu-system-x86_64 -cpu max -kernel bzImage -initrd ${REPORT_FILES.archive} -nographic -no-reboot \\
  -append "console=ttyS0 quiet panic=-1 -- replay${option} /${REPORT_FILES.case}"
\`\`\`

As a selftest, in a tree of the kernel:

\`\`\`sh
cp ${REPORT_FILES.selftest} linux/tools/testing/selftests/x86/
cc -Wall -Wextra -o selftest linux/tools/testing/selftests/x86/${REPORT_FILES.selftest} && ./selftest
\`\`\`
`;

const ASK_PROCESSOR = `## Ask the processor

\`\`\`sh
cc -o processor ${PROCESSOR_PROGRAM} && ./processor
\`\`\`

It makes the same accesses in user mode, without ptrace, and names the rules that each is about. If the outcome there is
the one that is seen here, the processor does that by itself, and the kernel is not to blame.
`;

const FIND_COMMIT = `## Find the commit

In a tree of the kernel, where FOLDER is this folder, and the outcome differs from BAD on, and not at GOOD:

\`\`\`sh
git bisect start BAD GOOD && git bisect run FOLDER/${REPORT_FILES.bisection}
\`\`\`

If later kernels are as expected, and earlier ones are not:

\`\`\`sh
git bisect start --term-new=fixed --term-old=broken FIXED BROKEN
FIXED=1 git bisect run FOLDER/${REPORT_FILES.bisection}
\`\`\`
`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return `${line(head)}${line(head.map(() => "---"))}${rows.map(line).join("")}`.trimEnd();
}

/** Text without anything that Markdown would interpret. */
function inert(text: string): string {
  return visible(text).replaceAll(/[\\`*_<>[\]|]/g, "\\$&");
}

/* What logs of the probe say about a case: on which kernels its outcome is as predicted. */

/** What a kernel does with a case. */
export interface Sighting {
  readonly kernel: string;
  readonly machine: string;
  readonly result: string;
}

/**
 * The kernels of a log of `probe replay case.json`, which may be the console of a machine, or several logs in one.
 *
 * @param name what stands for the kernel if the log does not say which it is
 * @throws InputError if a kernel has tried several cases
 */
export function readSightings(log: string, name: string): Sighting[] {
  const kernels: Entry[][] = [[]];
  for (const entry of entriesOf(log)) {
    if (entry.is === "kernel" && kernels.at(-1)?.length !== 0) kernels.push([]);
    kernels.at(-1)?.push(entry);
  }
  const isNamed = (entries: readonly Entry[]) => entries.some(({ is }) => is === "kernel");
  const named = kernels.filter(isNamed);
  return (named.length > 0 ? named : kernels).map((entries) => {
    const text = (of: Entry["is"]) =>
      entries.flatMap((it) => (it.is === of && "text" in it ? it.text : []))[0];
    return {
      kernel: text("kernel") ?? name,
      machine: text("processor") ?? "?",
      result: resultOf(entries, name),
    };
  });
}

function resultOf(entries: readonly Entry[], name: string): string {
  const results = entries.flatMap((it) =>
    it.is === "result" && /^case\b/.test(it.name) ? it : [],
  );
  const [result, other] = results;
  if (other !== undefined) {
    throw new InputError(`${name} has the results of several cases`, {
      remedy: "it should be the output of probe replay case.json",
    });
  }
  if (result === undefined) return "no result";
  const why = result.reason || result.name.replace(/^case(, )?/, "");
  if (result.isOk) return why === "" ? "as predicted" : why;
  const [first] = entries.flatMap((it) => (it.is === "difference" ? it : []));
  return first === undefined
    ? "differs"
    : `differs: ${first.field} is ${first.seen}, and ${first.predicted} is expected`;
}
