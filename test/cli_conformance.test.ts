import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Fact, setregs, tellOf } from "../src/fuzz/facts/fact.ts";
import { FACTS } from "../src/fuzz/facts/facts.ts";
import { formatJunit } from "../src/fuzz/facts/junit.ts";
import { lookAt, type Verdict } from "../src/fuzz/facts/run.ts";
import { readMachine } from "../src/fuzz/try/machine.ts";
import { Trier } from "../src/fuzz/try/trial.ts";
import { hasTool, run, stublabCommand } from "./processes.ts";
import { parseXml } from "./well_formed.ts";

const command = suite("stublab conformance, as a command");
const folder = mkdtempSync(join(tmpdir(), "stublab-test-"));
command.after(() => rmSync(folder, { recursive: true, force: true }));

const conformance = (...args: string[]) => run(stublabCommand("conformance", ...args));

command("prints a line for each group, and a score", async () => {
  const { code, stdout, stderr } = await conformance();
  assert.is(code, 0, stderr);
  assert.match(stdout, /^restarts +(\d+) of \1$/m);
  assert.match(stdout, /\n(\d+) of \1 facts hold, 100\.0 %; \d+ skipped\n$/);
});

command("prints all facts as a document, and writes JUnit XML", async () => {
  const junit = join(folder, "facts.xml");
  const { code, stdout } = await conformance("--json", "--junit", junit);
  assert.is(code, 0);
  const document = JSON.parse(stdout);
  assert.is(document.schema, "stublab.conformance/1");
  assert.is(document.facts.length, FACTS.length);
  assert.is(document.counts.facts, FACTS.length);
  assert.is(document.counts.failed, 0);
  const root = parseXml(readFileSync(junit, "utf8"));
  assert.is(root.name, "testsuites");
  assert.is(root.attributes.tests, `${FACTS.length}`);
  assert.is(root.attributes.failures, "0");
  const cases = root.children.flatMap(({ children }) => children);
  assert.is(cases.length, FACTS.length);
  assert.is(
    cases.filter(({ children }) => children[0]?.name === "skipped").length,
    document.counts.skipped,
  );
  if (hasTool("python3")) {
    const parse = "import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])";
    assert.is(spawnSync("python3", ["-c", parse, junit]).status, 0);
  }
});

command("--only selects facts by group or name", async () => {
  const { code, stdout } = await conformance("--only", "^single-step$", "--json");
  assert.is(code, 0);
  const { facts } = JSON.parse(stdout);
  assert.is(facts.length, FACTS.filter(({ group }) => group === "single-step").length);
});

command("--list checks nothing", async () => {
  const { code, stdout } = await conformance("--list");
  assert.is(code, 0);
  for (const { name } of FACTS) assert.ok(stdout.includes(`  ${name}  (`), name);
});

for (const [what, args, message] of [
  ["an invalid pattern", ["--only", "("], /--only: invalid regular expression: \/.+\n {2}remedy:/],
  ["a pattern that matches nothing", ["--only", "no such fact"], /no fact matches/],
  ["an argument", ["restarts"], /unexpected argument "restarts"/],
] as const) {
  command(`refuses ${what}`, async () => {
    const { code, stderr } = await conformance(...args);
    assert.is(code, 2);
    assert.match(stderr, message);
  });
}

command("a file that cannot be written is an error", async () => {
  const { code, stderr } = await conformance(
    "--only",
    "group-stop",
    "--junit",
    join(folder, "no", "x"),
  );
  assert.is(code, 1);
  assert.match(stderr, /cannot be written: ENOENT/);
});

/** Invented facts, whose names contain everything that XML must escape. */
const tell = tellOf('a "group" <of> its & own');
const WRONG: readonly Fact[] = [
  tell('rax <is> 8 & \u0001 "not" 7', "a rule <&>", setregs({ rax: 7n }), { written: { rax: 8n } }),
  tell("it stops", "none", setregs({ rax: 7n }), { stop: "SIGTRAP" }),
  tell("the write is refused", "none", setregs({}), { error: "EIO" }),
];

command("a fact that does not hold is reported completely, and its name is valid in XML", () => {
  using trier = new Trier();
  assert.ok(trier.pid > 0);
  const machine = readMachine(trier.tracer);
  const verdicts: Verdict[] = [...lookAt(WRONG, trier, machine)];
  const told = verdicts.flatMap((verdict) => (verdict.held === false ? verdict.unmet : []));
  assert.equal(told, [
    { field: "written.rax", expected: 8n, seen: 7n },
    { field: "status", expected: 0x57fn, seen: null },
    { field: "error", expected: 5n, seen: 0n },
  ]);
  const root = parseXml(formatJunit(verdicts, 0.5));
  const [group] = root.children;
  assert.is(group?.attributes.failures, "3");
  const [first] = group?.children ?? [];
  assert.is(first?.attributes.name, "rax &lt;is&gt; 8 &amp; 0x1 &quot;not&quot; 7");
  const [failure] = first?.children ?? [];
  assert.equal(failure?.attributes, {
    message: "written.rax: expected 0x8, seen 0x7",
    type: "a rule &lt;&amp;&gt;",
  });
});

command("an untestable fact is skipped, with the reason", () => {
  using trier = new Trier();
  assert.ok(trier.pid > 0);
  const machine = { ...readMachine(trier.tracer), features: ["la57"] as const };
  const facts = FACTS.filter(
    ({ needs }) => needs.includes("no LA57") || needs.includes("PTRACE_SET_SYSCALL_INFO"),
  );
  const verdicts = [...lookAt(facts, trier, machine)];
  assert.ok(verdicts.length > 30);
  for (const verdict of verdicts) {
    assert.is(verdict.held, null, verdict.fact.name);
    if (verdict.held === null)
      assert.match(verdict.reason, /^it needs (no LA57|PTRACE_SET_SYSCALL_INFO): /);
  }
});

command.run();
