/*
 * A finding is a folder, named by its signature, with all that somebody needs who has never heard of it: the case as
 * it was found and made small, what was predicted and what was seen, on which machine, and a program in C.
 */

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OutputError } from "../errors.ts";
import { type Case, formatCase } from "./case.ts";
import type { Examination } from "./examiner.ts";
import { exportC } from "./export_c.ts";
import type { Machine } from "./machine.ts";
import type { Change } from "./model/model.ts";
import { plantOption } from "./plant.ts";
import type { DifferenceKind } from "./predicted.ts";
import { differenceTable, fieldTable, kindRow, machineLine, ruleTable, tellField } from "./told.ts";

export const FINDING_SCHEMA = "stublab.finding/1";

/** What is written of a case that came otherwise than predicted. */
export interface Finding {
  /** A name for its kind, of letters and digits. */
  readonly signature: string;
  /** What is known of the case, made small. */
  readonly examination: Examination;
  readonly original: Case;
  /** How that differed first when it was come upon. */
  readonly seenFirst: DifferenceKind;
  readonly machine: Machine;
  /** The command that comes upon it again, such as "stublab fuzz --seed 7 --cases 4000". */
  readonly found: string;
  /** The bug that was planted in the model, where one was. */
  readonly change?: Change | undefined;
}

/** The command that tries a file of the folder again, in that folder. */
export const replayOf = (file: string, change: Change | undefined): string =>
  `stublab fuzz replay ${file}${plantOption(change)}`;

/**
 * Writes a finding into a folder of its own in `folder`: it is there as a whole or not at all. Where there is one of
 * that signature it stays as it is.
 *
 * @returns the folder
 * @throws OutputError where it cannot be written.
 */
export function writeFinding(
  folder: string,
  finding: Finding,
  constants: ReadonlyMap<string, bigint>,
): string {
  const target = join(folder, finding.signature);
  if (existsSync(target)) return target;
  // One that a process left behind when it was killed has the same name.
  const temporary = join(folder, `.${finding.signature}.partial`);
  try {
    if (!existsSync(folder)) mkdirSync(folder);
    if (existsSync(temporary)) rmSync(temporary, { recursive: true });
    mkdirSync(temporary);
    for (const [name, content] of filesOf(finding, constants)) {
      writeFileSync(join(temporary, name), content);
    }
    renameSync(temporary, target);
  } catch (cause) {
    if (existsSync(temporary)) rmSync(temporary, { recursive: true, force: true });
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split(", ");
    throw new OutputError(`finding ${target} cannot be written: ${why}`, {
      cause,
      ...(cause instanceof Error && "code" in cause && { errno: String(cause.code) }),
    });
  }
  return target;
}

/** The files of a finding's folder. */
function filesOf(
  finding: Finding,
  constants: ReadonlyMap<string, bigint>,
): [name: string, content: string][] {
  const { signature, examination, original, seenFirst, machine, found, change } = finding;
  const { it, predicted, seen, stable, differences, unpredicted, rules } = examination;
  const document = formatCase(it, constants);
  const json = (content: object) => `${JSON.stringify(content, null, 2)}\n`;
  return [
    ["case.json", json(document)],
    ["original.json", json(formatCase(original, constants))],
    [
      "finding.json",
      json({
        schema: FINDING_SCHEMA,
        signature,
        case: document,
        machine,
        found,
        replay: replayOf("case.json", change),
        differences: differenceTable(differences),
        seenFirst: kindRow(seenFirst),
        unpredicted,
        rules: ruleTable(rules),
        prediction: fieldTable(predicted),
        outcome: fieldTable(seen),
      }),
    ],
    [
      "repro.c",
      exportC(
        it,
        { predicted, seen: stable },
        {
          document,
          machine: machineLine(machine),
          subject: subjectOf(examination, constants),
          replayOptions: plantOption(change),
        },
      ),
    ],
  ];
}

/** What is wrong, in a sentence. */
export function subjectOf(
  { differences: [first] }: Pick<Examination, "differences">,
  constants: ReadonlyMap<string, bigint>,
): string {
  if (first === undefined) return "What is seen is what is predicted.";
  const { field, seen, predicted } = first;
  const tell = quoted(field, constants);
  return `${field} is ${seen === null ? "not there" : tell(seen)}, and ${tell(predicted)} is predicted.`;
}

/** The same of what did not come again. */
export function onceOf(
  { field, seen, predicted }: DifferenceKind,
  constants: ReadonlyMap<string, bigint>,
): string {
  const tell = quoted(field, constants);
  const was = seen === null ? "not as predicted" : tell(seen);
  const wanted = predicted === null ? "" : `, and ${tell(predicted)} is predicted`;
  return `It did not come again: once, ${field} was ${was}${wanted}.`;
}

function quoted(field: string, constants: ReadonlyMap<string, bigint>) {
  return (word: bigint): string => {
    const told = tellField(field, word, constants);
    return told.includes(" ") ? `"${told}"` : told;
  };
}
