import { OPERATIONS } from "../../../src/core/encoder/abi.ts";
import { ARCHES, type Arch } from "../../../src/core/machine/index.ts";
import type { Comparison } from "../../../src/labs/compare/compare.ts";
import { localSubject } from "../../../src/labs/compare/subject.ts";
import { subjects } from "../../support/compare_reports.ts";

const SEED = 0x5eed_0010n;
/** mistakes.slow.test.ts makes a whole run. */
const CASES = 60_000;
/** Of one function that is changed. */
const CASES_OF_ONE = 6000;

const agreement = suite("compare: agreement");

let all: Comparison;

agreement.before(async () => {
  all = await compare({ subjects: subjects(ENCODERS), seed: SEED, cases: CASES });
});

agreement("assembly, script and native agree on both architectures", () => {
  const { report } = all;
  assert.equal(report.disagreements, []);
  assert.equal(report.broken, []);
  assert.is(report.cases, CASES);
  console.log(`${report.cases} cases in ${report.milliseconds.toFixed(0)} ms`);
});

agreement("every function that an architecture has is compared with the headers", () => {
  const expected = ARCHES.flatMap((arch) =>
    FUNCTION_NAMES.filter((name) => arch === "amd64" || name !== "rewindVsyscall").map(
      (name) => `${arch} ${name}`,
    ),
  );
  lists(all.report.functions, expected, ({ arch, name }) => `${arch} ${name}`);
  for (const { name, cases, pairs } of all.report.functions) {
    assert.equal(
      pairs.map(({ encoders, truth, cases: compared }) => [...encoders, truth, compared]),
      [
        ["assembly", "native", true, cases],
        ["script", "native", true, cases],
      ],
      name,
    );
  }
});

agreement("all pairs of flags are among the cases, and low halves of status words", async () => {
  for (const { name, coverage } of all.report.functions) {
    for (const { parameter, bits, pairs } of coverage.flags) {
      assert.is(bits.seen, bits.all, `${name} ${parameter}`);
      assert.is(pairs.seen, pairs.all, `${name} ${parameter}`);
    }
  }
  const { report } = await compare({
    subjects: subjects(["script"], ["amd64"]),
    seed: SEED,
    cases: 140_000,
    only: ["waitKind"],
  });
  assert.is(report.functions[0]?.coverage.statuses?.low, 65_536);
});

agreement("every case is the same for the same seed, and another for another", async () => {
  const found = async (seed: bigint) => {
    const { report } = await compare({ subjects: subjects(["gvisor"]), seed, cases: 8000 });
    return report.disagreements.map(({ cases, xor, input }) => ({ cases, xor, input }));
  };
  assert.equal(await found(3n), await found(3n));
  assert.not.equal(await found(3n), await found(4n));
});

agreement("a run ends after the seconds that it was given", async () => {
  const { report } = await compare({ subjects: subjects(["script"]), seed: SEED, seconds: 1 });
  assert.ok(report.milliseconds >= 1000, `${report.milliseconds} ms`);
  assert.ok(report.cases > 0);
});

agreement("an encoder is compared on what it has", async () => {
  const constants = new Map([["ENCODER_ABI", 2n]]);
  const buffer = new ArrayBuffer(4096);
  const partial = { name: "partial", arch: "amd64", buffer, heap: 0, constants } as const;
  const subject = localSubject({ ...partial, encodeStop: (signal) => (signal << 8) | 0x7f });
  const { report } = await compare({ subjects: [subject], seed: SEED, cases: CASES_OF_ONE });
  lists(report.functions, [["encodeStop", CASES_OF_ONE]], ({ name, cases }) => [name, cases]);
  assert.equal(report.disagreements, []);
  assert.is(report.encoders[0]?.functions, 1);
});

const original = suite("compare: gvisor");

original("differs in exactly what it is known for, each shrunk to the smallest input", async () => {
  const { report } = await compare({
    subjects: subjects(["gvisor"]),
    seed: SEED,
    cases: CASES,
  });
  const known = new Set(
    report.disagreements.map(({ arch, name, field }) => `${arch} ${name} ${field}`),
  );
  const both = [
    ...["encodeBootstrap block", "waitKind", "waitValue", "waitEvent", "waitCoreDumped"],
    ...["syscallErrno", "restartsSyscall"],
  ];
  const places = (arch: Arch) =>
    both.map((name) =>
      name === "encodeBootstrap block"
        ? `${arch} ${name}.${arch === "amd64" ? "r15" : "x7"}`
        : `${arch} ${name} ${name}`,
    );
  assert.equal(
    [...known].sort(),
    [
      ...places("amd64"),
      ...places("arm64"),
      "amd64 encodeSyscall block.orig_rax",
      "amd64 enterGuest block.orig_rax",
      "amd64 decodeGuestSyscall decodeGuestSyscall",
    ].sort(),
  );
  const inputs = (name: string) =>
    report.disagreements
      .filter((found) => found.name === name && found.arch === "amd64")
      .map(({ input }) => input.map(({ name: word, word: value }) => `${word}=${value}`).join());
  assert.equal(inputs("encodeSyscall"), [""]);
  assert.equal(inputs("syscallErrno"), ["result=0x8000000000000000"]);
  assert.equal(inputs("restartsSyscall"), ["errno=0x204"]);
});

const order = suite("compare: the report");

order("has operations in the order of the ABI's page", () => {
  const seen = [...new Set(all.report.functions.map(({ operation }) => operation))];
  assert.equal(
    seen,
    OPERATIONS.filter((operation) => operation !== "layout"),
  );
});
