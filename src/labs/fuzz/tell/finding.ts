/*
 * A finding is a folder, named by its signature, with all that a reader needs who knows nothing of the run: the case as
 * it was found and minimized, what was predicted and what was seen, on which machine, and a program in C.
 */

import { join } from "node:path";
import { HOST_ARCH } from "../../../core/machine/index.ts";
import { Folder, unwritable } from "../../../lib/folder.ts";
import type { Case } from "../case/case.ts";
import { formatCase } from "../case/text.ts";
import type { CaseOutcome } from "../examiner.ts";
import { type ModelOptions, modelOptions } from "../known/arch.ts";
import type { Machine } from "../machine.ts";
import type { DifferenceKind } from "../predict/differences.ts";
import { isProcessors, PROCESSOR_PROGRAM, processorProgram } from "./attribution.ts";
import { exportC } from "./export_c.ts";
import { kindRow, outcomeTable } from "./told.ts";

/** The folder of all findings of a run. */
export const FINDINGS = "findings";

/** What helps if a run cannot write. */
export const CONTINUES =
  "the same command continues, once there is room, or in a folder that can be written";

const FINDING_SCHEMA = "stublab.finding/1";

/** What is written about a case whose outcome contradicts its prediction. */
export interface FindingContent extends ModelOptions {
  /** A name for its kind, of letters and digits. */
  readonly signature: string;
  readonly examination: CaseOutcome;
  readonly original: Case;
  /** How it first differed when it was found. */
  readonly seenFirst: DifferenceKind;
  readonly machine: Machine;
  /** The command that finds it again, such as "stublab fuzz --seed 7 --cases 4000". */
  readonly found: string;
}

/**
 * Writes a finding into a folder of its own among the findings of a corpus: it is there as a whole or not at all. If
 * there is one of that signature it stays as it is.
 *
 * @returns the path of its folder
 * @throws OutputError if it cannot be written; InputError if a link stands for the findings.
 */
export function writeFinding(corpus: string, finding: FindingContent): string {
  const target = join(corpus, FINDINGS, finding.signature);
  try {
    using folder = Folder.open(corpus);
    using findings = folder.makeFolder(FINDINGS);
    if (!findings.has(finding.signature)) writeWhole(findings, finding);
  } catch (cause) {
    throw unwritable(`finding ${target}`, cause, CONTINUES);
  }
  return target;
}

function writeWhole(findings: Folder, finding: FindingContent): void {
  const { signature, examination, original, seenFirst, machine, found, change, known } = finding;
  const document = {
    ...{ schema: FINDING_SCHEMA, signature },
    ...outcomeTable(examination, machine),
    seenFirst: kindRow(seenFirst),
    found,
    replay: `stublab fuzz replay case.json${modelOptions(finding)}`,
  };
  const json = (content: object) => `${JSON.stringify(content, null, 2)}\n`;
  // One that a process left behind when it was killed has the same name.
  const temporary = `.${signature}.partial`;
  findings.remove(temporary);
  try {
    using folder = findings.makeFolder(temporary);
    folder.create("case.json", json(formatCase(examination.it)));
    folder.create("original.json", json(formatCase(original)));
    folder.create("finding.json", json(document));
    // A program in C is for amd64.
    if (HOST_ARCH === "amd64")
      folder.create("repro.c", exportC(examination, { machine, change, known }));
    if (isProcessors(examination, machine)) folder.create(PROCESSOR_PROGRAM, processorProgram());
    findings.rename(temporary, signature);
  } catch (error) {
    findings.remove(temporary);
    throw error;
  }
}
