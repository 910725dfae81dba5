import binaryen from "binaryen";
import { bindModule } from "../../../src/labs/compare/encoders/module.ts";
import type { CompareReport, Disagreement } from "../../../src/labs/compare/report.ts";
import { localSubject } from "../../../src/labs/compare/subject.ts";
import { type Mutant, mutate, withoutNames } from "../../support/mutants.ts";

/** One mutant in this many is tried; in a soak, every mutant. */
const EVERY = process.env.SOAK ? 1 : 24;

/** The number of cases in which a mutant must be found. */
const CASES = 100_000;
/** A mutant that is not found must be equivalent: this many cases of its functions agree. */
const PROOF = 1_000_000;

const suiteOfMutants = suite("compare: mutants of the assembly encoder");

const { constants } = openEncoder("native", "amd64");

async function compareMutant({ text }: Mutant, cases: number, only?: readonly FunctionName[]) {
  const module = binaryen.parseText(text);
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(Uint8Array.from(module.emitBinary())),
  );
  module.dispose();
  const { report } = await compare({
    subjects: [localSubject(bindModule("mutant", exports))],
    seed: 1n,
    cases,
    ...(only === undefined ? {} : { only }),
  });
  return report;
}

/** Whether a report says that one of the changed functions is wrong. */
function finds({ disagreements, broken }: CompareReport, { functions }: Mutant): boolean {
  return [...disagreements, ...broken].some(
    ({ name }) => name !== null && functions.includes(name),
  );
}

/** Whether it names what was changed: a register, a member, a flag or a parameter. */
function names({ disagreements, broken }: CompareReport, mutant: Mutant): boolean {
  if (mutant.names.length === 0 || broken.length > 0) return true;
  const told = ({ field, flags, input }: Disagreement) => [
    ...field.split("."),
    ...flags,
    ...input.map(({ name }) => name),
  ];
  return disagreements.some(
    (found) =>
      found.name !== null &&
      mutant.functions.includes(found.name) &&
      told(found).some((word) => mutant.names.includes(word)),
  );
}

suiteOfMutants("each is found in 100,000 cases and named, or agrees in a million", async () => {
  const module = binaryen.readBinary(readFileSync(new URL("encoder.wasm", import.meta.url)));
  const text = withoutNames(module.emitText());
  module.dispose();
  const failures: string[] = [];
  const counts = { all: 0, found: 0, same: 0 };
  for (const mutant of mutate(text, constants)) {
    if (counts.all++ % EVERY !== 0) continue;
    const report = await compareMutant(mutant, CASES);
    if (finds(report, mutant)) {
      counts.found++;
      if (!names(report, mutant)) failures.push(`misnamed: ${mutant.change}`);
      continue;
    }
    const proof = await compareMutant(mutant, PROOF, mutant.functions);
    if (finds(proof, mutant)) failures.push(`found late: ${mutant.change}`);
    else counts.same++;
  }
  console.log(`${counts.all} mutants: ${counts.found} found, ${counts.same} are the same encoder`);
  assert.equal(failures, []);
  assert.ok(counts.found >= 30, `${counts.found} found`);
});
