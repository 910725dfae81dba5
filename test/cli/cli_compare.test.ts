// Time limit: 120 s

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CompareReport } from "../../src/compare/report.ts";
import { run, stublabCommand } from "../support/processes.ts";

const command = suite("stublab compare");

const folder = mkdtempSync(join(tmpdir(), "stublab-compare-"));
command.after(() => rmSync(folder, { recursive: true, force: true }));

const stublab = (...args: string[]) => run(stublabCommand("compare", ...args));

async function reportOf(...args: string[]): Promise<CompareReport & { schema: string }> {
  const { code, stdout, stderr } = await stublab("--json", ...args);
  assert.is(code === 0 || code === 1, true, stderr);
  return JSON.parse(stdout);
}

command("assembly, script and native agree: status 0, and a line for each operation", async () => {
  const { code, stdout, stderr } = await stublab("--cases", "50000", "--verbose");
  assert.is(code, 0, stderr);
  assert.is(stderr, "");
  assert.match(
    stdout,
    /^50,000 cases, seed 0x1, in [\d.]+ s\n {2}A assembly {5}amd64 26 functions/,
  );
  for (const operation of ["syscall", "clone3", "status", "siginfo", "seccomp"]) {
    for (const arch of ["amd64", "arm64"]) {
      assert.match(stdout, new RegExp(`^${arch} ${operation} .*=.*=.*=$`, "m"));
    }
  }
  assert.match(stdout, /^amd64 layout {7}assembly \d+ constants, script \d+ constants/m);
  assert.match(stdout, /^amd64 encodeClone .*flags 24\/24 bits, 276\/276 pairs/m);
  assert.match(stdout, /^amd64 encodeClone +\d+ +\d+ \(\d+-\d+\)/m);
  assert.match(stdout, /\nall agree\n$/);
});

command("timings and coverage are printed only with --verbose", async () => {
  const { stdout } = await stublab("script", "--cases", "1000", "--arch", "amd64");
  assert.not.match(stdout, /coverage|ns per call/);
});

command(
  "an encoder that differs: status 1, both results, the input, the verdict, the replay",
  async () => {
    const { code, stdout } = await stublab(
      "gvisor",
      "--cases",
      "20000",
      "--operation",
      "syscallErrno",
    );
    assert.is(code, 1);
    assert.match(
      stdout,
      "  gvisor   ff ff ff 7f  0x7fffffff (errno 2147483647)\n  headers  00 00 00 00  0x0\n",
    );
    assert.match(stdout, "  bad syscallErrno at byte 0: 0xff != 0x00, xor 0x7fffffff\n");
    assert.match(
      stdout,
      "  input    result = 0x8000000000000000 (-9223372036854775808), all else 0\n",
    );
    assert.match(stdout, "  verdict  the headers: gvisor wrong;");
    assert.match(stdout, /\ngvisor: 2 findings\n$/);
  },
);

command("the replay command repeats exactly that case", async () => {
  const report = await reportOf("gvisor", "--cases", "100000");
  assert.ok(report.disagreements.length >= 10);
  for (const found of report.disagreements.filter(({ name }) => name !== null)) {
    const [, ...words] = found.replay.split(" ");
    const args = words.slice(1).map((word) => word.replaceAll("'", ""));
    const again = await reportOf(...args);
    assert.is(again.cases, 1, found.replay);
    const [only] = again.disagreements;
    assert.equal(
      { field: only?.field, own: only?.own, other: only?.other, input: only?.input },
      { field: found.field, own: found.own, other: found.other, input: found.input },
      found.replay,
    );
  }
});

command("one document, with words as hex strings", async () => {
  const report = await reportOf("--cases", "2000", "--seed", "0xfeed");
  assert.is(report.schema, "stublab.compare/1");
  assert.is(report.seed, "0xfeed");
  assert.is(report.cases, 2000);
  assert.equal(
    report.encoders.map(({ name, arch }) => `${name} ${arch}`),
    ["assembly", "script", "native"].flatMap((name) => [`${name} amd64`, `${name} arm64`]),
  );
  for (const { timings } of report.functions) {
    for (const { lower, median, upper } of timings) assert.ok(lower <= median && median <= upper);
  }
});

command("one architecture, several operations, or one function", async () => {
  const report = await reportOf(
    "script",
    "--arch",
    "arm64",
    "--operation",
    "wait4",
    "--operation",
    "signalSet",
  );
  assert.equal(
    report.functions.map(({ arch, name }) => `${arch} ${name}`),
    ["arm64 encodeWaitOptions", "arm64 signalSet"],
  );
  assert.equal(report.layouts, []);
});

for (const [words, message] of [
  [["--operation", "clonee"], 'unknown operation "clonee"; did you mean clone?'],
  [["--arch", "amd65"], 'unknown architecture "amd65"'],
  [["asembly"], 'unknown encoder "asembly"; did you mean assembly?'],
  [["./nowhere.wasm"], "there is no file ./nowhere.wasm"],
  [["--cases", "many"], '--cases: expected a whole number from 0 to 1000000000000, got "many"'],
  [["--cases", "1", "--seconds", "1"], "--cases and --seconds exclude each other"],
  [["--case", "flags=1"], "--case needs one function, named with --operation"],
  [["--case", "flags=1", "--operation", "clone"], "--case needs one function"],
  [
    ["--case", "flags", "--operation", "encodeClone"],
    '--case: expected NAME=NUMBER,…, got "flags"',
  ],
  [
    ["--case", "flag=1", "--operation", "encodeClone"],
    'a case of encodeClone has no "flag"; did you mean flags?',
  ],
  [["--seed", "x"], '--seed: expected a 64-bit number, got "x"'],
  [["--html", "/nowhere/report.html"], "--html /nowhere/report.html cannot be written"],
] as const) {
  command(`refuses ${words.join(" ")}`, async () => {
    const { code, stdout, stderr } = await stublab(...words);
    assert.is(code, 2);
    assert.is(stdout, "");
    assert.ok(stderr.startsWith(`stublab: ${message}`), stderr);
  });
}

command("writes a page in addition to the text", async () => {
  const file = join(folder, "report.html");
  const { code, stdout } = await stublab("gvisor", "--cases", "20000", "--html", file);
  assert.is(code, 1);
  assert.match(stdout, "gvisor: amd64 syscallErrno");
  const page = readFileSync(file, "utf8");
  assert.match(page, /^<!doctype html>/i);
  assert.match(page, "syscallErrno");
});

command("a page that does not fit on the disk is an error, and status 1", async () => {
  const { code, stderr } = await stublab("script", "--cases", "1000", "--html", "/dev/full");
  assert.is(code, 1);
  assert.match(stderr, "stublab: /dev/full cannot be written: ENOSPC");
});

command.run();
