import { KEPT, placeOf, SCRATCH } from "../../../src/labs/fuzz/case/amd64/code.ts";
import type { Fields } from "../../../src/labs/fuzz/case/fields.ts";

const returning = suite("fuzz: sigreturn");

const UC_STRICT_RESTORE_SS = 4;
const SIGTRAP = 5;

// None of a killed host's orphans escapes the eyes of this process.
adoptOrphans();

/** A case that returns to a piece of code, with some registers changed. */
function returnTo(code: string, registers: Readonly<Record<string, bigint>> = {}): Case {
  const frame = { ucFlags: UC_STRICT_RESTORE_SS, fpstate: false };
  return seed(code, registers, { way: "SIGRETURN", frame });
}

/** Tries cases, and returns the outcome of each. */
function tryAll(cases: readonly Case[], { deadline = 200 } = {}): Fields[] {
  using experiment = new Experiment({ capacity: cases.length, deadline });
  return experiment.try(cases);
}

returning("code of 32 bits that pops ES changes it for no other setup", () => {
  const middle = placeOf("load") + 2n;
  const outcomes = tryAll([returnTo("load", { rip: middle, cs: 0x23n }), returnTo("int3")]);
  assert.is(outcomes[0]?.get("stopped.es"), 0n);
  assert.is(outcomes[1]?.get("stopped.es"), KEPT.es);
});

returning("a POPF changes flags for no other setup", () => {
  // The stub code begins with prctl's number, 0x9d, which is POPF.
  const tracer = new Tracer();
  const popf = BigInt(tracer.host.stubAddress) + 1n;
  tracer.close();
  const [NT, ID] = [0x4000n, 0x20_0000n];
  const outcomes = tryAll([
    returnTo("store", { rdi: SCRATCH, rax: NT | ID }),
    returnTo("int3", { rip: popf, rsp: SCRATCH }),
    returnTo("int3"),
  ]);
  const flags = (i: number) => (outcomes[i]?.get("stopped.eflags") ?? 0n) & (NT | ID);
  assert.equal([flags(1), flags(2)], [NT | ID, 0n]);
});

returning("a stub is untraced, has no file, and runs under a filter", () => {
  const engine = new Engine();
  using experiment = new Experiment({}, engine);
  experiment.try([returnTo("int3")]);
  const { returning: pid } = stubsOf(engine);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  assert.match(status, /^TracerPid:\t0$/m);
  assert.match(status, /^Seccomp:\t2$/m);
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.equal(readdirSync(`/proc/${pid}/fd`), []);
});

returning("a setup that does not stop is reported by its index, and costs only the stub", () => {
  const cases = Array.from({ length: 600 }, (_, i) =>
    returnTo([7, 300, 599].includes(i) ? "spin" : "int3", { rax: BigInt(i) }),
  );
  const outcomes = tryAll(cases, { deadline: 50 });
  for (const [i, seen] of outcomes.entries()) {
    if ([7, 300, 599].includes(i)) assert.is(seen.get("status"), 0n);
    else assert.is(seen.get("stopped.rax"), BigInt(i));
  }
});

/** A process that kills two children of another as soon as each has run for 100 ms: none but one that spins does. */
function killSpinning(parent: number) {
  const script = `
    kills=0
    while [ $kills -lt 2 ]; do
      for pid in $(cat /proc/$0/task/$0/children); do
        awk '{ exit $14 < 10 }' /proc/$pid/stat || continue
        kill -9 $pid
        kills=$((kills + 1))
        while [ -e /proc/$pid ]; do :; done
      done
    done`;
  return spawn("sh", ["-c", script, String(parent)], { stdio: "ignore" });
}

returning("a stub that dies is reported with its status, and another takes its place", async () => {
  const engine = new Engine({ deadline: 20_000 });
  using experiment = new Experiment({ capacity: 3 }, engine);
  experiment.try([returnTo("int3")]);
  const first = stubsOf(engine);
  // What ends two stubs is no accident.
  const killer = killSpinning(engine.pid);
  const gone = new Promise((resolve) => killer.on("exit", resolve));
  const outcomes = experiment.try(["int3", "spin", "ud2"].map((code) => returnTo(code)));
  await gone;
  lists(outcomes, [BigInt(SIGTRAP), 9n, 4n], (seen) => seen.get("signal") ?? seen.get("status"));
  assert.is.not(stubsOf(engine).returning, first.returning);
});

for (const code of ["int3", "spin", "load", "straddle"]) {
  returning(`nobody outlives a host that is killed while a stub is at ${code}`, async () => {
    for (let n = 0; n < 10; n++) {
      const host = new Running(hostCommand("returning", code));
      assert.ok(await host.says(/^running$/m), host.stderr);
      const pids = [...host.stdout.matchAll(/^pid (\d+)$/gm)].map(([, pid]) => Number(pid));
      assert.is(pids.length, 3);
      assert.ok(pids.every(isAlive));
      if (code === "spin") assert.ok(await eventually(() => isRunning(pids[2] ?? 0), 5000));
      process.kill(host.pid, "SIGKILL");
      await host.ended;
      assert.ok(await eventually(() => !pids.some(isAlive), 1000), `${pids}`);
    }
  });
}

function isRunning(pid: number): boolean {
  return /^State:\tR/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}
