import type { Machine } from "../machine.ts";
import { failureLines, processorNotes, skippedLines, skipText } from "./failures.ts";
import { machineLine, type VerdictLog } from "./log.ts";
import { byGroup, type Verdict } from "./verdict.ts";

/**
 * Documentation/dev-tools/ktap.rst: a test for each group, a subtest for each fact. The probe prints the same
 * (shim/probe/facts.c), and log.ts reads it.
 */
export function formatKtap(
  verdicts: readonly Verdict[],
  { machine, known = "" }: Partial<Pick<VerdictLog, "machine" | "known">> = {},
): string {
  const groups = [...byGroup(verdicts, ({ fact }) => fact.group)];
  const tests = groups.map(([group, own], i) => {
    const lines = [
      ...plan(own.length),
      ...own.flatMap((it, k) => subtest(it, k, known, machine)),
    ].map((line) => `  ${line}`);
    const failed = own.some(({ status }) => status === "failed");
    return [...lines, `${failed ? "not ok" : "ok"} ${i + 1} ${described(group)}`].join("\n");
  });
  const head = machine === undefined ? [] : [machineLine(machine)];
  return `${[...plan(groups.length), ...head, ...tests].join("\n")}\n`;
}

function plan(tests: number): string[] {
  return ["KTAP version 1", `1..${tests}`];
}

function subtest(verdict: Verdict, i: number, known: string, machine?: Machine): string[] {
  const { fact, status } = verdict;
  const line = `${status === "failed" ? "not ok" : "ok"} ${i + 1} ${described(fact.name)}`;
  if (status === "skipped") return [`${line} # SKIP ${skipText(verdict)}`];
  const reasons = [...processorNotes(verdict, machine), ...skippedLines([verdict])];
  const notes = [...failureLines(verdict), ...reasons].map((note) => `# ${note}`);
  // ksft_test_result_xfail has the same: it failed as expected, which no tool counts as a failure.
  return [...notes, status === "known" ? `${line} # XFAIL known: ${described(known)}` : line];
}

/** A number sign would begin a directive. */
function described(text: string): string {
  return text.replaceAll("#", "\\#");
}
