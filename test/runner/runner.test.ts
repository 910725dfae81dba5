import { availableParallelism } from "node:os";

/** What uvu prints of one test that passes. */
const PASSED = 'console.log("  Total:     1\\n  Passed:    1\\n  Skipped:   0");';
/** An orphan: its parent, a shell, ends first. */
const ORPHAN =
  'console.log("pid", execFileSync("sh", ["-c", "sleep 1000 >/dev/null 2>&1 & echo $!"], { encoding: "utf8" }).trim());';
const IMPORT = 'import { execFileSync } from "node:child_process";';

const folder = temporaryFolder();

/** Runs files with these contents, by name. */
function runFiles(name: string, files: Record<string, string>, env: NodeJS.ProcessEnv = {}) {
  const own = join(folder, name);
  mkdirSync(own);
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(own, `${file}.test.js`), text);
  }
  // Not this run's.
  const { REQUIRE_ALL: _, SOAK: __, ON_MACHINE: ___, ...outer } = process.env;
  return new Running([process.execPath, ["test/run.mjs"]], {
    env: { ...outer, RUN_BUNDLED: own, RUN_LANES: "2", ...env },
    detached: true,
  });
}

const lastOf = (stdout: string) => stdout.trimEnd().split("\n").at(-1);

const runner = suite("runner of the tests");

runner("counts what files report", async () => {
  const skipping = 'console.log("skipped: no cpio\\n  Total: 2\\n  Passed: 2\\n  Skipped: 1");';
  const files = { one: PASSED, two: skipping, "three.slow": PASSED, "four.alone": PASSED };
  const { code, stdout } = await runFiles("counts", files).ended;
  assert.is(code, 0, stdout);
  assert.is(lastOf(stdout), "5 passed, 0 failed, 1 skipped");
  assert.match(stdout, /^two\.test\.ts: 2 passed, 1 skipped \(.* s\)\n {2}skipped: no cpio$/m);
  const required = await runFiles("required", files, { REQUIRE_ALL: "1" }).ended;
  assert.is(required.code, 1);
  assert.is(lastOf(required.stdout), "5 passed, 1 failed, 1 skipped");
});

for (const [name, text, fault] of [
  ["no-test", "", "ran no test"],
  ["signal", `${PASSED} process.kill(process.pid, "SIGSEGV");`, "killed by SIGSEGV"],
  ["skip", PASSED.replace("Skipped:   0", "Skipped:   1"), "skips 1 tests, and says of 0 why"],
  ["exit", `${PASSED} process.exitCode = 3;`, "exit 3"],
  ["stray", `${IMPORT} ${PASSED} ${ORPHAN}`, /left processes behind: \d+ \(sleep\)/],
  ["hang", `${IMPORT} ${PASSED} ${ORPHAN} setInterval(() => {}, 1000);`, "took more than 1 s"],
] as const) {
  runner(`a file that ends with: ${name}`, async () => {
    const limit = name === "hang" ? { RUN_LIMIT: "1" } : {};
    const { code, stdout } = await runFiles(name, { bad: text, good: PASSED }, limit).ended;
    assert.is(code, 1, stdout);
    assert.match(stdout, fault);
    assert.match(stdout, /^FAILED bad\.test\.ts: /m);
    assert.match(stdout, /^good\.test\.ts: 1 passed \(/m);
    const [, orphan] = /^pid (\d+)$/m.exec(stdout) ?? [];
    if (orphan !== undefined) assert.not(isAlive(Number(orphan)));
  });
}

for (const [name, load, status] of [
  ["quiet", 1, 1],
  ["loaded", 100, 0],
] as const) {
  runner(`a file that sleeps for three times its limit, on a ${name} machine`, async () => {
    const loadavg = join(folder, `${name}-loadavg`);
    writeFileSync(loadavg, `0 0 0 ${load * availableParallelism()}/999 1\n`);
    const files = { sleeps: `await new Promise((go) => setTimeout(go, 3000)); ${PASSED}` };
    const env = { RUN_LIMIT: "1", RUN_LOADAVG: loadavg };
    const { code, stdout } = await runFiles(name, files, env).ended;
    assert.is(code, status, stdout);
  });
}

runner("a file does not end the orphans of another", async () => {
  const lives = `
    ${IMPORT} import { readFileSync, existsSync } from "node:fs";
    const pid = execFileSync("sh", ["-c", "sleep 1000 >/dev/null 2>&1 & echo $!"]).toString().trim();
    while (!existsSync(process.env.RUN_BUNDLED + "/done")) await new Promise((go) => setTimeout(go, 10));
    process.kill(Number(pid), "SIGKILL"); ${PASSED}`;
  // Ends after its own check for orphans only, so the next file says that it did.
  const says = `import { writeFileSync } from "node:fs"; ${PASSED} writeFileSync(process.env.RUN_BUNDLED + "/done", "");`;
  const files = { long: lives, other: PASSED, third: says };
  await succeeded(runFiles("beside", files).ended);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
  runner(`leaves no process behind when ${signal} ends it`, async () => {
    const own = join(folder, signal);
    const note = `import { writeFileSync } from "node:fs"; const pid = execFileSync("sh", ["-c", "sleep 1000 >/dev/null 2>&1 & echo $!"]).toString();
      writeFileSync(${JSON.stringify(join(own, "pids"))}, process.pid + " " + process.ppid + " " + pid); setInterval(() => {}, 1000);`;
    const running = runFiles(signal, { hangs: `${IMPORT} ${note}` });
    const pids = () => {
      try {
        return readFileSync(join(own, "pids"), "utf8").trim().split(" ").map(Number);
      } catch {
        return [];
      }
    };
    assert.ok(await eventually(() => pids().length === 3, 60_000));
    process.kill(running.pid, signal);
    const { code } = await running.ended;
    if (signal !== "SIGKILL") assert.is(code, 130);
    assert.ok(await eventually(() => !pids().some(isAlive), 60_000), `${pids()}`);
  });
}
