import { hex } from "../../errors.ts";
import { fieldValue } from "../tell/told.ts";
import { byGroup } from "./groups.ts";
import type { Unmet, Verdict } from "./run.ts";

/** Verdicts as JUnit's XML has them: a suite for each group, a case for each fact. */
export function formatJunit(verdicts: readonly Verdict[], seconds: number): string {
  const groups = byGroup(verdicts, ({ fact }) => fact.group);
  const suites = [...groups].map(([group, own]) => suite(group, own));
  const failures = verdicts.filter(({ held }) => held === false).length;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="stublab conformance" tests="${verdicts.length}" failures="${failures}" errors="0" time="${seconds.toFixed(3)}">
${suites.join("\n")}
</testsuites>
`;
}

function suite(group: string, verdicts: readonly Verdict[]): string {
  const cases = verdicts.map(testcase).join("\n");
  return `  <testsuite name="${xmlText(group)}" ${counts(verdicts)} errors="0">\n${cases}\n  </testsuite>`;
}

function counts(verdicts: readonly Verdict[]): string {
  const count = (held: boolean | null) => verdicts.filter((it) => it.held === held).length;
  return `tests="${verdicts.length}" failures="${count(false)}" skipped="${count(null)}"`;
}

function testcase(verdict: Verdict): string {
  const { name, group } = verdict.fact;
  const head = `    <testcase name="${xmlText(name)}" classname="${xmlText(group)}"`;
  if (verdict.held === true) return `${head}/>`;
  const inner =
    verdict.held === null
      ? `<skipped message="${xmlText(verdict.reason)}"/>`
      : failure(verdict.fact.rule, verdict.unmet);
  return `${head}>\n      ${inner}\n    </testcase>`;
}

function failure(rule: string, unmet: readonly Unmet[]): string {
  const lines = unmet.map(tellUnmet);
  const message = xmlText(lines[0] ?? "");
  return `<failure message="${message}" type="${xmlText(rule)}">${xmlText(lines.join("\n"))}</failure>`;
}

/** A field that is other than a fact has it, in a line. */
export function tellUnmet({ field, expected, seen }: Unmet): string {
  const here = seen === null ? "it does not come to that" : `seen ${fieldValue(field, seen)}`;
  return `${field}: expected ${fieldValue(field, expected)}, ${here}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Text for an attribute or an element; characters that XML has not are shown by their number. */
function xmlText(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\x20-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, (character) =>
      hex(BigInt(character.codePointAt(0) ?? 0)),
    )
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
    .replaceAll(/[\n\r\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}
