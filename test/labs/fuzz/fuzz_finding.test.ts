import { FindingExaminer } from "../../../src/labs/fuzz/run/fuzz_findings.ts";
import { RunState } from "../../../src/labs/fuzz/run/state.ts";
import { type FindingContent, writeFinding } from "../../../src/labs/fuzz/tell/finding.ts";
import { onceOf, subjectOf } from "../../../src/labs/fuzz/tell/told.ts";
import { OutputError } from "../../../src/lib/errors.ts";
import { compileCase } from "../../support/case_programs.ts";

const FILES = ["case.json", "finding.json", "original.json", "repro.c"];

const original = seed("int3", { eflags: 0x203n, r15: 5n });

// CF is said to be none of the bits that are written.
const change = { id: "W7", value: "FLAG_MASK", to: 0x54dd4n };
const examiner = new Examiner({ change });
const { machine } = examiner;
const examination = examiner.examine(examiner.minimize(original));
const finding: FindingContent = {
  signature: "0123456789abcdef",
  examination,
  original,
  seenFirst: { field: "written.eflags", predicted: null, seen: null },
  machine,
  found: "stublab fuzz --seed 1 --cases 1",
  change,
};

const findings = suite("fuzz: findings");
const folder = temporaryFolder();
findings.after(() => examiner.close());

const read = (...path: string[]) => JSON.parse(readFileSync(join(folder, ...path), "utf8"));

findings("a folder has the case, what it was, what is wrong, and a program that shows it", () => {
  const target = writeFinding(folder, finding);
  assert.is(target, join(folder, "findings", finding.signature));
  assert.equal(readdirSync(target).sort(), FILES);
  const named = (name: string) => read("findings", finding.signature, name);
  assert.equal(parseCase(named("case.json")), examination.it);
  assert.equal(parseCase(named("original.json")), original);
  const { schema, differences, replay, found, prediction, outcome, ...rest } =
    named("finding.json");
  assert.is(schema, "stublab.finding/1");
  assert.equal(differences, [{ field: "written.eflags", predicted: "0x202", seen: "0x203" }]);
  assert.equal(rest.machine, JSON.parse(JSON.stringify(machine)));
  assert.is(replay, "stublab fuzz replay case.json --plant W7.FLAG_MASK=0x54dd4");
  assert.is(found, finding.found);
  assert.is(prediction["written.eflags"], "0x202");
  assert.is(outcome["written.eflags"], "0x203");
  const text = readFileSync(join(target, "repro.c"), "utf8");
  assert.match(text, /^\/\*\n \* written\.eflags is 0x203; predicted: 0x202\.\n/);
  assert.match(text, / \* Replay: stublab fuzz replay - --plant W7\.FLAG_MASK=0x54dd4 <<'CASE'\n/);
  const program = join(folder, "repro");
  compileCase(program, { source: join(target, "repro.c") });
  const output = execFileSync(program, { encoding: "utf8" });
  assert.match(output, /written\.eflags +0x202 +0x203 +0x203 +not as predicted\n/);
  assert.match(output, /1 fields are not as predicted, and 0 not as seen there/);
});

findings("one that is not reproduced stays as found, and says what was seen", async () => {
  const corpus = join(folder, "once");
  mkdirSync(corpus);
  const first = { field: "status", predicted: 0x57fn, seen: 0x47fn };
  const state = new RunState();
  const raw = { key: 2, index: 7, it: original, first, rule: null };
  state.add({ from: 0, to: 8, counts: state.counts, signatures: [], findings: [raw], once: [] });
  const run = { seed: 1n, path: "both", shard: undefined, machine, corpus } as const;
  const examiner = new FindingExaminer(run);
  for await (const _ of examiner.examine(state, 8));
  const [examined, ...others] = examiner.findings;
  assert.equal(others, []);
  assert.equal([examined?.it, examined?.differences], [original, []]);
  assert.is(
    examined?.subject,
    'Not reproduced: once, status was "stopped by SIGILL"; predicted: "stopped by SIGTRAP".',
  );
  const told = read("once", "findings", "00000000000002", "finding.json");
  assert.equal(told.differences, []);
  assert.equal(told.seenFirst, { field: "status", predicted: "0x57f", seen: "0x47f" });
});

findings("a missing error is reported as such", () => {
  const told = (field: string, seen: bigint, predicted: bigint) => [
    subjectOf([{ field, seen, predicted }]),
    onceOf({ field, seen, predicted }),
  ];
  assert.equal(told("error", 0n, 5n), [
    "no error; predicted: EIO.",
    "Not reproduced: once, there was no error; predicted: EIO.",
  ]);
  assert.equal(told("resumed", 5n, 0n), [
    "resumed is EIO; predicted: no error of the resume.",
    "Not reproduced: once, resumed was EIO; predicted: no error of the resume.",
  ]);
  assert.is(told("refusedAt", -1n, 6n)[0], "no refused pair; predicted: 6.");
});

findings("one that is there stays as it is, and what a killed process has left is replaced", () => {
  writeFileSync(join(folder, "findings", finding.signature, "case.json"), "mine");
  writeFinding(folder, finding);
  assert.is(readFileSync(join(folder, "findings", finding.signature, "case.json"), "utf8"), "mine");
  const signature = "fedcba9876543210";
  const partial = join(folder, "findings", `.${signature}.partial`);
  mkdirSync(partial);
  writeFileSync(join(partial, "case.json"), "{");
  writeFinding(folder, { ...finding, signature });
  assert.not(existsSync(partial));
  assert.equal(readdirSync(join(folder, "findings", signature)).sort(), FILES);
});

findings("if it cannot be written, or no folder can be made, there is an error", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const error = thrown(OutputError, () => writeFinding(file, finding));
  assert.match(error.message, /^finding .*file\/findings\/0123456789abcdef cannot be written: /);
  assert.is(error.errno, "ENOTDIR");
  assert.is(readFileSync(file, "utf8"), "");
  assert.is(thrown(OutputError, () => writeFinding("/proc/stublab", finding)).errno, "ENOENT");
});
