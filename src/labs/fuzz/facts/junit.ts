import { hex } from "../../../lib/errors.ts";
import type { Machine } from "../try/machine.ts";
import { failedShare, failureLines, processorNotes, skipText } from "./failures.ts";
import { byGroup, countsOf, type Verdict } from "./verdict.ts";

/**
 * Verdicts as JUnit's XML has them: a suite for each group, a case for each fact.
 *
 * @param machine that of the verdicts: the properties of each suite
 */
export function formatJunit(
  verdicts: readonly Verdict[],
  seconds: number,
  machine?: Machine,
): string {
  const properties = machine === undefined ? "" : propertiesOf(machine);
  const suites = [...byGroup(verdicts, ({ fact }) => fact.group)].map(([group, own]) => {
    const cases = own.map((verdict) => testcase(verdict, machine)).join("\n");
    const head = `<testsuite name="${xmlText(group)}" ${counts(own)}>`;
    return `  ${head}\n${properties}${cases}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="stublab conformance" ${counts(verdicts)} time="${seconds.toFixed(3)}">
${suites.join("\n")}
</testsuites>
`;
}

function propertiesOf({ release, vendor, family, model, features }: Machine): string {
  const table = { kernel: release, vendor, family, model, features: features.join(" ") };
  const rows = Object.entries(table).map(
    ([name, value]) => `      <property name="${name}" value="${xmlText(String(value))}"/>\n`,
  );
  return `    <properties>\n${rows.join("")}    </properties>\n`;
}

function counts(verdicts: readonly Verdict[]): string {
  const { facts, failed, skipped, known = 0 } = countsOf(verdicts);
  return `tests="${facts}" failures="${failed}" skipped="${skipped + known}" errors="0"`;
}

function testcase(verdict: Verdict, machine: Machine | undefined): string {
  const { name, group } = verdict.fact;
  const head = `    <testcase name="${xmlText(name)}" classname="${xmlText(group)}"`;
  if (verdict.status === "held") return `${head}/>`;
  const inner =
    verdict.status === "failed"
      ? failure(verdict, machine)
      : `<skipped message="${xmlText(verdict.status === "known" ? "known" : skipText(verdict))}"/>`;
  return `${head}>\n      ${inner}\n    </testcase>`;
}

function failure(verdict: Verdict, machine: Machine | undefined): string {
  const lines = [...failureLines(verdict), ...processorNotes(verdict, machine)];
  const message = xmlText(failedShare(verdict) || (lines[0] ?? ""));
  const type = xmlText(verdict.fact.source);
  return `<failure message="${message}" type="${type}">${xmlText(lines.join("\n"))}</failure>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" },
};

/** Text for an attribute or an element; characters that XML lacks are shown by their number. */
function xmlText(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\x20-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, (character) =>
      hex(BigInt(character.codePointAt(0) ?? 0)),
    )
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
    .replaceAll(/[\n\r\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}
