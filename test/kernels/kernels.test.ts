import { LESSONS } from "../../src/labs/record/course.ts";
import { complaintsOf } from "./answers.ts";
import { readLog } from "./log.ts";
import { MACHINES, machinesOf, SHORT } from "./machines.ts";
import { complaintsAbout, isProbe, newFailures, readResults } from "./results.ts";
import { makeTrivialRoot, reasonOf } from "./trivial.ts";

const kernels = suite("kernels: results");

const LOG = `[    0.1] some message
KTAP version 1
1..2
ok 1 a stub is forked
[    0.2] a message of the kernel
not ok 2 it stops: EIO
# machine: fsgsbase XSAVE area of 832 bytes
KTAP version 1
1..2
  KTAP version 1
  1..4
  # cs = 3: written.cs: expected 0x3, got 0x33
  # cs = 7: written.cs: expected 0x7, got 0x33
  not ok 1 one
  ok 2 two
  ok 3 three # SKIP no XSAVE
  not ok 4 four # XFAIL known: qemu-tcg
not ok 1 selectors
  KTAP version 1
  1..1
  ok 1 five
ok 2 bases
# 2 of 3 facts hold, 1 skipped
KTAP version 1
1..1
# seed 1
# 10 cases, 5 a second, 1 signatures, digest 0x1, 0 not predicted, 0 stubs ended, 0 hung, 0 not confirmed, 0 findings
# finding 1: case 12
# stopped.ds: predicted 0x0, got 0x3
# rules W1 R46
# case {"schema":"stublab.case/1"}
# 20 cases, 5 a second, 7 signatures, digest 0x2a, 3 not predicted, 0 stubs ended, 2 hung, 1 not confirmed, 1 findings
not ok 1 fuzz
# exit status 1
`;

kernels("a log of the probe is read, whatever the kernel prints in between", () => {
  const log = readLog(LOG.replaceAll("\n", "\r\n"));
  assert.equal(log.bootstrap, { held: 1, failed: ["it stops: EIO"] });
  assert.equal(log.conformance, {
    held: 2,
    skipped: { "no XSAVE": 1 },
    failed: [
      { group: "selectors", fact: "one", seen: "cs = 3: written.cs: expected 0x3, got 0x33" },
    ],
    known: ["four"],
  });
  assert.equal(log.fuzz, {
    cases: 20,
    signatures: 7,
    digest: "0x2a",
    unpredicted: 3,
    hangs: 2,
    unconfirmed: 1,
    findings: [{ differs: "stopped.ds: predicted 0x0, got 0x3", rules: "W1 R46" }],
  });
});

kernels("a command that did not end is a complaint, and so is a panic", () => {
  const [start = ""] = LOG.split("ok 2 bases");
  const log = readLog(`${start}Kernel panic - not syncing: oops\n`);
  const result = { machine: "probe/x", release: "1", seconds: 1, ...log };
  assert.equal(complaintsAbout(result, {}), [
    "oops",
    "bootstrap: it stops: EIO",
    "conformance did not end",
    "fuzz did not end",
  ]);
});

kernels("a fact that failed before is no new failure", () => {
  const head = { machine: "probe/x", release: "1", seconds: 1 };
  const now = { ...head, ...readLog(LOG) };
  assert.equal(newFailures(now, now), []);
  assert.is(newFailures(undefined, now).length, 1);
});

kernels("a kernel that does not run a trivial process 1 is skipped for its last words", () => {
  const panic = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b\nCPU: 0\n";
  const words = "userspace - ptrace set fp regs failed, errno = 14";
  assert.is(
    reasonOf(`some message\n${words}\n${panic}`),
    `a trivial init does not run on this machine: ${words}; Attempted to kill init! exitcode=0x0000000b`,
  );
  assert.is(reasonOf("Aborted\n"), "a trivial init does not run on this machine: no word of why");
});

needs(kernels, "cc")("the trivial process 1 says that it runs", () => {
  const init = join(makeTrivialRoot(temporaryFolder()), "init");
  // As process 1 its end is a panic.
  const panic = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000\n";
  assert.is(reasonOf(`${execFileSync(init, { encoding: "utf8" })}${panic}`), undefined);
});

kernels("machines with a trivial process 1 boot it as they boot the probe", () => {
  const unused = () => "";
  const places = {
    ...{ folder: "", root: () => "/node", initramfs: unused, probeInitramfs: unused },
    ...{ probeRoot: () => "/probe", trivialRoot: () => "/trivial", denyingInitramfs: unused },
  };
  const own = { node: "/node", probe: "/probe" };
  const able = MACHINES.filter(({ trivial }) => trivial !== undefined);
  assert.equal(able.map(({ name }) => name).sort(), ["node/uml", "probe/uml"]);
  for (const { trivial, command, host } of able) {
    const swapped = command(places, []).map((it) => it.replace(own[host], "/trivial"));
    assert.equal(trivial?.(places), swapped);
  }
});

kernels("what Node.js prints is checked: all checks, the call, no failing trial", () => {
  const { complaints } = complaintsOf(
    "@@kernel Linux\n@@bootstrap 59 of 60 checks held\n@@bootstrap-status 1\n@@inject hello\n" +
      "@@inject-status 0\n@@doctor warning  guests   no\n@@doctor FAILED   ptrace   no\n@@doctor-status 0\n",
    ["bootstrap", "inject", "doctor"],
    { warns: ["guests"] },
  );
  assert.equal(complaints, [
    "bootstrap: 59 of 60 checks held, expected 60",
    'inject does not print write(1, "hello\\n", 6) = 6',
    "FAILED   ptrace   no",
    "bootstrap exited with status 1",
    "  59 of 60 checks held",
  ]);
});

kernels("only the checks of a machine are expected, and each must succeed", () => {
  const differs = "script differs from the headers (2 findings)";
  const text = `@@kernel Linux\n@@compare ${differs}\n@@compare-status 1\n`;
  assert.equal(complaintsOf(text, ["compare"], { warns: [] }).complaints, [
    "compare does not print an agreement",
    "compare exited with status 1",
    `  ${differs}`,
  ]);
  const agree = "@@compare assembly and script agree: 2,000 cases of 50 functions\n";
  const held = `@@kernel Linux\n${agree}@@compare-status 0\n`;
  assert.equal(complaintsOf(held, ["compare"], { warns: [] }).complaints, []);
});

kernels("facts that do not hold are told, and the score is kept beside that of bootstrap", () => {
  const [held, not] = [
    "130 of 130 facts hold, 100.0 % (700 checks)",
    "129 of 130 facts hold, 99.2 %",
  ];
  const answer = (line: string) =>
    complaintsOf(
      `@@kernel Linux\n@@conformance ${line}\n@@conformance-status 0\n`,
      ["conformance"],
      { warns: [] },
    );
  assert.equal(answer(held), { bootstrap: "130 of 130 facts hold", complaints: [] });
  assert.equal(answer(`  does not hold: x\n@@conformance ${not}`).complaints, [
    "conformance: 129 of 130 facts hold",
    "  does not hold: x",
  ]);
});

kernels("a fact may fail where the kernel has its bug, and no other", () => {
  const answer = (fact: string) =>
    complaintsOf(
      `@@kernel Linux\n@@conformance   does not hold (1 of 2 checks): ${fact}\n@@conformance 129 of 130 facts hold, 99.2 %\n@@conformance-status 1\n`,
      ["conformance"],
      { warns: [], fails: ["CVE-1"] },
    ).complaints;
  assert.equal(answer("it is refused (CVE-1)"), []);
  assert.is(answer("another").length, 5);
});

kernels("each lesson held, or is one that the machine may refuse", () => {
  const told = (name: string) => (name === "rseq" ? "refused, Linux 5.10" : "5 of 5 facts held");
  const print = (names: readonly string[]) =>
    names.map((name) => `@@record ${name}: ${told(name)}\n`).join("");
  const answer = (lines: string, refuses: readonly string[]) =>
    complaintsOf(`@@kernel Linux\n${lines}@@record-status 0\n`, ["record"], { warns: [], refuses });
  assert.equal(answer(print(LESSONS), ["rseq"]), {
    bootstrap: `the facts of ${LESSONS.length - 1} lessons held`,
    complaints: [],
  });
  const failed = "@@record host: 10 of 11 facts held; its parent: 7, seen 1\n";
  const [, ...others] = LESSONS.filter((name) => name !== "cascade");
  assert.equal(answer(failed + print(others), []).complaints, [
    "host: 10 of 11 facts held; its parent: 7, seen 1",
    "rseq: refused, Linux 5.10",
    "record does not end the lesson cascade",
  ]);
});

kernels("machines are selected by any part of their names, and by architecture", () => {
  const names = (...words: string[]) => machinesOf(words).map(({ name }) => name);
  assert.is(names().length, MACHINES.length);
  assert.is(new Set(names()).size, MACHINES.length);
  assert.equal(names("node/linux-6.1"), ["node/linux-6.1/max"]);
  assert.ok(names("EPYC").every((name) => name.endsWith("/EPYC")));
  assert.ok(names("arm64").every((name) => name.includes("-arm64")));
  assert.equal(names("uml"), ["probe/uml", "node/uml"]);
  assert.equal([...names("--short")].sort(), [...SHORT].sort());
  assert.throws(() => names("linux"), /unknown machine "linux": expected one of probe, native,/);
});

kernels("results are the probe's if the machine runs it", () => {
  const result = { release: "1", seconds: 1, bootstrap: "", complaints: [] };
  for (const { name, host } of MACHINES)
    assert.is(isProbe({ machine: name, ...result }), host === "probe", name);
});

kernels("results are those of machines in the list, in its order", () => {
  const names = readResults().results.map(({ machine }) => machine);
  const listed = MACHINES.map(({ name }) => name).filter((name) => names.includes(name));
  assert.equal(names, listed);
});

kernels("facts that failed have the names of facts", () => {
  const names = new Set(allFacts().map(({ name }) => name));
  for (const result of readResults().results.filter(isProbe))
    for (const { fact } of result.conformance?.failed ?? []) assert.ok(names.has(fact), fact);
});
