import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openEncoder } from "../../src/index.ts";
import { DENY, run, stublabCommand } from "../support/processes.ts";

const command = suite("stublab predict");
const folder = mkdtempSync(join(tmpdir(), "stublab-test-"));
command.after(() => rmSync(folder, { recursive: true, force: true }));

const REFUSED = {
  schema: "stublab.case/1",
  from: "signal",
  way: "SETREGS",
  on: "CONT",
  signal: null,
  registers: { rax: "0x7", cs: "0x10" },
};

function file(content: object | string): string {
  const path = join(folder, `${Math.abs(hash(JSON.stringify(content)))}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function hash(text: string): number {
  return [...text].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
}

const predict = (...args: string[]) => run(stublabCommand("predict", ...args));

command("prints the prediction, and the rules that determine it", async () => {
  const { code, stdout } = await predict(file(REFUSED));
  assert.is(code, 0);
  assert.match(stdout, /^ {2}error +EIO$/m);
  assert.match(stdout, /^ {2}W1 +Words are written one after the other/m);
  assert.match(stdout, /^ {2}W3 +A selector other than 0 must have the privilege level 3 /m);
});

command("--json prints a document", async () => {
  const { code, stdout } = await predict(file(REFUSED), "--json");
  assert.is(code, 0);
  const document = JSON.parse(stdout);
  assert.is(document.schema, "stublab.prediction/1");
  assert.is(document.prediction.error, "EIO");
  assert.is(document.prediction["written.rax"], "0x7");
  assert.is(document.prediction["written.cs"], "0x33");
  assert.is(document.unpredicted, null);
  assert.is(document.machine.release.length > 0, true);
  assert.ok(document.rules.some(({ id }: { id: string }) => id === "W3"));
});

command("reports what is not predicted, and why", async () => {
  const it = { ...REFUSED, registers: { rip: "0xffffffffff600000" } };
  const { code, stdout } = await predict(file(it));
  assert.is(code, 0);
  assert.match(stdout, /^The stop is not predicted: U\d+: .*vsyscall page/m);
});

command("reads a case from standard input", () => {
  const [program, args] = stublabCommand("predict", "-", "--json");
  const { status, stdout } = spawnSync(program, args, {
    input: JSON.stringify(REFUSED),
    encoding: "utf8",
  });
  assert.is(status, 0);
  assert.is(JSON.parse(stdout).prediction.error, "EIO");
});

command("predicts even if nothing can be traced", async () => {
  const number = openEncoder("assembly").constants.get("SYS_ptrace");
  const [program, args] = stublabCommand("predict", file(REFUSED), "--json");
  const denied = [`${number}`, `${constants.errno.EPERM}`, "--", program, ...args];
  const { code, stdout, stderr } = await run([DENY, denied]);
  assert.is(code, 0, stderr);
  assert.is(JSON.parse(stdout).prediction.error, "EIO");
  assert.match(
    stderr,
    /nothing can be traced here; assuming an XSAVE area of 832 bytes and the kernel features /,
  );
});

for (const [what, args, message] of [
  ["no case", [], /predict takes exactly one case/],
  ["two cases", ["a", "b"], /predict takes exactly one case/],
  ["a missing file", [join(folder, "none")], /none cannot be read: ENOENT/],
  ["no JSON", [file("{")], /json: the document is not JSON: /],
  ["an invalid case", [file({ ...REFUSED, way: "GETREGS" })], /json: way: expected one of /],
  ["an unknown option", ["--jsn"], /unknown option --jsn; did you mean --json\?\n/],
] as const) {
  command(`refuses ${what}`, async () => {
    const { code, stdout, stderr } = await predict(...args);
    assert.is(code, 2);
    assert.is(stdout, "");
    assert.match(stderr, message);
    assert.not.match(stderr, /internal error/);
  });
}

command("a full standard output causes an error", async () => {
  const [node, args] = stublabCommand("predict", "examples/cases/restart.json");
  const line = `${[node, ...args].join(" ")} >/dev/full`;
  const { code, stderr } = await run(["sh", ["-c", line]]);
  assert.is(code, 1);
  assert.match(stderr, /^stublab: standard output cannot be written: ENOSPC/);
});

command.run();
