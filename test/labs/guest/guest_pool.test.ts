import {
  GuestPool,
  type GuestProgram,
  type PooledGuestOptions,
  StublabError,
} from "../../../src/index.ts";
import { startWorker } from "../../../src/lib/worker.ts";

const pools = suite("guest: pool");
const withCompiler = needs(pools, "cc");

let pool: GuestPool;
pools.before(() => {
  pool = new GuestPool({ workers: 2 });
});
pools.after(() => pool.close());

const bytes = (text: string) => new TextEncoder().encode(text);
const SPINS: GuestProgram = { code: program(asm.SPIN) };
const EXITS: GuestProgram = { code: EXIT_7 };
/** Longer than any test: a guest that is not ended otherwise fails it. */
const LONG: PooledGuestOptions = { deadline: 60_000 };

pools("a guest runs while the caller goes on, and its end has what runGuest returns", async () => {
  const { result, calls, used, stdout, omitted } = await pool.run(EXITS);
  assert.equal([result, calls, used.calls], [{ kind: "exited", status: 7 }, { exit: 1 }, 1]);
  assert.equal([stdout.length, omitted], [0, { stdout: 0, stderr: 0 }]);
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 1);
  await pool.run(SPINS, { deadline: 100 });
  clearInterval(ticking);
  assert.ok(ticks > 5, `${ticks}`);
});

withCompiler("a guest gets its input, and its output is kept up to a limit", async () => {
  const echo = `
    1: ${call("read", 0, "$page", 4096)}
    testq %rax, %rax
    jz 2f
    movq %rax, %rbx
    ${call("write", 1, "$page", "%rbx")}
    ${call("write", 2, "$page", 2)}
    jmp 1b
    2: ${exitWith(0)}
    .bss
    page: .skip 4096`;
  const elf = assemble(echo);
  const { stdout, stderr } = await pool.run({ elf }, { stdin: bytes("hello") });
  assert.equal([stdout, stderr], [bytes("hello"), bytes("he")]);
  const cut = await pool.run({ elf }, { stdin: new Uint8Array(10_000).fill(120), output: 5000 });
  assert.equal(cut.stdout, new Uint8Array(5000).fill(120));
  assert.equal(cut.omitted, { stdout: 5000, stderr: 0 });
});

for (const [what, options, reason] of [
  ["its deadline", { deadline: 20 }, "deadline"],
  ["its processor time", { time: 20, deadline: 60_000 }, "time"],
] as const) {
  pools(`a guest that spins ends at ${what}`, async () => {
    const { result, used } = await pool.run(SPINS, options);
    assert.equal(result, { kind: "interrupted", reason });
    assert.ok(used[reason] >= 19.9, `${used[reason]}`);
  });
}

pools("a guest that makes calls ends at their number", async () => {
  const { result, used } = await pool.run({ code: LOOPS_GETPID }, { ...LONG, calls: 50 });
  assert.equal([result, used.calls], [{ kind: "interrupted", reason: "calls" }, 50]);
});

for (const [what, program] of [
  ["spins", SPINS],
  ["makes calls", { code: LOOPS_GETPID }],
] as const) {
  pools(`an abort ends a guest that ${what}, and the worker runs the next`, async () => {
    for (const delay of [0, 1, 30]) {
      const controller = new AbortController();
      const reason = new Error("enough");
      setTimeout(() => controller.abort(reason), delay);
      const runs = [0, 1].map(() => pool.run(program, { ...LONG, signal: controller.signal }));
      const ends = await Promise.allSettled(runs);
      for (const end of ends) assert.is(end.status === "rejected" && end.reason, reason);
      assert.equal((await pool.run(EXITS)).result, { kind: "exited", status: 7 });
    }
  });
}

pools("an abort before the start leaves the other runs alone", async () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const spins = [0, 1].map(() => pool.run(SPINS, { ...LONG, signal: first.signal }));
  const busy = Promise.allSettled(spins);
  const waiting = pool.run(EXITS, { signal: second.signal });
  const next = pool.run(EXITS);
  second.abort();
  assert.is((await rejected(DOMException, waiting)).name, "AbortError");
  first.abort();
  assert.is((await next).result.kind, "exited");
  await busy;
  const aborted = pool.run(EXITS, { signal: AbortSignal.abort() });
  assert.is((await rejected(DOMException, aborted)).name, "AbortError");
});

pools("what a guest breaks is its own", async () => {
  const elf = bytes("\x7fELF");
  const { message } = await rejected(InputError, pool.run({ elf }));
  assert.match(message, /^the ELF file is truncated/);
  await rejected(InputError, pool.run({ code: new Uint8Array() }));
  // @ts-expect-error A callback cannot be called from another thread.
  await rejected(InputError, pool.run(EXITS, { trace: () => {} }));
  const run = rejected(StublabError, pool.run(SPINS, LONG));
  const spinning = () =>
    childrenOf(process.pid)
      .flatMap((master) => childrenOf(master))
      .find((pid) => processState(pid)?.state === "R");
  assert.ok(await eventually(() => spinning() !== undefined, 10_000));
  process.kill(spinning() ?? 0, "SIGKILL");
  assert.is((await run).code, "ERR_STUBLAB_DEATH");
  for (let i = 0; i < 4; i++) assert.is((await pool.run(EXITS)).result.kind, "exited");
});

pools("closing ends guests that run, and those that wait, and leaves no process", async () => {
  const before = childrenOf(process.pid);
  const other = new GuestPool({ workers: 1, platform: { deadline: 60_000 } });
  assert.is((await other.run(EXITS)).result.kind, "exited");
  assert.is(childrenOf(process.pid).length, before.length + 1);
  const runs = [other.run(SPINS, LONG), other.run(EXITS)].map((run) => rejected(StateError, run));
  await other.close();
  for (const { message } of await Promise.all(runs)) assert.match(message, "was closed");
  assert.equal(childrenOf(process.pid), before);
  assert.match((await rejected(StateError, other.run(EXITS))).message, "is closed");
  await other.close();
});

pools(
  "a pool of the lane fast gives its descriptors and its memory back when it is closed",
  async () => {
    const shared = () => readFileSync("/proc/self/maps", "utf8").split("memfd:stublab").length;
    const held = () => [readdirSync("/proc/self/fd").length, shared()];
    const before = held();
    for (let i = 0; i < 3; i++) {
      await using fast = new GuestPool({ workers: 1, platform: { lane: "fast" } });
      assert.is((await fast.run(EXITS)).result.kind, "exited");
      assert.is.not(held()[1], before[1]);
    }
    assert.equal(held(), before);
  },
);

pools("a platform that cannot be opened fails each run with the reason", async () => {
  await using other = new GuestPool({ workers: 1, platform: { exitSignal: "SIGTRAP" } });
  for (let i = 0; i < 2; i++) {
    const { message } = await rejected(InputError, other.run(EXITS));
    assert.match(message, /SIGTRAP cannot be the exit signal/);
  }
});

pools("a thread whose program is missing is refused, with what a bundle needs", () => {
  const { code, remedy } = thrown(StublabError, () => startWorker("no_worker.js", {}));
  assert.is(code, "ERR_STUBLAB_WORKER");
  assert.match(remedy ?? "", "bundle its dist/no_worker.js into the same folder");
});
