import { hex } from "../../errors.ts";
import { failedShare, failureLines, skipText } from "./failures.ts";
import { byGroup, countsOf, type Verdict } from "./verdict.ts";

/** Verdicts as JUnit's XML has them: a suite for each group, a case for each fact. */
export function formatJunit(verdicts: readonly Verdict[], seconds: number): string {
  const suites = [...byGroup(verdicts, ({ fact }) => fact.group)].map(([group, own]) => {
    const cases = own.map(testcase).join("\n");
    return `  <testsuite name="${xmlText(group)}" ${counts(own)}>\n${cases}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="stublab conformance" ${counts(verdicts)} time="${seconds.toFixed(3)}">
${suites.join("\n")}
</testsuites>
`;
}

function counts(verdicts: readonly Verdict[]): string {
  const { facts, failed, skipped, known = 0 } = countsOf(verdicts);
  return `tests="${facts}" failures="${failed}" skipped="${skipped + known}" errors="0"`;
}

function testcase(verdict: Verdict): string {
  const { name, group } = verdict.fact;
  const head = `    <testcase name="${xmlText(name)}" classname="${xmlText(group)}"`;
  if (verdict.status === "held") return `${head}/>`;
  const inner =
    verdict.status === "failed"
      ? failure(verdict)
      : `<skipped message="${xmlText(verdict.status === "known" ? "known" : skipText(verdict))}"/>`;
  return `${head}>\n      ${inner}\n    </testcase>`;
}

function failure(verdict: Verdict): string {
  const lines = failureLines(verdict);
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
