import { agreementGrid, detailGrids } from "../labs/compare/grids.ts";
import type { CompareReport } from "../labs/compare/report.ts";
import { storiesOf } from "../labs/compare/stories.ts";
import { summaryOf } from "../labs/compare/summary.ts";
import { gridText, storyText } from "./block_text.ts";
import { paint } from "./report.ts";

/**
 * A comparison as text for a terminal: each finding, then one line.
 *
 * @param verbose whether to add the tables, and to show excused differences in full
 */
export function compareText(report: CompareReport, verbose?: boolean): string {
  const stories = storiesOf(report);
  const excused = stories.filter(({ excuse }) => excuse !== null && !verbose);
  const parts = [
    ...(verbose ? [agreementGrid(report, stories), ...detailGrids(report)].map(gridText) : []),
    ...stories.filter((story) => !excused.includes(story)).map(storyText),
    excused.map(({ title, beside, excuse }) => `${title}  ${beside}: ${excuse}`).join("\n"),
    report.notes.map((note) => `note: ${note}`).join("\n"),
    ending(report),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** One line, or two if something was found. */
function ending(report: CompareReport): string {
  const { outcome, statements, run, rest } = summaryOf(report);
  const found = outcome === "findings";
  const told = outcome === "nothing" ? ["nothing was compared"] : statements.map((it) => it.text);
  const result = paint(outcome === "agreement" ? "green" : "red", told.join("; "));
  return `${result}${found ? "\n" : ": "}${[run, ...rest].join("; ")}`;
}
