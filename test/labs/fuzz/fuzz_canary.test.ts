// Floating point of the probe, and of a stub that tries nothing, changes as if a kernel had mixed it up with another's.

import { readSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { parseMaps } from "../../../src/core/stub/proc.ts";
import { CorruptionError } from "../../../src/lib/errors.ts";

const canary = suite("fuzz: floating point of others");

/** Has a thread change xmm5 of a process `times` times, each while a stub spins, and kill each stub that does. */
async function corrupting(pid: number, times: number, work: () => void): Promise<void> {
  const over = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { workerData: { pid, times, over } } = require("node:worker_threads");
     const { readdirSync, readFileSync } = require("node:fs");
     const koffi = require("koffi");
     const syscall = koffi.load(null).func("long syscall(long, long, long, void *, void *)");
     const [PTRACE, WAIT4, ATTACH, DETACH, GETREGSET, SETREGSET, XSTATE, WALL, XMM5] =
       [101, 61, 16, 17, 0x4204, 0x4205, 0x202n, 0x40000000n, 160 + 16 * 5];
     const stat = (task) => {
       try {
         const text = readFileSync("/proc/" + task + "/stat", "utf8");
         return text.slice(text.lastIndexOf(")") + 2).split(" ");
       } catch { return []; }
     };
     const pids = () => readdirSync("/proc").map(Number).filter((it) => it > 0);
     const childrenOf = (parent) => pids().filter((it) => Number(stat(it)[1]) === parent);
     const stubs = () => childrenOf(pid).flatMap((child) => [child, ...childrenOf(child)]);
     const seen = new Set();
     // One that has run for 50 ms.
     const spinning = () => stubs().find((it) => !seen.has(it) && Number(stat(it)[11]) >= 5);
     for (let done = 0; Atomics.wait(over, 0, 0, 5) === "timed-out";) {
       const stub = spinning();
       if (stub === undefined) continue;
       seen.add(stub);
       if (done++ >= times) {
         process.kill(stub, "SIGKILL");
         continue;
       }
       syscall(PTRACE, ATTACH, pid, null, null);
       syscall(WAIT4, pid, 0, WALL, null);
       const area = new Uint8Array(16384);
       const iovec = new BigUint64Array([koffi.address(area), 16384n]);
       syscall(PTRACE, GETREGSET, pid, XSTATE, iovec);
       area[XMM5]++;
       syscall(PTRACE, SETREGSET, pid, XSTATE, iovec);
       syscall(PTRACE, DETACH, pid, null, null);
       process.kill(stub, "SIGKILL");
     }`,
    { eval: true, workerData: { pid, times, over } },
  );
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  try {
    work();
  } finally {
    Atomics.store(over, 0, 1);
    Atomics.notify(over, 0);
    assert.is(await ended, 0);
  }
}

const SPIN = seed("spin");
const RETURN = seed("spin", {}, { way: "SIGRETURN", frame: { ucFlags: 6, fpstate: false } });

for (const [what, it, times, names] of [
  ["ptrace", SPIN, 1, false],
  ["ptrace, each time it is tried", SPIN, Number.POSITIVE_INFINITY, true],
  ["rt_sigreturn", RETURN, 1, false],
] as const) {
  canary(`a change of the tracing thread's vector registers is an error: ${what}`, async () => {
    const engine = new Engine({ deadline: 60_000 });
    using experiment = new Experiment({ capacity: 2 }, engine);
    await corrupting(engine.pid, times, () => {
      const { message, remedy } = thrown(CorruptionError, () => experiment.try([SIMPLE, it]));
      assert.match(
        message,
        /floating point of the tracing thread changed .*: [xy]mm5 has the words/,
      );
      assert.is(/: \{"schema":"stublab.case\/1".*"code":"spin"/.test(message), names);
      assert.match(remedy ?? "", "fuzz replay");
    });
    assert.not(isAlive(engine.pid));
  });
}

/** Changes a byte of each copy of some bytes in a process's memory. */
function changeCopies(pid: number, bytes: Buffer): void {
  const memory = openSync(`/proc/${pid}/mem`, "r+");
  const writable = parseMaps(readFileSync(`/proc/${pid}/maps`, "utf8")).filter(
    ({ protection, end, start }) => protection.startsWith("rw") && end - start < 1 << 24,
  );
  for (const { start, end } of writable) {
    const all = Buffer.alloc(end - start);
    readSync(memory, all, 0, all.length, start);
    for (let at = all.indexOf(bytes); at >= 0; at = all.indexOf(bytes, at + 1))
      writeSync(memory, Buffer.of((bytes[40] ?? 0) ^ 4), 0, 1, start + at + 40);
  }
  closeSync(memory);
}

canary("a change of an idle stub's vector registers is an error", () => {
  const engine = new Engine();
  using experiment = new Experiment({ capacity: 1 << 14 }, engine);
  const runs = () => void experiment.try(Array(1 << 14).fill(SIMPLE));
  runs();
  // What the probe has noted of its registers from the first on.
  changeCopies(engine.pid, Buffer.from(Array.from({ length: 64 }, (_, i) => (160 + i) % 251)));
  assert.match(thrown(CorruptionError, runs).message, /idle.* at offset 200 of its XSAVE area/);
});
