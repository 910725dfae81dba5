import { checkFacts } from "../../src/labs/fuzz/facts/run.ts";

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
  const groups = new Set(allFacts().map(({ group }) => group)).size;
  assert.equal(lines.slice(3, 5), ["KTAP version 1", `1..${groups}`]);
  assert.is(lines.filter((line) => /^ {2}(not )?ok \d+ /.test(line)).length, allFacts().length);
  assert.is(lines.filter((line) => /^ {2}ok .* # SKIP ./.test(line)).length, counts.skipped);
});

command("--only selects facts by group, name or rule", async () => {
  for (const [pattern, count] of [
    ["^single-step$", allFacts().filter(({ group }) => group === "single-step").length],
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
  const enough = { tool: "strace", enough: true, limits: [], missing: [] };
  assert.equal(JSON.parse(live.stdout).profile, enough);
  const missing = [
    "PTRACE_SEIZE (EPERM)",
    "PTRACE_CONT (not tried)",
    '"it traps, then \\"stops\\""',
  ];
  const limits = ["for programs with one thread", "without watchpoints"];
  const log = readFileSync(ktap, "utf8");
  for (const [words, profile, status] of [
    ["not enough", { enough: false, limits: [] }, 1],
    [`enough ${limits.join(", ")}`, { enough: false, limits }, 1],
    ["unknown", { enough: null, limits: [] }, 3],
  ] as const) {
    const verdict = `for strace: ${words}: ${missing.join(", then ")}\n`;
    writeFileSync(ktap, log.replace("for strace: enough\n", verdict));
    const read = await conformance(ktap, "--json");
    assert.equal(JSON.parse(read.stdout).profile, { tool: "strace", ...profile, missing });
    const { code, stdout } = await conformance(ktap);
    assert.is(code, status);
    assert.ok(stdout.endsWith(`\n${verdict}`), stdout);
  }
});

command("--list checks nothing", async () => {
  const { code, stdout } = await conformance("--list");
  assert.is(code, 0);
  for (const { name, source } of allFacts())
    assert.ok(stdout.includes(`  ${name}\n    ${source}`), name);
});

/** Facts that this version does not have, whose names contain what KTAP must escape, and what no terminal may be sent. */
const WRONG = `  KTAP version 1
  1..2
  # rax: written.rax: expected 0x8, got 0x7
  # rbx: a: expected 1, got 2
  # contradictions 3
  not ok 1 rax <is> 8 & \u0001 "not" 7
  # status: expected stopped by SIGTRAP, which is not reached
  not ok 2 \\# it stops
not ok 1 a "group" <of> its & own
`;

/** What the probe prints of a group in which all facts hold. */
async function printed(group: string): Promise<string> {
  const { printed } = await checkFacts(allFacts().filter((fact) => fact.group === group));
  return printed;
}

const BASES = await printed("bases");
const FACT = "A write to fs or gs does not change the base";
/** The same with a fact that fails, or is known to. */
const failing = (excuse = "") =>
  BASES.replace(
    `  ok 3 ${FACT}\n`,
    `  # written.fs: expected 0x0, got 0x63\n  ${excuse === "" ? "not ok" : "ok"} 3 ${FACT}${excuse}\n`,
  );

/** Writes a log, and returns its name. */
function log(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

command("--ktap is what the probe prints", async () => {
  const ktap = join(folder, "bases.ktap");
  const { code } = await conformance("--only", "^bases$", "--ktap", ktap);
  assert.is(code, 0);
  assert.is(readFileSync(ktap, "utf8"), BASES);
});

command("a log is shown as the results that it has, whatever is between its lines", async () => {
  const text = BASES.replace(/(?=^ok 1 bases)/m, WRONG);
  const read = await conformance(log("log.ktap", text));
  assert.is(read.code, 1, read.stderr);
  assert.match(read.stdout, /^Linux \S+ on x86-64/);
  assert.match(
    read.stdout,
    /does not hold.*: rax <is> 8 & \\x01 "not" 7\n {6}rax: written\.rax: exp/,
  );
  assert.match(read.stdout, /: # it stops\n {6}status: expected .*, which is not reached\n/);
  assert.match(read.stdout, /; not counted: 3 irreproducible attempts /);
  const noisy = text
    .split("\n")
    .flatMap((line, i) => [`${line}\r`, `[    ${i}.1] kernel: ok 3 not # a line\r`]);
  const noise = log("noisy.log", ["BIOS\r", "ok 1 a stub is forked\r", ...noisy].join("\n"));
  assert.is((await conformance(noise)).stdout, read.stdout);
  const { stdout: json } = await conformance(noise, "--json");
  const { failed, checks } = JSON.parse(json).counts;
  assert.equal([failed, checks > 4], [2, true]);
  assert.is((await conformance(log("log.json", json))).stdout, read.stdout);
});

command("what is known to fail does not fail", async () => {
  const known = log("known.ktap", failing(" # XFAIL known: a \\#1 list"));
  const { code, stdout } = await conformance(known, "--json");
  const { counts } = JSON.parse(stdout);
  assert.equal([code, counts.known, counts.failed], [0, 1, 0]);
  assert.is((await conformance(known, log("known.json", stdout))).code, 0);
});

command("a log that ends early has the facts that it has", async () => {
  const early = log("early.ktap", BASES.slice(0, BASES.indexOf(`  ok 3 ${FACT}`)));
  const { stdout, stderr } = await conformance(early);
  assert.match(stderr, /early\.ktap is not complete: it lacks 3 facts/);
  assert.match(stdout, /^bases +2 of 2$/m);
});

command("if all is skipped, this machine cannot do it", async () => {
  const skipped = BASES.replaceAll(/^( {2}ok .*?)(?: # SKIP.*)?$/gm, "$1 # SKIP it is denied");
  assert.is((await conformance(log("skipped.ktap", skipped))).code, 3);
});

command("two logs, or a log and this machine, show what holds on one only", async () => {
  const [a, b] = [log("a.ktap", BASES), log("b.ktap", failing())];
  const { code, stdout } = await conformance(a, b);
  assert.is(code, 1);
  assert.ok(stdout.includes(`holds on A only: bases: ${FACT}\n`), stdout);
  assert.match(stdout, /\n {6}B {2}written\.fs: expected 0x0, got 0x63\n/);
  assert.match(stdout, /\n1 facts hold on A only, 0 on B only, 0 fail otherwise; /);
  assert.is((await conformance(a, a)).code, 0);
  const live = await conformance("--against", b, "--only", "^bases$", "--json");
  assert.is(live.code, 1);
  const { schema, counts, facts: rows } = JSON.parse(live.stdout);
  assert.equal([schema, counts.b, counts.a], ["stublab.conformance-diff/1", 1, 0]);
  assert.equal(rows[0].a, { status: "failed", lines: ["written.fs: expected 0x0, got 0x63"] });
});
