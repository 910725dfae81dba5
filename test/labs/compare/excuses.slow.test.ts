// What is excused, and the mistakes beside it.
import { FUNCTIONS } from "../../../src/core/encoder/abi.ts";
import { openFileUnconfined } from "../../../src/labs/compare/encoders/foreign.ts";
import type { CompareReport, Disagreement } from "../../../src/labs/compare/report.ts";
import { localSubject } from "../../../src/labs/compare/subject.ts";
import { summaryOf } from "../../../src/labs/compare/summary.ts";
import { BESIDE, type Mistake, mistakenFile } from "../../support/mistakes.ts";

const excuses = suite("compare: excuses");

/** Of the functions of status words, every low half is a case. */
const casesOf = (name: FunctionName) => (FUNCTIONS[name].operation === "status" ? 70_000 : 3000);

async function reportOf(
  { name, change }: Pick<Mistake, "name" | "change">,
  live?: number,
): Promise<CompareReport> {
  const encoder = await openFileUnconfined(mistakenFile({ name, change }), "mine", "comparison");
  const subjects = [localSubject(encoder)];
  return (await compare({ subjects, only: [name], cases: casesOf(name), live })).report;
}

function caseOf(found?: Disagreement): string | undefined {
  return found?.input.map(({ name, word }) => `${name}=${word}`).join();
}

for (const { what, name, change, found, input } of BESIDE) {
  excuses(`${name}: ${what}`, async () => {
    for (const live of HOST_ARCH === "amd64" ? [undefined, 64] : [undefined]) {
      const report = await reportOf({ name, change }, live);
      const errors = report.disagreements.filter(({ apart }) => apart === null);
      lists(errors, [`${found} ${input}`], (each) => `${each.field} ${caseOf(each)}`);
      assert.is(summaryOf(report).outcome, "findings");
    }
  });
}

excuses("a refusal of what no kernel makes is excused; the report says why none does", async () => {
  const change = "(s) => (s > 64 && s < 127 ? -22 : model.waitKind(s))";
  const report = await reportOf({ name: "waitKind", change }, 64);
  const [found, ...others] = report.disagreements;
  assert.equal([found?.apart, caseOf(found), others], ["no such input", "status=0x41", []]);
  assert.match(found?.verdict.reason ?? "", /^no signal above 64 kills .* refuse others/);
  assert.is(summaryOf(report).outcome, "agreement");
});
