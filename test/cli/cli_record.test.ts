// Time limit: 120 s

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadRecording, parseRecording, SCENARIOS } from "../../src/record/index.ts";
import { hasTool, run, stublabCommand } from "../support/processes.ts";
import { LESSONS } from "../support/recordings.ts";

const command = suite("stublab record");

const folder = mkdtempSync(join(tmpdir(), "stublab-record-"));
command.after(() => rmSync(folder, { recursive: true, force: true }));

const stublab = (...args: string[]) => run(stublabCommand("record", ...args));

/** A folder of its own. */
function newFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

command("each scenario is recorded into a file, which loads, and stdout stays empty", async () => {
  for (const name of LESSONS) {
    const file = join(folder, `${name}.json`);
    const { code, stdout, stderr } = await stublab(name, "-o", file);
    assert.equal([code, stdout], [0, ""], stderr);
    assert.match(
      stderr,
      /^\w+: \d+ steps, \d+ questions, (\d+) of \1 facts held, \d+ kB in \/.*\n$/,
    );
    const recording = loadRecording(file);
    assert.is(recording.scenario, name);
    assert.ok(recording.end.every(({ held }) => held));
  }
});

command("the default is the first scenario and stdout", async () => {
  const { code, stdout, stderr } = await stublab();
  assert.equal([code, stderr], [0, ""]);
  assert.is(parseRecording(stdout).scenario, "host");
});

command("--list names every scenario, and with --json in a document", async () => {
  const { code, stdout } = await stublab("--list");
  assert.is(code, 0);
  const names = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0]);
  assert.equal(names, Object.keys(SCENARIOS));
  const document = JSON.parse((await stublab("--list", "--json")).stdout);
  assert.is(document.schema, "stublab.scenarios/1");
  assert.equal(
    document.scenarios.map(({ name }: { name: string }) => name),
    names,
  );
});

command("--encoder selects the encoder that writes the registers", async () => {
  const { stdout } = await stublab("grandchild", "--encoder", "script");
  assert.is(parseRecording(stdout).encoder, "script");
});

const WRONG: readonly [args: string[], message: RegExp][] = [
  [
    ["grandchld"],
    /^stublab: unknown scenario "grandchld"; did you mean grandchild\?\n {2}remedy: scenarios: host, /,
  ],
  [["constructor"], /^stublab: unknown scenario "constructor"/],
  [
    ["host", "--encoder", "asembly"],
    /^stublab: unknown encoder "asembly"; did you mean assembly\?/,
  ],
  [["host", "inject"], /^stublab: record takes one scenario, got another, "inject"/],
  [["host", "--output"], /^stublab: --output: the value is missing\n/],
];

for (const [args, message] of WRONG) {
  command(`wrong usage: ${args.join(" ")}`, async () => {
    const { code, stdout, stderr } = await stublab(...args);
    assert.equal([code, stdout], [2, ""]);
    assert.match(stderr, message);
  });
}

(hasTool("script") ? command : command.skip)(
  "a recording is not printed to a terminal",
  async () => {
    const [node, args] = stublabCommand("record", "host");
    const typed = [node, ...args].join(" ");
    const { code, stdout } = await run(["script", ["-qec", typed, "/dev/null"]]);
    assert.is(code, 2);
    assert.match(stdout, "refusing to print a recording, a long document, to a terminal");
    const forced = await run(["script", ["-qec", `${typed} --json`, "/dev/null"]]);
    assert.is(forced.code, 0);
    assert.match(forced.stdout, '"schema": "stublab.recording/1"');
  },
);

command("an unwritable file causes an error, with the reason", async () => {
  for (const [path, why] of [
    ["/dev/full", "ENOSPC: no space left on device"],
    [join(folder, "nowhere/file"), "ENOENT: no such file or directory"],
  ] as const) {
    const { code, stderr } = await stublab("host", "-o", path);
    assert.is(code, 1);
    assert.is(stderr, `stublab: ${path} cannot be written: ${why}\n`);
  }
});

command("a full standard output is an error", async () => {
  const [node, args] = stublabCommand("record", "inject");
  const { code, stderr } = await run(["sh", ["-c", `${[node, ...args].join(" ")} >/dev/full`]]);
  assert.is(code, 1);
  assert.match(stderr, "standard output cannot be written: ENOSPC");
});

(hasTool("prlimit") ? command : command.skip)(
  "if the disk is full, no part of it is left, and the old file stays",
  async () => {
    const own = newFolder("limited");
    const file = join(own, "host.json");
    const [node, args] = stublabCommand("record", "host", "-o", file);
    const limited = () => run(["prlimit", ["--fsize=20000", node, ...args]]);
    assert.match((await limited()).stderr, "cannot be written: EFBIG");
    assert.equal(readdirSync(own), []);
    writeFileSync(file, "old");
    assert.is((await limited()).code, 1);
    assert.equal(readdirSync(own), ["host.json"]);
    assert.is(readFileSync(file, "utf8"), "old");
  },
);

command("an existing file is replaced, and a link to it stays a link", async () => {
  const own = newFolder("linked");
  writeFileSync(join(own, "file"), "old");
  symlinkSync("file", join(own, "link"));
  assert.is((await stublab("inject", "-o", join(own, "link"))).code, 0);
  assert.is(loadRecording(join(own, "file")).scenario, "inject");
  assert.equal(readdirSync(own).sort(), ["file", "link"]);
});

(hasTool("strace") ? command : command.skip)(
  "under a tracer that follows forks the error names the tracer",
  async () => {
    const [node, args] = stublabCommand("record", "host", "-o", join(folder, "traced.json"));
    const { code, stderr } = await run(["strace", ["-f", "-o", "/dev/null", node, ...args]]);
    assert.is(code, 3);
    assert.match(
      stderr,
      /cannot be traced by its parent: .*\n {2}remedy: another process may trace it/,
    );
  },
);

command.run();
