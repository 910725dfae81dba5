/*
 * The transcripts test/cli/*.txt: commands after "$ ", what each prints on both streams, and "[N]" if its status is N.
 * Those that take long are NAME.slow.txt.
 * "…" stands for omitted text, DIR for a folder with some files, LONG for a name that is too long, LOST for
 * the address of a stub's code. `WRITE_DOCUMENTS=1` writes anew what no longer matches.
 */

import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HOST_ARCH } from "../../src/core/machine/index.ts";
import { topOfUserSpace } from "../../src/core/stub/user_space.ts";
import { pathOfProbe } from "../../src/labs/fuzz/probe/run.ts";
import { isAsTold } from "./console.ts";
import { type Printed, stublab } from "./in_process.ts";
import { EXIT_7, exiting } from "./machine_code.ts";
import { recordingOf } from "./recordings.ts";
import { temporaryFolder } from "./temporary.ts";

const FOLDER = "test/cli";
/** The architecture of a transcript that holds on one only. */
const OTHERS = process.arch === "arm64" ? "_amd64.txt" : "_arm64.txt";

const folder = temporaryFolder();
mkdirSync(join(folder, "empty"));
symlinkSync("loop", join(folder, "loop"));
writeFileSync(join(folder, "sparse"), "");
truncateSync(join(folder, "sparse"), 1e12);
symlinkSync(process.execPath, join(folder, "node"));
writeFileSync(join(folder, "exit.bin"), EXIT_7);
writeFileSync(join(folder, "zero.bin"), exiting(0n));
const inject = await recordingOf("inject");
const end = [{ fact: "its\x1b[2J parent", expected: "7", seen: "1", held: false }];
for (const [name, recording] of Object.entries({
  inject,
  host: await recordingOf("host"),
  failed: { ...inject, end },
}))
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(recording));

/** The address of 256 MB that hold a stub's code and what is above it. */
const LOST = topOfUserSpace() - (1 << 28);

/** The words of a line, as a shell splits them: quotes are single. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) =>
    word.replaceAll("'", ""),
  );
  return words.map((word) =>
    word.replaceAll("DIR", folder).replace("LONG", "n".repeat(300)).replace("LOST", `${LOST}`),
  );
}

/** Runs a line: stublab, the probe, or `echo TEXT > FILE`. */
async function execute(line: string): Promise<Printed> {
  const [program = "", ...args] = wordsOf(line);
  if (program === "stublab") return stublab(args);
  if (program === "probe") {
    const { status, stdout } = spawnSync(pathOfProbe(HOST_ARCH), args, { encoding: "utf8" });
    return { code: status ?? -1, stdout, stderr: "", all: stdout };
  }
  const [text = "", into, file = ""] = args;
  assert.equal([program, into], ["echo", ">"], line);
  writeFileSync(file, text);
  return { code: 0, stdout: "", stderr: "", all: "" };
}

/** What holds for every command, however it ends. */
function expectContract(line: string, { code, stdout, stderr }: Printed): void {
  assert.not.match(stderr, "internal error", line);
  assert.not.match(`${stdout}${stderr}`, "\x1b", line);
  const asDocument = / --json( |$)/.test(line);
  if (code >= 2 && !asDocument) assert.is(stdout, "", line);
  if (code >= 2) assert.match(stderr, /^(stublab: |stublab \S+: a laboratory)/, line);
  if (asDocument) {
    const { schema } = JSON.parse(stdout);
    assert.match(schema, code >= 2 ? /^stublab\.error\/1$/ : /^stublab\.[a-z-]+\/\d+$/, line);
  }
}

/** Runs the transcripts that take long, or all others. */
export function runTranscripts(areSlow: boolean): void {
  const names = readdirSync(FOLDER).filter(
    (name) => name.endsWith(".txt") && !name.endsWith(OTHERS),
  );
  for (const name of names.filter((each) => each.includes(".slow") === areSlow)) runOne(name);
}

function runOne(name: string): void {
  const path = join(FOLDER, name);
  const [head = "", ...parts] = readFileSync(path, "utf8").split(/^\$ /m);
  const transcript = suite(`transcript ${basename(name, ".txt")}`);
  const written = [head];
  for (const part of parts) {
    const [line = "", ...told] = part.split("\n");
    transcript(line, async () => {
      const printed = await execute(line);
      const { code, all } = printed;
      const text = all.replaceAll(folder, "DIR").replace(/\n?$/, "\n");
      const seen = `${text === "\n" ? "" : text}${code === 0 ? "" : `[${code}]\n`}`;
      const expected = told.join("\n");
      const same = isAsTold(seen, expected);
      written.push(`$ ${line}\n${same ? expected : `${seen}\n`}`);
      if (!process.env.WRITE_DOCUMENTS && !same) assert.is(seen, expected);
      if (line.startsWith("stublab")) expectContract(line, printed);
    });
  }
  transcript.after(() => {
    if (process.env.WRITE_DOCUMENTS) writeFileSync(path, `${written.join("").trimEnd()}\n`);
  });
  transcript.run();
}
