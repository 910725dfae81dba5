import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Experiment } from "../../src/labs/fuzz/experiment.ts";
import { FACTS } from "../../src/labs/fuzz/facts/arch.ts";
import { formatKtap } from "../../src/labs/fuzz/facts/ktap.ts";
import { requestFacts } from "../../src/labs/fuzz/facts/read/bench.ts";
import { go, next, request, to } from "../../src/labs/fuzz/facts/read/verbs.ts";
import { lookAt } from "../../src/labs/fuzz/facts/run.ts";
import { parseSetupFacts } from "../../src/labs/fuzz/facts/setups.ts";
import { countsOf, rulesOf, type Verdict, verdictOf } from "../../src/labs/fuzz/facts/verdict.ts";
import { onThisKernel } from "../support/hermetic.ts";
import { stublab } from "../support/in_process.ts";
import { temporaryFolder } from "../support/temporary.ts";

const command = suite("stublab conformance, as a command");
const folder = temporaryFolder();

const conformance = (...args: string[]) => stublab(["conformance", ...args]);

command("prints a line for each group, and a score of facts and rules", async () => {
  const { stdout } = await onThisKernel(() => conformance());
  assert.match(stdout, /^restarts +\d+ of \d+(, \d+ skipped)?$/m);
  assert.match(stdout, /^PEEKUSER +\d+ of \d+(, \d+ skipped)?$/m);
  assert.match(
    stdout,
    /\n\d+ of \d+ facts hold, \d+\.\d %(; \d+ skipped)? \(\d+ of \d+ rules, \d+ checks\)\n$/,
  );
});

command("prints all facts as a document, and writes KTAP with the same counts", async () => {
  const ktap = join(folder, "facts.ktap");
  const { code, stdout } = await onThisKernel(() => conformance("--json", "--ktap", ktap));
  const { schema, counts, facts, rules } = JSON.parse(stdout);
  assert.is(schema, "stublab.conformance/2");
  assert.equal([facts.length, counts.facts], [FACTS.length, FACTS.length]);
  assert.is(counts.held + counts.failed + counts.skipped, counts.facts);
  assert.is(code, counts.failed === 0 ? 0 : 1);
  assert.ok(counts.checks > counts.facts);
  assert.ok(rules.held.includes("W1"));
  const lines = readFileSync(ktap, "utf8").split("\n");
  assert.equal(lines.slice(0, 2), [
    "KTAP version 1",
    `1..${new Set(FACTS.map(({ group }) => group)).size}`,
  ]);
  assert.is(lines.filter((line) => /^ {2}(not )?ok \d+ /.test(line)).length, FACTS.length);
  assert.is(lines.filter((line) => /^ {2}ok .* # SKIP ./.test(line)).length, counts.skipped);
});

command("--only selects facts by group, name or rule", async () => {
  for (const [pattern, count] of [
    ["^single-step$", FACTS.filter(({ group }) => group === "single-step").length],
    ["^W5$", FACTS.filter(({ rules }) => rules.includes("W5")).length],
  ] as const) {
    const { code, stdout } = await conformance("--only", pattern, "--json");
    assert.is(code, 0);
    assert.is(JSON.parse(stdout).facts.length, count, pattern);
  }
});

command("--list checks nothing", async () => {
  const { code, stdout } = await conformance("--list");
  assert.is(code, 0);
  for (const { name, source } of FACTS)
    assert.ok(stdout.includes(`  ${name}\n    ${source}`), name);
});

function look(facts: typeof FACTS, features?: readonly []): Verdict[] {
  using experiment = new Experiment();
  return [...lookAt(facts, experiment, features && { ...experiment.machine, features })];
}

/** Invented facts, whose names contain what KTAP must escape, and what no terminal may be sent. */
const GROUP = 'a "group" <of> its & own';
const writing = (name: string) => ({ on: "NONE", registers: { [name]: "0x7" } });
const WRONG: typeof FACTS = [
  ...parseSetupFacts(
    [
      {
        ...{ fact: 'rax <is> 8 & \u0001 "not" 7', group: GROUP },
        ...{ source: "a source <&>", rules: ["W1", "W2"] },
      },
      { check: "r15", case: writing("r15"), expected: { error: 0, "written.r15": "0x7" } },
      { check: "rax", case: writing("rax"), expected: { error: 0, "written.rax": "0x8" } },
      { check: "rbx", case: writing("rbx"), expected: { error: 0, "written.rbx": "0x8" } },
      { fact: "it stops", group: GROUP, source: "", rules: ["W1"] },
      { case: writing("rax"), expected: { error: 0, status: "stopped by SIGTRAP" } },
    ]
      .map((line) => JSON.stringify(line))
      .join("\n"),
  ),
  ...requestFacts(GROUP, {
    "# an unknown request is accepted": ["", ["99", request(99), 0]],
    "a tracee that is gone": [
      "",
      ["its end", [to("event"), next()], { stop: "killed by SIGKILL" }],
      go({}, "int3"),
    ],
  }),
];

command("a fact with several checks counts once, and each check that fails is reported", () => {
  const verdicts = look(WRONG);
  const { facts, failed, checks } = countsOf(verdicts);
  assert.equal({ facts, failed, checks }, { facts: 4, failed: 4, checks: 7 });
  assert.equal(
    [...rulesOf(verdicts)],
    [
      ["W1", false],
      ["W2", false],
    ],
  );
  assert.equal(
    verdicts.map(({ checks }) => checks.map(({ name, status }) => `${name} ${status}`)),
    [
      ["r15 held", "rax failed", "rbx failed"],
      [" failed"],
      ["99 failed"],
      ["its end held", "the remaining checks failed"],
    ],
  );
  const unmet = verdicts.flatMap(({ checks }) => checks.flatMap(({ unmet }) => unmet));
  assert.equal(unmet.slice(0, 4), [
    { field: "written.rax", expected: "0x8", seen: "0x7" },
    { field: "written.rbx", expected: "0x8", seen: "0x7" },
    { field: "status", expected: "stopped by SIGTRAP", seen: null },
    { field: "result", expected: 0, seen: "EIO" },
  ]);
  const ktap = formatKtap(verdicts);
  assert.match(
    ktap,
    /^ {2}# rax: written\.rax: expected 0x8, got 0x7\n {2}# rbx: .*\n {2}not ok 1 rax/m,
  );
  assert.match(ktap, /^ {2}not ok 3 \\# an unknown request is accepted$/m);
  assert.match(ktap, /^not ok 1 a "group"/m);
});

command(
  "a check that is impossible is skipped, with the reason; so is a fact of such checks",
  () => {
    const facts = FACTS.filter(({ group }) => ["SET_SYSCALL_INFO", "bases"].includes(group));
    const verdicts = look(facts, []);
    const statusOf = (start: string) => verdicts.find(({ fact }) => fact.name.startsWith(start));
    const skipped = statusOf("Fewer than 88 bytes");
    assert.is(skipped?.status, "skipped");
    assert.match(skipped?.checks[0]?.reason ?? "", /^it needs PTRACE_SET_SYSCALL_INFO: the kernel/);
    const partly = statusOf("SETREGS accepts bases");
    assert.is(partly?.status, "held");
  },
);

command("a log is shown as the results that it has, whatever is between its lines", async () => {
  const [ktap, again] = [join(folder, "log.ktap"), join(folder, "again.ktap")];
  const verdicts = [
    ...look(WRONG),
    ...look(
      FACTS.filter(({ group }) => group === "bases"),
      [],
    ),
  ];
  using experiment = new Experiment();
  const { machine } = experiment;
  writeFileSync(ktap, formatKtap(verdicts, { machine }));
  const read = await conformance("--read", ktap, "--ktap", again);
  assert.is(read.code, 1, read.stderr);
  assert.is(readFileSync(again, "utf8"), readFileSync(ktap, "utf8"));
  assert.match(read.stdout, /does not hold \(2 of 3 checks\): rax <is> 8|does not hold.*rax <is>/);
  assert.match(read.stdout, new RegExp(`^Linux ${machine.release} on x86-64`));
  const noisy = readFileSync(ktap, "utf8")
    .split("\n")
    .flatMap((line, i) => [`${line}\r`, `[    ${i}.1] kernel: ok 3 not # a line\r`]);
  const log = join(folder, "noisy.log");
  writeFileSync(log, ["BIOS\r", "ok 1 a stub is forked\r", ...noisy].join("\n"));
  const fromNoise = await conformance("--read", log);
  assert.is(fromNoise.stdout, read.stdout);
});

command("a log has what is known to fail, with the name of its list", async () => {
  const [ktap, again, document] = ["known.ktap", "known2.ktap", "known.json"].map((name) =>
    join(folder, name),
  );
  assert.ok(ktap && again && document);
  const [first, ...others] = look(FACTS.filter(({ group }) => group === "bases"));
  assert.ok(first);
  const unmet = [{ field: "written.fs", expected: "0x0", seen: "0x63" }];
  const verdict = verdictOf(first.fact, [{ name: "", status: "known", unmet }], 0);
  writeFileSync(ktap, formatKtap([verdict, ...others], { known: "a #1 list" }));
  const { code, stdout } = await conformance("--read", ktap, "--ktap", again);
  assert.is(code, 0, stdout);
  assert.is(readFileSync(again, "utf8"), readFileSync(ktap, "utf8"));
  const { stdout: json } = await conformance("--read", ktap, "--json");
  assert.equal([JSON.parse(json).counts.known, JSON.parse(json).counts.failed], [1, 0]);
  writeFileSync(document, json);
  assert.is((await conformance("--diff", ktap, document)).code, 0);
});

command("a log that ends early has the facts that it has", async () => {
  const whole = formatKtap(look(FACTS.filter(({ group }) => group === "bases")));
  const log = join(folder, "early.ktap");
  writeFileSync(log, whole.split("\n").slice(0, 6).join("\n"));
  const { stdout, stderr } = await conformance("--read", log);
  assert.match(stderr, /early\.ktap is not complete: it lacks \d+ facts/);
  assert.match(stdout, /^bases +[12] of [12]$/m);
});

command("--diff and --against show the facts that hold on one machine only", async () => {
  const facts = FACTS.filter(({ group }) => group === "bases");
  const good = look(facts);
  const [first, ...others] = good;
  assert.ok(first);
  const unmet = [{ field: "written.fs", expected: "0x0", seen: "0x63" }];
  const failed: Verdict = {
    ...first,
    status: "failed",
    checks: [{ name: "", status: "failed", unmet }],
  };
  const [a, b] = [join(folder, "a.ktap"), join(folder, "b.ktap")];
  writeFileSync(a, formatKtap(good));
  writeFileSync(b, formatKtap([failed, ...others]));
  const { code, stdout } = await conformance("--diff", a, b);
  assert.is(code, 1);
  assert.ok(stdout.includes(`holds on A only: bases: ${first.fact.name}\n`), stdout);
  assert.match(stdout, /\n {6}B {2}written\.fs: expected 0x0, got 0x63\n/);
  assert.match(stdout, /\n1 facts hold on A only, 0 on B only, 0 fail otherwise; /);
  assert.is((await conformance("--diff", a, a)).code, 0);
  const live = await conformance("--against", b, "--only", "^bases$", "--json");
  assert.is(live.code, 1);
  const { schema, counts, facts: rows } = JSON.parse(live.stdout);
  assert.equal([schema, counts.b, counts.a], ["stublab.conformance-diff/1", 1, 0]);
  assert.equal(rows[0].a, { status: "failed", lines: ["written.fs: expected 0x0, got 0x63"] });
  const document = join(folder, "doc.json");
  writeFileSync(document, (await conformance("--read", b, "--json")).stdout);
  assert.is((await conformance("--diff", b, document)).code, 0);
});

command.run();
