import { failureLines, skipText } from "./failures.ts";
import { byGroup, type Verdict } from "./verdict.ts";

/** Documentation/dev-tools/ktap.rst: a test for each group, a subtest for each fact. */
export function formatKtap(verdicts: readonly Verdict[]): string {
  const groups = [...byGroup(verdicts, ({ fact }) => fact.group)];
  const tests = groups.map(([group, own], i) => {
    const lines = [...plan(own.length), ...own.flatMap(subtest)].map((line) => `  ${line}`);
    const failed = own.some(({ status }) => status === "failed");
    return [...lines, `${failed ? "not ok" : "ok"} ${i + 1} ${described(group)}`].join("\n");
  });
  return `${[...plan(groups.length), ...tests].join("\n")}\n`;
}

function plan(tests: number): string[] {
  return ["KTAP version 1", `1..${tests}`];
}

function subtest(verdict: Verdict, i: number): string[] {
  const { fact, status } = verdict;
  const line = `${status === "failed" ? "not ok" : "ok"} ${i + 1} ${described(fact.name)}`;
  if (status === "held") return [line];
  if (status === "skipped") return [`${line} # SKIP ${skipText(verdict)}`];
  return [...failureLines(verdict).map((failure) => `# ${failure}`), line];
}

/** A number sign would begin a directive. */
function described(text: string): string {
  return text.replaceAll("#", "\\#");
}
