/* The findings of a run: each made small, looked at once more, and written into a folder of its own. */

import { type Case, formatCase } from "./case.ts";
import { Examiner } from "./examiner.ts";
import { onceOf, replayOf, subjectOf, writeFinding } from "./finding.ts";
import type { Machine } from "./machine.ts";
import type { Change } from "./model/model.ts";
import type { FieldDifference } from "./predicted.ts";
import type { FoundCase } from "./run_state.ts";
import { formatSignature } from "./signature.ts";

/** More than these are told of only as they were found: what differs so often differs for one reason. */
const MOST = 100;

/** A finding, looked at. */
export interface ExaminedFinding {
  readonly signature: string;
  /** The number of its case; -1 of one that somebody gave. */
  readonly index: number;
  /** As it was found. */
  readonly original: Case;
  /** As small as it can be. */
  readonly it: Case;
  readonly differences: readonly FieldDifference[];
  /** In a few words; undefined where it was not looked at. */
  readonly subject: string | undefined;
  readonly folder: string | null;
}

export interface FindingsOptions {
  readonly machine: Machine;
  /** The folder of the run, if it has one. */
  readonly corpus: string | undefined;
  /** The command that finds it again. */
  readonly command: string;
  readonly change?: Change | undefined;
}

/**
 * Looks at findings, and writes those that have no folder yet. Those that come to the same case when they are made small
 * are one; one that does not come again stays as it was found.
 *
 * @throws OutputError
 */
export function examineFindings(
  findings: readonly FoundCase[],
  { machine, corpus, command, change }: FindingsOptions,
): ExaminedFinding[] {
  if (findings.length === 0) return [];
  using examiner = new Examiner(change === undefined ? {} : { change });
  const examined: ExaminedFinding[] = [];
  const small = new Set<string>();
  for (const [i, { key, index, it: original, kind: seenFirst }] of findings.entries()) {
    const signature = formatSignature(key);
    const found = { signature, index, original };
    if (i >= MOST) {
      const nothing = { differences: [], subject: undefined, folder: null };
      examined.push({ ...found, it: original, ...nothing });
      continue;
    }
    const comesAgain = examiner.examine(original).differences.length > 0;
    const it = comesAgain ? examiner.minimize(original) : original;
    const document = JSON.stringify(formatCase(it, examiner.constants));
    if (small.has(document)) continue;
    small.add(document);
    const examination = examiner.examine(it);
    const { constants } = examiner;
    // No seed comes upon a case that somebody gave.
    const by = index < 0 ? replayOf("original.json", change) : command;
    const finding = { signature, examination, original, seenFirst, machine, change, found: by };
    const folder = corpus === undefined ? null : writeFinding(corpus, finding, constants);
    const subject = comesAgain ? subjectOf(examination, constants) : onceOf(seenFirst, constants);
    examined.push({ ...found, it, differences: examination.differences, subject, folder });
  }
  return examined;
}
