// The kernel as the judge of what encoders answer: the three that agree are right, and each mistake that is made
// up here is found, named and reported as a case that can be run again.
import { readlinkSync } from "node:fs";
import type { CompleteEncoder, Encoder, EncoderFunctions } from "../../../src/core/encoder/abi.ts";
import type { FunctionComparison } from "../../../src/labs/compare/function.ts";
import { Inquiry } from "../../../src/labs/compare/live/inquiry.ts";
import { Judges } from "../../../src/labs/compare/live/judges.ts";
import { runLive } from "../../../src/labs/compare/live/live.ts";
import { openSubjectsConfined } from "../../../src/labs/compare/open.ts";
import type { Disagreement, LiveReport } from "../../../src/labs/compare/report.ts";
import { storiesOf } from "../../../src/labs/compare/stories.ts";
import { localSubject, type Subject } from "../../../src/labs/compare/subject.ts";
import { summaryOf } from "../../../src/labs/compare/summary.ts";
import { MISTAKES, type Mistake, mistakenFile, SEEN } from "../../support/mistakes.ts";

const SEED = 0x5eed_0031n;
const CASES = 1000;
/** Of these a case costs most: a child, or a stub that a filter kills. */
const SLOW: Partial<Record<FunctionName, number>> = { encodeSeccomp: 300, encodeClone: 800 };

/** A comparison in which nothing was compared, for its functions. */
async function functionsOf(subjects: readonly Subject[]): Promise<readonly FunctionComparison[]> {
  return (await compare({ subjects, seed: SEED, cases: 0 })).functions;
}

function assemblyLike(
  name: string,
  wrong: (encoder: CompleteEncoder) => Partial<EncoderFunctions>,
) {
  const encoder = openEncoder("assembly");
  return localSubject({ ...encoder, name, ...wrong(encoder) });
}

const right = suite("what the kernel holds to be right");

right("every answer of assembly, script and native", async () => {
  const descriptors = descriptorsOf();
  using judges = new Judges();
  const subjects = ENCODERS.map((name) => localSubject(openEncoder(name, "amd64")));
  let judged = 0;
  const started = performance.now();
  for (const compared of await functionsOf(subjects)) {
    const cases = SLOW[compared.name] ?? CASES;
    const reports = await runLive(judges, [compared], { seed: SEED, cases });
    const able = subjects.filter((subject) => subject.has(compared.name));
    lists(
      reports,
      able.map(({ name }) => name),
      ({ encoder }) => encoder,
    );
    for (const report of reports) expectHeld(report, cases);
    judged += reports.reduce((sum, { held }) => sum + held, 0);
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`the kernel judged ${judged} cases in ${seconds.toFixed(1)} s`);
  assert.ok(judged > 30_000);
  judges.close();
  assert.equal(childrenOf(process.pid), []);
  assert.equal(descriptorsOf(), descriptors);
});

const maps = readFileSync("/proc/self/maps", "utf8");

/** Whether this machine lacks what a judge asks about. */
function lacks(name: FunctionName): boolean {
  return name === "rewindVsyscall" && !maps.includes("[vsyscall]");
}

/** What this process has open, which its stubs share. */
function descriptorsOf(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    const link = `/proc/self/fd/${fd}`;
    return existsSync(link) ? [readlinkSync(link)] : [];
  });
}

/** Nothing failed, and most could be asked: an ordinary user makes no namespaces. */
function expectHeld(report: LiveReport, cases: number): void {
  const what = `${report.encoder} ${report.name}`;
  assert.equal(report.failures, [], what);
  assert.is(report.cases, cases, what);
  assert.is(report.held + report.undecided, cases, what);
  const reasons = report.reasons.map(({ why, cases: count }) => `${count} ${why}`).join("; ");
  assert.ok(
    report.held > 0.5 * cases || lacks(report.name),
    `${what}: ${report.held} held; ${reasons}`,
  );
}

const wrong = suite("what the kernel finds wrong");

/** The registers of an encoder's blocks. */
function registersOf({ buffer, constants }: Encoder) {
  const view = new DataView(buffer);
  const at = (block: number, name: string) => block + Number(constants.get(`REG_${name}`));
  return {
    get: (block: number, name: string) => view.getBigUint64(at(block, name), true),
    set: (block: number, name: string, word: bigint) =>
      view.setBigUint64(at(block, name), word, true),
  };
}

/** The words of a case as a report has them. */
function inputOf({ input }: Pick<Disagreement, "input">): Map<string, bigint> {
  return new Map(input.map(({ name, word }) => [name, BigInt(word)]));
}

/** Whether the kernel sees a mistake: then in its field, and in a small case that fails again, unless it may be meant. */
async function isSeenIn(mistake: Mistake): Promise<boolean> {
  const { name, what, found: field } = mistake;
  using opened = await openSubjectsConfined([mistakenFile(mistake)]);
  using judges = new Judges();
  const functions = (await functionsOf(opened.subjects)).filter((each) => each.name === name);
  const options = { seed: SEED, cases: SLOW[name] ?? CASES };
  const [report] = await runLive(judges, functions, options);
  const [failure, ...others] = report?.failures ?? [];
  assert.equal(others, [], "one mistake, one failure");
  assert.ok(report !== undefined);
  assert.is(report.held + report.undecided + (failure?.cases ?? 0), report.cases);
  const byDesign = `${field} differs by design`;
  if (failure === undefined) return report.reasons.some(({ why }) => why === byDesign);
  assert.is(failure.field, field, `${what}: ${JSON.stringify(report)}`);
  assert.match(failure.replay, `--arch amd64 --operation ${name}`);
  const [again] = await runLive(judges, functions, { ...options, input: inputOf(failure) });
  assert.equal(
    again?.failures.map((each) => [each.field, each.cases, each.meant, each.seen]),
    [[field, 1, failure.meant, failure.seen]],
    "the smallest case fails in the same way",
  );
  return true;
}

for (const name of FUNCTION_NAMES) {
  const test = needs(wrong, { vsyscalls: !lacks(name) });
  test(`mistakes in ${name}`, async () => {
    const isAnswer = ({ found }: Mistake) => found !== "trap" && found !== "loop";
    const all = [...SEEN, ...MISTAKES].filter((mistake) => mistake.name === name);
    let seen = 0;
    for (const mistake of all.filter((each) => each.style !== "c" && isAnswer(each))) {
      const isSeen = await isSeenIn(mistake);
      assert.ok(isSeen || !SEEN.includes(mistake), mistake.what);
      if (isSeen) seen++;
    }
    assert.ok(seen > 0);
  });
}

/** What the original does differently (pkg/sentry/platform/ptrace). */
function gvisorLike(): Subject {
  return assemblyLike("original", (encoder) => ({
    encodeSyscall(block, initial, ...words) {
      encoder.encodeSyscall(block, initial, ...words);
      const { get, set } = registersOf(encoder);
      set(block, "orig_rax", get(initial, "orig_rax"));
    },
    syscallErrno: (result) => Number(BigInt.asIntN(64, result) < 0n ? -result & 0xffffn : 0n),
    restartsSyscall: (errno) => (errno === 516 ? 0 : encoder.restartsSyscall(errno)),
  }));
}

wrong("the kernel decides about the smallest case of each disagreement", async () => {
  const subjects = [gvisorLike(), localSubject(openEncoder("script", "amd64"))];
  const { report, functions } = await compare({
    subjects,
    seed: SEED,
    cases: 30_000,
    only: ["syscallErrno", "restartsSyscall"],
  });
  const found = report.disagreements.filter(({ encoder }) => encoder === "original");
  assert.equal(
    new Set(found.map(({ name }) => name)),
    new Set(["syscallErrno", "restartsSyscall"]),
  );
  using judges = new Judges();
  for (const disagreement of found) {
    const compared = functions.find(({ name }) => name === disagreement.name);
    assert.ok(compared !== undefined);
    const { encoder, against } = disagreement;
    const input = compared.inputOf(inputOf(disagreement));
    const verdict = await new Inquiry(judges, compared).verdict(input, [
      encoder,
      against,
      "script",
    ]);
    assert.equal(
      { ...verdict, reason: "" },
      { by: "kernel", right: [against, "script"], wrong: [encoder], reason: "" },
    );
    console.log(`${disagreement.field}: ${verdict?.reason}`);
  }
});

wrong("the kernel does not decide what makes no difference to it", async () => {
  const subject = assemblyLike("careless", (encoder) => ({
    encodeSyscall(block, initial, ...words) {
      encoder.encodeSyscall(block, initial, ...words);
      // The kernel looks at 32 bits.
      registersOf(encoder).set(block, "orig_rax", 0xffff_ffffn);
    },
  }));
  const script = localSubject(openEncoder("script", "amd64"));
  const compared = (await functionsOf([subject, script])).find(
    ({ name }) => name === "encodeSyscall",
  );
  assert.ok(compared !== undefined);
  using judges = new Judges();
  const input = compared.inputOf(new Map([["number", 39n]]));
  const verdict = await new Inquiry(judges, compared).verdict(input, ["careless", "script"]);
  assert.equal(verdict, undefined);
});

wrong("an encoder that does not answer is reported, and the others go on", async () => {
  const silent = assemblyLike("silent", () => ({
    rewindSyscall() {
      throw new Error("no");
    },
  }));
  const script = localSubject(openEncoder("script", "amd64"));
  const functions = (await functionsOf([silent, script])).filter(
    ({ name }) => name === "rewindSyscall",
  );
  using judges = new Judges();
  const reports = await runLive(judges, functions, { seed: SEED, cases: 100 });
  assert.equal(
    reports.map(({ encoder, held, failures }) => [encoder, held, failures.map(({ seen }) => seen)]),
    [
      ["silent", 0, ["Error: no"]],
      ["script", 100, []],
    ],
  );
});

wrong("what differs by design is a finding where the kernel then restarts a call", async () => {
  const options = { seed: SEED, cases: 100, only: ["encodeSyscall"], live: 200 } as const;
  const { report } = await compare({ ...options, subjects: [gvisorLike()] });
  assert.is(summaryOf(report).outcome, "findings");
  const [story, excused] = storiesOf(report);
  assert.match(story?.title ?? "", "the kernel contradicts encodeSyscall block.orig_rax");
  assert.match(JSON.stringify(story?.facts), "took the call for one in progress, and restarted it");
  assert.match(excused?.excuse ?? "", /^differs by design/);
});

wrong("the same seed is the same cases", async () => {
  const report = async () => {
    using judges = new Judges();
    const functions = (await functionsOf([gvisorLike()])).filter(
      ({ name }) => name === "encodeSyscall",
    );
    return await runLive(judges, functions, { seed: SEED, cases: 200 });
  };
  assert.equal(await report(), await report());
});
