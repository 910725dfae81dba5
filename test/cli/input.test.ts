// Files that a user names: a pipe and standard input work like a file, and an endless input is read up to its limit.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { eventually, hasTool, Running, stublabCommand, waitsInOpen } from "../support/processes.ts";

const input = suite("input");

const folder = mkdtempSync(join(tmpdir(), "stublab-input-"));
input.after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a shell command line, in which "stublab" is the command. */
function sh(line: string) {
  const [node, [script = ""]] = stublabCommand();
  const text = line.replaceAll("stublab ", `'${node}' '${script}' `);
  const { status, signal, stdout, stderr } = spawnSync("bash", ["--norc", "-c", text], {
    encoding: "utf8",
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  assert.is(signal, null, "it did not end");
  return { code: status, stdout, stderr };
}

const endless = join(folder, "endless.bin");
symlinkSync("/dev/zero", endless);
const sparse = join(folder, "sparse.bin");
writeFileSync(sparse, "");
truncateSync(sparse, 1e12);
const recording = "has more than 20000000 bytes, the limit for a recording";
const one = "has more than 1048576 bytes, the limit for a case";

for (const [line, message] of [
  ["stublab predict /dev/zero", `/dev/zero ${one}`],
  ["stublab predict - < /dev/zero", `standard input ${one}`],
  ["stublab predict <(cat /dev/zero)", one],
  ["stublab fuzz replay /dev/zero", one],
  ["stublab fuzz minimize /dev/zero", one],
  ["stublab fuzz export --c /dev/zero", one],
  [`stublab fuzz replay ${sparse}`, one],
  [`stublab guest ${endless}`, `${endless} has more than 268435456 bytes, the limit for a program`],
  [`stublab guest ${sparse}`, `${sparse} has more than 268435456 bytes, the limit for a program`],
  [
    "stublab inject write 1 @/dev/zero 1",
    "/dev/zero has more than 67108864 bytes, the limit for an",
  ],
  [
    `stublab inject write 1 @${sparse} 1`,
    "has more than 67108864 bytes, the limit for an argument",
  ],
  ["stublab view /dev/zero", recording],
  ["stublab view - < /dev/zero", recording],
  ["stublab step /dev/zero", recording],
  [`stublab gallery ${join(folder, "pages")} /dev/zero`, recording],
] as const) {
  input(`${line.replaceAll(folder, "")}: refused with the limit`, () => {
    const { code, stdout, stderr } = sh(line);
    assert.equal([code, stdout], [2, ""], stderr);
    assert.match(stderr, message);
  });
}

input(
  "a link to itself, an empty name, a name that is too long: the reason, not an internal error",
  () => {
    const loop = join(folder, "loop.bin");
    symlinkSync("loop.bin", loop);
    for (const [path, why] of [
      [loop, /loop\.bin cannot be read: ELOOP/],
      ["''", /"" cannot be read: ENOENT/],
      ["n".repeat(300), /cannot be read: ENAMETOOLONG/],
    ] as const) {
      for (const line of ["predict", "fuzz replay", "view", "guest", "fuzz merge -o merged"]) {
        const { code, stderr } = sh(`stublab ${line} ${path}`);
        assert.equal([code, why.test(stderr)], [2, true], stderr);
      }
    }
  },
);

input("reading a FIFO without a writer blocks until a signal ends it", async () => {
  const fifo = join(folder, "fifo.bin");
  sh(`mkfifo ${fifo}`);
  for (const args of [["predict"], ["fuzz", "replay"], ["view"], ["gallery", folder], ["guest"]]) {
    const waiting = new Running(stublabCommand(...args, fifo));
    assert.ok(await eventually(() => waitsInOpen(waiting.pid), 10_000), args.join(" "));
    process.kill(waiting.pid, "SIGTERM");
    assert.is((await waiting.ended).signal, "SIGTERM");
  }
});

input("a pipe works like a file", () => {
  const case_ = "examples/cases/restart.json";
  for (const line of [
    `predict <(cat ${case_})`,
    `predict - < ${case_}`,
    `cat ${case_} | predict -`,
  ]) {
    const { code, stderr } = sh(line.replace("predict", "stublab predict"));
    assert.is(code, 0, stderr);
  }
});

(hasTool("perl") ? input : input.skip)("a non-blocking pipe is waited for", () => {
  const unblock = "fcntl(STDIN, F_SETFL, O_NONBLOCK) and exec @ARGV";
  const late = "(sleep 0.3; cat examples/cases/restart.json)";
  const { code, stderr } = sh(`${late} | perl -MFcntl -e '${unblock}' stublab predict -`);
  assert.is(code, 0, stderr);
});

input.run();
