import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { allFacts, SETUP_FACTS } from "../../src/labs/fuzz/facts/arch.ts";
import { formatKtap } from "../../src/labs/fuzz/facts/ktap.ts";
import { checkFacts } from "../../src/labs/fuzz/facts/run.ts";
import {
  type CheckResult,
  countsOf,
  rulesOf,
  type Unmet,
  type Verdict,
  verdictOf,
} from "../../src/labs/fuzz/facts/verdict.ts";
import { stublab } from "../support/in_process.ts";
import { temporaryFolder } from "../support/temporary.ts";

const command = suite("stublab conformance, as a command");
const folder = temporaryFolder();

const conformance = (...args: string[]) => stublab(["conformance", ...args]);

command("prints a line for each group, and a score of facts and rules", async () => {
  const { stdout } = await conformance();
  assert.match(stdout, /^restarts +\d+ of \d+(, \d+ skipped)?$/m);
  assert.match(stdout, /^PEEKUSER +\d+ of \d+(, \d+ skipped)?$/m);
  assert.match(
    stdout,
    /\n\d+ of \d+ facts hold, \d+\.\d %(; \d+ skipped)? \(\d+ of \d+ rules, \d+ checks\)\n$/,
  );
});

command("prints all facts as a document, and writes KTAP with the same counts", async () => {
  const ktap = join(folder, "facts.ktap");
  const { code, stdout } = await conformance("--json", "--ktap", ktap);
  const { schema, counts, facts, rules } = JSON.parse(stdout);
  assert.is(schema, "stublab.conformance/2");
  assert.equal([facts.length, counts.facts], [allFacts().length, allFacts().length]);
  assert.is(counts.held + counts.failed + counts.skipped, counts.facts);
  assert.is(code, counts.failed === 0 ? 0 : 1);
  assert.ok(counts.checks > counts.facts);
  assert.ok(rules.held.includes("W1"));
  const lines = readFileSync(ktap, "utf8").split("\n");
  assert.equal(lines.slice(0, 2), [
    "KTAP version 1",
    `1..${new Set(allFacts().map(({ group }) => group)).size}`,
  ]);
  assert.is(lines.filter((line) => /^ {2}(not )?ok \d+ /.test(line)).length, allFacts().length);
  assert.is(lines.filter((line) => /^ {2}ok .* # SKIP ./.test(line)).length, counts.skipped);
});

command("--only selects facts by group, name or rule", async () => {
  for (const [pattern, count] of [
    ["^single-step$", SETUP_FACTS.filter(({ group }) => group === "single-step").length],
    ["^W5$", SETUP_FACTS.filter(({ rules }) => rules.includes("W5")).length],
    ["^PEEKSIGINFO leaves", 1],
  ] as const) {
    const list = await conformance("--only", pattern, "--list", "--json");
    assert.is(JSON.parse(list.stdout).facts.length, count, pattern);
    const { stdout } = await conformance("--only", pattern, "--json");
    assert.is(JSON.parse(stdout).facts.length, count, pattern);
  }
});

command("--for says whether the kernel is enough for a tool, and a log keeps it", async () => {
  const ktap = join(folder, "for.ktap");
  const live = await conformance("--for", "strace", "--ktap", ktap, "--json");
  assert.is(live.code, 0, live.stderr);
  assert.equal(JSON.parse(live.stdout).profile, { tool: "strace", enough: true, missing: [] });
  const missing = ["PTRACE_SEIZE (EPERM)", '"it traps, then \\"stops\\""'];
  const verdict = `for strace: not enough: ${missing.join(", then ")}\n`;
  writeFileSync(ktap, readFileSync(ktap, "utf8").replace("for strace: enough\n", verdict));
  const read = await conformance("--read", ktap, "--json");
  assert.equal(JSON.parse(read.stdout).profile, { tool: "strace", enough: false, missing });
  const { code, stdout } = await conformance("--read", ktap);
  assert.is(code, 1);
  assert.ok(stdout.endsWith(`\n${verdict}`), stdout);
});

command("--list checks nothing", async () => {
  const { code, stdout } = await conformance("--list");
  assert.is(code, 0);
  for (const { name, source } of allFacts())
    assert.ok(stdout.includes(`  ${name}\n    ${source}`), name);
});

const GROUPS = ["bases", "single-step"];
/** Verdicts as if all checks of groups held. */
const held = (...groups: string[]): Verdict[] =>
  SETUP_FACTS.filter(({ group }) => groups.includes(group)).map((fact) =>
    verdictOf(
      fact,
      fact.checks.map(({ name }) => ({ name, status: "held", unmet: [] })),
      0,
    ),
  );

/** Invented facts, whose names contain what KTAP must escape, and what no terminal may be sent. */
const GROUP = 'a "group" <of> its & own';
const check = (name: string, ...unmet: Unmet[]): CheckResult => {
  return { name, status: unmet.length === 0 ? "held" : "failed", unmet };
};
const field = (name: string, expected: string | number, seen: string | null): Unmet => {
  return { field: name, expected, seen };
};
const WRONG: Verdict[] = [
  verdictOf(
    {
      ...{ name: 'rax <is> 8 & \u0001 "not" 7', group: GROUP, source: "a source <&>" },
      ...{ rules: ["W1", "W2"], checks: [] },
    },
    [
      check("r15"),
      check("rax", field("written.rax", "0x8", "0x7")),
      check("rbx", field("a", 1, "2")),
    ],
    0,
  ),
  verdictOf(
    { name: "# it stops", group: GROUP, source: "", rules: ["W1"], checks: [] },
    [check("", field("status", "stopped by SIGTRAP", null))],
    0,
  ),
];

command("a fact with several checks counts once, and each check that fails is reported", () => {
  const { facts, failed, checks } = countsOf(WRONG);
  assert.equal({ facts, failed, checks }, { facts: 2, failed: 2, checks: 4 });
  assert.equal(
    [...rulesOf(WRONG)],
    [
      ["W1", false],
      ["W2", false],
    ],
  );
  const ktap = formatKtap(WRONG);
  assert.match(
    ktap,
    /^ {2}# rax: written\.rax: expected 0x8, got 0x7\n {2}# rbx: .*\n {2}not ok 1 rax/m,
  );
  assert.match(ktap, /^ {2}# status: .*, which is not reached\n {2}not ok 2 \\# it stops$/m);
  assert.match(ktap, /^not ok 1 a "group"/m);
});

command("a log is shown as the results that it has, whatever is between its lines", async () => {
  const [ktap, again] = [join(folder, "log.ktap"), join(folder, "again.ktap")];
  const verdicts = [...WRONG, ...held(...GROUPS)];
  const { machine } = await checkFacts(SETUP_FACTS.slice(0, 1));
  writeFileSync(ktap, formatKtap(verdicts, { machine }));
  const read = await conformance("--read", ktap, "--ktap", again);
  assert.is(read.code, 1, read.stderr);
  assert.is(readFileSync(again, "utf8"), readFileSync(ktap, "utf8"));
  assert.match(read.stdout, /does not hold \(2 of 3 checks\): rax <is> 8|does not hold.*rax <is>/);
  assert.match(read.stdout, new RegExp(`^Linux ${machine?.release} on x86-64`));
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
  const [first, ...others] = held("bases");
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
  const whole = formatKtap(held("bases"));
  const log = join(folder, "early.ktap");
  writeFileSync(log, whole.split("\n").slice(0, 6).join("\n"));
  const { stdout, stderr } = await conformance("--read", log);
  assert.match(stderr, /early\.ktap is not complete: it lacks \d+ facts/);
  assert.match(stdout, /^bases +[12] of [12]$/m);
});

command("--diff and --against show the facts that hold on one machine only", async () => {
  const good = held("bases");
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
  assert.is((await conformance("--against", a, "--read", b)).stdout, stdout);
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
