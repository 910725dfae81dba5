// Another process writes into the memory of a stub, so that its outcomes are those of no other.

import { fuzzText } from "../../../src/cli/fuzz_text.ts";
import { CODE } from "../../../src/labs/fuzz/case/amd64/code.ts";
import { runProbe } from "../../../src/labs/fuzz/probe/run.ts";
import { Member } from "../../../src/labs/fuzz/run/crew.ts";
import { formatRound, roundShape } from "../../../src/labs/fuzz/run/log.ts";
import { RunState } from "../../../src/labs/fuzz/run/state.ts";
import { reportOf } from "../../../src/labs/fuzz/tell/fuzz_report.ts";

const confirming = suite("fuzz: outcomes that another attempt contradicts");

/** Puts UD2 wherever a stub has code that cases start at, unless it has ended or is not set up. */
function spoil(pid: number): void {
  try {
    const memory = openSync(`/proc/${pid}/mem`, "r+");
    const code = Uint8Array.from({ length: 2000 }, (_, i) => [0x0f, 0x0b][i % 2] ?? 0);
    writeSync(memory, code, 0, code.length, Number(CODE));
    closeSync(memory);
  } catch {}
}

/** Spoils the stubs of a probe, whatever their parents. */
const spoilAll = (pid: number) => childrenOf(pid).flatMap(childrenOf).forEach(spoil);

confirming("an outcome that does not occur again is no finding, and is reported", async () => {
  const { member, machine } = await Member.start({ seed: 1n, path: "ptrace" }, 0);
  const before = await member.ask({ from: 1000, to: 1064 });
  spoilAll(member.pid);
  const round = await member.ask({ from: 1064, to: 2000 });
  await member.end();
  assert.equal([before.counts.unconfirmed, before.once, before.findings], [0, [], []]);
  assert.equal([round.counts.cases, round.findings], [936, []]);
  assert.ok(round.counts.unconfirmed > 0);
  assert.is(round.once.length, Math.min(round.counts.unconfirmed, 64));
  assert.equal(roundShape(JSON.parse(formatRound(round)), "the log"), round);
  const state = new RunState();
  state.add(before);
  state.add(round);
  const session = { cases: 1000, seconds: 1, unconfirmed: round.counts.unconfirmed };
  const run = { seed: 1n, path: "ptrace", focus: undefined, shard: undefined } as const;
  const result = { ...run, ...session, machine, state, findings: [], interrupted: false };
  const report = reportOf(result, {});
  assert.is(report.unconfirmed.cases, round.counts.unconfirmed);
  const [cause] = report.unconfirmed.causes;
  const [first] = cause?.cases ?? [];
  assert.match(first?.subject ?? "", /^Not reproduced: once, .+; predicted: /);
  const own = round.once.find(({ index }) => index === first?.index);
  assert.equal(first?.case, own && formatCase(own.it));
  const text = fuzzText(report);
  assert.ok(text.includes(`    ${JSON.stringify(first?.case)}\n`), text);
  assert.match(text, /none: every outcome that occurred again matched its prediction/);
});

confirming("the probe alone reports it with its rule and its case", async () => {
  const lines: string[] = [];
  const enough = new AbortController();
  const isReported = () => lines.some((line) => line.startsWith("# not confirmed "));
  const run = runProbe(
    HOST_ARCH,
    ["fuzz", "--path", "ptrace", "--seconds", "100"],
    (line) => {
      lines.push(line);
      if (line.startsWith("# case ") && isReported()) enough.abort();
    },
    { interrupted: enough.signal },
  );
  const spoiling = setInterval(() => childrenOf(process.pid).forEach(spoilAll), 10);
  await run.finally(() => clearInterval(spoiling));
  const at = lines.findIndex((line) => line.startsWith("# not confirmed "));
  assert.match(lines[at] ?? "", /^# not confirmed 1: case \d+$/);
  assert.match(lines[at + 1] ?? "", /^# \S+: predicted .+, got .+$/);
  assert.match(lines[at + 2] ?? "", /^# (No single rule explains |The difference |The outcome )/);
  const [document = ""] = lines.slice(at).flatMap((line) => /^# case (.+)$/.exec(line)?.[1] ?? []);
  assert.is(parseCase(JSON.parse(document)).way.length > 0, true);
});
