import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Tracer } from "../../../src/index.ts";
import { KEPT, placeOf, SCRATCH } from "../../../src/labs/fuzz/case/amd64/code.ts";
import type { Case } from "../../../src/labs/fuzz/case/case.ts";
import type { Fields } from "../../../src/labs/fuzz/case/fields.ts";
import { Engine } from "../../../src/labs/fuzz/engine.ts";
import { Experiment } from "../../../src/labs/fuzz/experiment.ts";
import { adoptOrphans } from "../../support/libc.ts";
import { eventually, hostCommand, isAlive, Running } from "../../support/processes.ts";
import { seed } from "../../support/seeds.ts";
import { stubsOf } from "../../support/stubs.ts";

const returning = suite("fuzz: sigreturn");

const UC_STRICT_RESTORE_SS = 4;
/** shim/probe/amd64/returner.c */
const [HANDLER_STACK, HANDLER_STACK_SIZE] = [0x5a_6a00_0000n, 64 << 10];
const [SIGSEGV, SIGTRAP] = [11, 5];
const ENOSYS = 2n ** 64n - 38n;

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

returning("a stub notes the signal, where it came from, and the registers", () => {
  const outcomes = tryAll([
    returnTo("int3", { rax: 17n, r15: 2n ** 64n - 1n }),
    returnTo("store", { rdi: 0x10n, rsp: 3n }),
  ]);
  const [trap, fault] = outcomes;
  const expected = {
    ...{ status: (SIGTRAP << 8) | 0x7f, signal: SIGTRAP, code: 128, address: 0n },
    ...{ "stopped.rax": 17n, "stopped.r15": 2n ** 64n - 1n, "stopped.rip": placeOf("int3") + 1n },
    ...Object.fromEntries(Object.entries(KEPT).map(([name, word]) => [`stopped.${name}`, word])),
  };
  for (const [field, word] of Object.entries(expected)) {
    assert.is(trap?.get(field), BigInt(word), field);
  }
  const fields = ["signal", "code", "address", "stopped.rsp"];
  assert.equal(
    fields.map((field) => fault?.get(field)),
    [BigInt(SIGSEGV), 1n, 0x10n, 3n],
  );
});

returning("a handler begins well, whatever flags, stack and selectors it interrupts", () => {
  const inside = HANDLER_STACK + BigInt(HANDLER_STACK_SIZE) - 9n;
  const flags = { eflags: 0x4_0f02n, rsp: 1n };
  const outcomes = tryAll([
    returnTo("int3", flags),
    returnTo("int3", { ...flags, rsp: inside }),
    returnTo("int3", { rsp: HANDLER_STACK }),
    returnTo("inc32", { cs: 0x23n, ss: 0x2bn, eflags: 0x4_0602n }),
    returnTo("int3", { cs: 0n }),
    returnTo("int3", { ss: 0x10n }),
    returnTo("int3", { rip: 2n ** 63n }),
    returnTo("int3"),
  ]);
  // TF: after one instruction, which is an INT3 and traps of itself.
  const [trap, fault] = [
    [BigInt(SIGTRAP), 128n],
    [BigInt(SIGSEGV), 128n],
  ];
  assert.equal(
    outcomes.map((seen) => [seen.get("signal"), seen.get("code")]),
    [trap, trap, trap, trap, fault, fault, fault, trap],
  );
});

returning("code of 32 bits that pops ES changes it for no other setup", () => {
  const middle = placeOf("load") + 2n;
  const outcomes = tryAll([returnTo("load", { rip: middle, cs: 0x23n }), returnTo("int3")]);
  assert.is(outcomes[0]?.get("stopped.es"), 0n);
  assert.is(outcomes[1]?.get("stopped.es"), KEPT.es);
});

returning("a POPF changes flags for no other setup", () => {
  // The stub code begins with prctl's number, 0x9d, which is POPF.
  const tracer = new Tracer();
  const popf = BigInt(tracer.stubAddress) + 1n;
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

returning("what the loop may call, nobody else may", () => {
  const calls = { rt_sigreturn: 15n, futex: 202n, kill: 62n, fork: 57n, exit: 60n, mmap: 9n };
  const outcomes = tryAll(Object.values(calls).map((rax) => returnTo("syscall", { rax })));
  for (const seen of outcomes) assert.is(seen.get("stopped.rax"), ENOSYS);
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

returning("a setup that does not stop is told by its index, and costs the stub only", () => {
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

returning("a stub that dies is told with its status, and another takes its place", async () => {
  const engine = new Engine({ deadline: 20_000 });
  using experiment = new Experiment({ capacity: 3 }, engine);
  experiment.try([returnTo("int3")]);
  const first = stubsOf(engine);
  // What ends two stubs is no accident.
  const killer = killSpinning(first.parent);
  const gone = new Promise((resolve) => killer.on("exit", resolve));
  const outcomes = experiment.try(["int3", "spin", "ud2"].map((code) => returnTo(code)));
  await gone;
  assert.equal(
    outcomes.map((seen) => seen.get("signal") ?? seen.get("status")),
    [BigInt(SIGTRAP), 9n, 4n],
  );
  assert.is.not(stubsOf(engine).returning, first.returning);
});

returning("setups of both paths may lie in one batch", () => {
  const traced: Case = { ...returnTo("hlt"), way: "SETREGS" };
  const outcomes = tryAll([returnTo("int3"), traced, returnTo("ud2"), traced, traced]);
  assert.equal(
    outcomes.map((seen) => Number(seen.get("signal"))),
    [SIGTRAP, SIGSEGV, 4, SIGSEGV, SIGSEGV],
  );
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

returning.run();
