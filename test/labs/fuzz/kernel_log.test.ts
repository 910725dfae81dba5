import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HOST_ARCH } from "../../../src/core/machine/index.ts";
import { needs } from "../../support/needs.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const PROBE = resolve(`dist/probe-${HOST_ARCH}`);
/** A pipe in place of the kernel's log, which has each record once, too. */
const LOG = join(temporaryFolder(), "kmsg");
const IN_PLACE = `mount --make-rprivate / && mount --bind ${LOG} /dev/kmsg && exec`;
const inNamespace = (...words: string[]) =>
  spawnSync("unshare", ["--mount", "sh", "-c", `${IN_PLACE} "$@"`, "sh", ...words], {
    encoding: "utf8",
  });

execFileSync("mkfifo", [LOG]);

const log = suite("the kernel's log");
const mounted = needs(log, {
  "the probe, which wasm2c builds": existsSync(PROBE),
  "the right to mount": inNamespace("true").status === 0,
});

/** Runs a command of the probe, whose log has a record. */
function runWith(record: string, ...words: string[]) {
  const file = openSync(LOG, "r+");
  try {
    writeSync(file, `${record}\n SUBSYSTEM=cpu\n`);
    const { status, stdout } = inNamespace(PROBE, ...words);
    return { status, stdout };
  } finally {
    closeSync(file);
  }
}

const FUZZ = ["fuzz", "--log", "--cases", "1"];

mounted("what the kernel says of itself during cases is a finding", () => {
  const { status, stdout } = runWith(
    "4,7,99,-;WARNING: CPU: 0 PID: 1 at kernel/ptrace.c:1",
    ...FUZZ,
  );
  assert.is(status, 1, stdout);
  const line = "# kernel log, cases 0 to 0: WARNING: CPU: 0 PID: 1 at kernel/ptrace.c:1\n";
  assert.ok(stdout.includes(line), stdout);
  assert.match(stdout, /^not ok 1 fuzz$/m);
});

for (const [what, record] of [
  ["a program writes", "12,7,99,-;WARNING: CPU: 0"],
  ["the kernel says of a program", "6,7,99,-;BUG: x[7]: segfault at 0"],
  ["is no fault", "4,7,99,-;clocksource: WARNING: late"],
] as const) {
  mounted(`what ${what} is not`, () => {
    const { status, stdout } = runWith(record, ...FUZZ);
    assert.is(status, 0, stdout);
    assert.not.match(stdout, /kernel log/);
  });
}

mounted("a fact during which the kernel says it does not hold", () => {
  const words = ["conformance", "--log", "--only", "write order"];
  const { status, stdout } = runWith("3,7,99,-;BUG: KASAN: use-after-free in x", ...words);
  assert.is(status, 1, stdout);
  assert.match(
    stdout,
    /^ {2}# kernel log: expected nothing, got BUG: KASAN: use-after-free in x\n {2}not ok 1 /m,
  );
});

mounted("without --log nothing is said of it", () => {
  const { status, stdout } = runWith("4,7,99,-;WARNING: CPU: 0", "fuzz", "--cases", "1");
  assert.is(status, 0, stdout);
});

log.run();
