// Time limit: 180 s

import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BASELINE } from "../src/fuzz/case/baseline.ts";
import { Batch } from "../src/fuzz/case/batch.ts";
import { type Case, writeSetup } from "../src/fuzz/case/case.ts";
import { placeOf, SCRATCH } from "../src/fuzz/case/code.ts";
import { indexOf, OUTCOME, outcomeAt } from "../src/fuzz/case/setups.ts";
import { KEPT } from "../src/fuzz/try/sigreturn/kept.ts";
import { HANDLER_STACK, HANDLER_STACK_SIZE } from "../src/fuzz/try/sigreturn/place.ts";
import { SigreturnTrier } from "../src/fuzz/try/sigreturn/trial.ts";
import { Trier } from "../src/fuzz/try/trial.ts";
import { Tracer } from "../src/index.ts";
import { adoptOrphans } from "./libc.ts";
import { childrenOf, eventually, hostCommand, isAlive, Running } from "./processes.ts";

const returning = suite("fuzz: sigreturn");

const UC_STRICT_RESTORE_SS = 4;
const [SIGSEGV, SIGTRAP] = [11, 5];
const ENOSYS = 2n ** 64n - 38n;

// None of a killed host's orphans escapes the eyes of this process.
adoptOrphans();

/** A case with some registers changed. */
function returnTo(code: string, registers: Readonly<Record<string, bigint>> = {}): Case {
  const block = [...BASELINE];
  block[indexOf("rip")] = placeOf(code);
  for (const [name, word] of Object.entries(registers)) block[indexOf(name)] = word;
  return {
    ...{ from: "signal", way: "SIGRETURN", on: "CONT", signal: 0 },
    ...{ block, pairs: [], words: [], length: 0 },
    frame: { ucFlags: UC_STRICT_RESTORE_SS, fpstate: false },
  };
}

/** What came of a case. */
interface Seen {
  readonly status: number;
  readonly signal: number;
  readonly code: number;
  readonly address: bigint;
  stopped(register: string): bigint;
}

function seen({ outcomes, outcomeWords }: Batch, i: number): Seen {
  const half = (name: "status" | "signal" | "code") =>
    (outcomes[outcomeAt(i) + OUTCOME[name]] ?? 0) | 0;
  const word = (at: number) => outcomeWords[(outcomeAt(i) + at) / 2] ?? 0n;
  return {
    status: half("status"),
    signal: half("signal"),
    code: half("code"),
    address: word(OUTCOME.address),
    stopped: (register) => word(OUTCOME.stopped + 2 * indexOf(register)),
  };
}

/** Tries cases, and answers what came of each. */
function tryAll(cases: readonly Case[], { deadline = 200 } = {}) {
  const trier = new Trier({ deadline });
  try {
    const batch = new Batch(cases.length);
    for (const [i, it] of cases.entries()) writeSetup(it, batch, i);
    trier.run(batch, cases.length);
    const { deaths, hangs } = trier;
    return { outcomes: cases.map((_, i) => seen(batch, i)), deaths, hangs };
  } finally {
    trier.close();
  }
}

returning("a stub notes the signal, where it came from, and the registers", () => {
  const { outcomes } = tryAll([
    returnTo("int3", { rax: 17n, r15: 2n ** 64n - 1n }),
    returnTo("store", { rdi: 0x10n, rsp: 3n }),
  ]);
  const [trap, fault] = outcomes;
  assert.is(trap?.status, (SIGTRAP << 8) | 0x7f);
  assert.equal([trap?.signal, trap?.code, trap?.address], [SIGTRAP, 128, 0n]);
  assert.is(trap?.stopped("rax"), 17n);
  assert.is(trap?.stopped("r15"), 2n ** 64n - 1n);
  assert.is(trap?.stopped("rip"), placeOf("int3") + 1n);
  for (const [name, word] of Object.entries(KEPT)) assert.is(trap?.stopped(name), word, name);
  assert.equal([fault?.signal, fault?.code, fault?.address], [SIGSEGV, 1, 0x10n]);
  assert.is(fault?.stopped("rsp"), 3n);
});

returning("a handler begins well, whatever flags, stack and selectors it interrupts", () => {
  const inside = HANDLER_STACK + BigInt(HANDLER_STACK_SIZE) - 9n;
  const flags = { eflags: 0x4_0f02n, rsp: 1n };
  const { outcomes, deaths } = tryAll([
    returnTo("int3", flags),
    returnTo("int3", { ...flags, rsp: inside }),
    returnTo("int3", { rsp: HANDLER_STACK }),
    returnTo("inc32", { cs: 0x23n, ss: 0x2bn, eflags: 0x4_0602n }),
    returnTo("int3", { cs: 0n }),
    returnTo("int3", { ss: 0x10n }),
    returnTo("int3", { rip: 2n ** 63n }),
    returnTo("int3"),
  ]);
  assert.is(deaths, 0);
  assert.equal(
    outcomes.map(({ signal, code }) => [signal, code]),
    [
      // TF: after one instruction, which is an INT3 and traps of itself.
      ...[
        [SIGTRAP, 128],
        [SIGTRAP, 128],
        [SIGTRAP, 128],
        [SIGTRAP, 128],
      ],
      ...[
        [SIGSEGV, 128],
        [SIGSEGV, 128],
        [SIGSEGV, 128],
        [SIGTRAP, 128],
      ],
    ],
  );
});

returning("code of 32 bits that pops ES changes it for no other setup", () => {
  const middle = placeOf("load") + 2n;
  const { outcomes } = tryAll([returnTo("load", { rip: middle, cs: 0x23n }), returnTo("int3")]);
  assert.is(outcomes[0]?.stopped("es"), 0n);
  assert.is(outcomes[1]?.stopped("es"), KEPT.es);
});

returning("a POPF changes flags for no other setup", () => {
  // The stub code begins with prctl's number, 0x9d, which is POPF.
  const tracer = new Tracer();
  const popf = BigInt(tracer.stubAddress) + 1n;
  tracer.close();
  const [NT, ID] = [0x4000n, 0x20_0000n];
  const { outcomes } = tryAll([
    returnTo("store", { rdi: SCRATCH, rax: NT | ID }),
    returnTo("int3", { rip: popf, rsp: SCRATCH }),
    returnTo("int3"),
  ]);
  const flags = (i: number) => (outcomes[i]?.stopped("eflags") ?? 0n) & (NT | ID);
  assert.equal([flags(1), flags(2)], [NT | ID, 0n]);
});

returning("what the loop may call, nobody else may", () => {
  const calls = { rt_sigreturn: 15n, futex: 202n, kill: 62n, fork: 57n, exit: 60n, mmap: 9n };
  const { outcomes, deaths } = tryAll(
    Object.values(calls).map((rax) => returnTo("syscall", { rax })),
  );
  assert.is(deaths, 0);
  for (const { stopped } of outcomes) assert.is(stopped("rax"), ENOSYS);
});

returning("a stub is untraced, has no file, and runs under a filter", () => {
  const trier = new Trier();
  const status = readFileSync(`/proc/${trier.returningPid}/status`, "utf8");
  const files = readdirSync(`/proc/${trier.returningPid}/fd`);
  trier.close();
  assert.match(status, /^TracerPid:\t0$/m);
  assert.match(status, /^Seccomp:\t2$/m);
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.equal(files, []);
});

returning("a setup that does not stop is told by its index, and costs the stub only", () => {
  const cases = Array.from({ length: 600 }, (_, i) =>
    returnTo([7, 300, 599].includes(i) ? "spin" : "int3", { rax: BigInt(i) }),
  );
  const { outcomes, deaths, hangs } = tryAll(cases, { deadline: 50 });
  assert.equal([deaths, hangs], [3, 3]);
  for (const [i, { status, stopped }] of outcomes.entries()) {
    if ([7, 300, 599].includes(i)) assert.is(status, 0);
    else assert.is(stopped("rax"), BigInt(i));
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
  using tracer = new Tracer();
  const master = tracer.createStub();
  master.scrub();
  const trier = new SigreturnTrier(master, { deadline: 20_000 });
  const batch = new Batch(3);
  for (const [i, code] of ["int3", "spin", "ud2"].entries()) writeSetup(returnTo(code), batch, i);
  const first = trier.pid;
  // What ends two stubs is no accident.
  const killer = killSpinning(master.pid);
  const gone = new Promise((resolve) => killer.on("exit", resolve));
  trier.run(batch, 3);
  await gone;
  assert.equal([trier.deaths, trier.hangs], [1, 0]);
  assert.is(seen(batch, 0).signal, SIGTRAP);
  assert.is(seen(batch, 1).status, 9);
  assert.is(seen(batch, 2).signal, 4);
  assert.is.not(trier.pid, first);
  trier.close();
  assert.equal(childrenOf(master.pid), []);
});

returning("setups of both paths may lie in one batch", () => {
  const traced: Case = { ...returnTo("hlt"), way: "SETREGS" };
  const { outcomes } = tryAll([returnTo("int3"), traced, returnTo("ud2"), traced, traced]);
  assert.equal(
    outcomes.map(({ signal }) => signal),
    [SIGTRAP, SIGSEGV, 4, SIGSEGV, SIGSEGV],
  );
});

returning("the same memory serves one trier after the other", () => {
  const maps = () => readFileSync("/proc/self/maps", "utf8").match(/stublab-records/g)?.length ?? 0;
  tryAll([returnTo("int3")]);
  const before = maps();
  for (let n = 0; n < 5; n++) tryAll([returnTo("int3")]);
  assert.is(maps(), before);
});

for (const code of ["int3", "spin", "load", "straddle"]) {
  returning(`nobody outlives a host that is killed while a stub is at ${code}`, async () => {
    for (let n = 0; n < 10; n++) {
      const host = new Running(hostCommand("returning", code));
      assert.ok(await host.says(/^running$/m), host.stderr);
      const pids = [...host.stdout.matchAll(/^pid (\d+)$/gm)].map(([, pid]) => Number(pid));
      assert.is(pids.length, 2);
      assert.ok(pids.every(isAlive));
      if (code === "spin") assert.ok(await eventually(() => isRunning(pids[1] ?? 0), 5000));
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
