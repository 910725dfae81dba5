import { readlinkSync } from "node:fs";
import { HARMLESS } from "../../../src/labs/fuzz/case/pieces.ts";
import type { On } from "../../../src/labs/fuzz/case/records.ts";
import { inOwnPids } from "../../support/processes.ts";

const target = suite("fuzz: targets");

const encoder = openEncoder("assembly");
const ENOSYS = 2n ** 64n - 38n;
const [SIGTRAP, SIGKILL] = [5, 9];

/** A system call, as a case. */
function call(name: string, args: readonly bigint[], on: On = "CONT", code = "syscall"): Case {
  const number = encoder.constants.get(`SYS_${name}`);
  if (number === undefined) throw new RangeError(`there is no call ${name}`);
  const registers: Record<string, bigint> = { rax: number, orig_rax: number };
  for (const [i, word] of args.entries()) {
    registers[["rdi", "rsi", "rdx", "r10", "r8", "r9"][i] ?? "r15"] = word;
  }
  return seed(code, registers, { on });
}

/** Calls that a filter lets through, or does not see. */
const ALLOWED: readonly string[] = [...HARMLESS, "uretprobe", "uprobe"];
/** All other calls of the encoder, most of which harm somebody: they would signal this process, or write to its files. */
const HARMFUL = [...encoder.constants.keys()]
  .filter((name) => name.startsWith("SYS_"))
  .map((name) => name.slice("SYS_".length))
  .filter((name) => !ALLOWED.includes(name));
const ARGUMENTS = [process.pid, process.pid, SIGKILL, 0, -1, 0].map(BigInt);

/** The stop of each case, and the register that has the result of a call. */
function results(
  experiment: Experiment,
  cases: readonly Case[],
): [status: number, result: bigint][] {
  return experiment
    .try(cases)
    .map((seen) => [Number(seen.get("status")) >>> 8, seen.get("stopped.rax") ?? 0n]);
}

/** The files that the probe has open. */
function openFiles({ pid }: Engine): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).map((fd) => `${fd} ${readlinkSync(`${folder}/${fd}`)}`);
}

/** An experiment whose target has tried a case, and that target. */
function open(capacity: number, deadline = 200) {
  const engine = new Engine({ deadline });
  const experiment = new Experiment({ capacity }, engine);
  experiment.try([SIMPLE]);
  const pid = () => stubsOf(engine).traced;
  return { experiment, engine, pid, [Symbol.dispose]: () => experiment[Symbol.dispose]() };
}

target("a target has no file open on a kernel without close_range", async () => {
  const [node = "", host] = hostCommand("target_files");
  const close_range = `${encoder.constants.get("SYS_close_range")}`;
  const { stdout, stderr } = await run([DENY, [close_range, "38", "--", node, ...host]]);
  assert.is(stdout, "no file\n", stderr);
});

target("calls that harm answer ENOSYS, however they are made", () => {
  using opened = open(2 * HARMFUL.length);
  const { experiment, engine } = opened;
  const before = stubsOf(engine);
  const [files, children] = [openFiles(engine), childrenOf(engine.pid)];
  const ways = HARMFUL.flatMap((name) => [
    call(name, ARGUMENTS),
    // The call is chosen at its entry.
    { ...call(name, ARGUMENTS, "CONT", "int3"), from: "entry" } as const,
  ]);
  assert.ok(HARMFUL.length > 300, `${HARMFUL.length} calls`);
  for (const [i, [status, result]] of results(experiment, ways).entries()) {
    assert.equal([HARMFUL[i >> 1], status, result], [HARMFUL[i >> 1], SIGTRAP, ENOSYS]);
  }
  assert.equal(stubsOf(engine), before, "the target lives");
  assert.equal(openFiles(engine), files);
  assert.equal(childrenOf(engine.pid), children);
  assert.equal(childrenOf(before.traced), []);
});

target("calls of 32-bit code and of x32 harm nothing either", () => {
  using opened = open(16);
  const { experiment, engine } = opened;
  const before = stubsOf(engine);
  // By the numbers of 32-bit code: exit, fork, kill, close, clone.
  const numbers = [1n, 2n, 37n, 6n, 120n, 190n];
  const old = numbers.map((number) => {
    return seed("int80", { rax: number, rbx: 2n ** 32n - 1n, rcx: 9n });
  });
  const x32 = [57n, 56n, 62n].map((number) => {
    return seed("syscall", { rax: number + 2n ** 30n, rdi: -1n, rsi: 9n });
  });
  for (const [status, result] of results(experiment, [...old, ...x32])) {
    assert.equal([status, BigInt.asIntN(32, result)], [SIGTRAP, -38n]);
  }
  assert.equal(stubsOf(engine), before);
});

target("calls that are let through are harmless", () => {
  using opened = open(1);
  const [answer] = results(opened.experiment, [call("getpid", [])]);
  assert.equal(answer, [SIGTRAP, BigInt(opened.pid())]);
});

target("a target has no file open, and shares none", () => {
  using opened = open(1);
  assert.equal(readdirSync(`/proc/${opened.pid()}/fd`), []);
});

target("a signal that kills leaves no core, and the next case has a new stub", () => {
  const folder = temporaryFolder();
  const before = process.cwd();
  process.chdir(folder);
  try {
    const signals = [11, 6, 3, 31, SIGKILL];
    using opened = open(signals.length);
    const first = opened.pid();
    const outcomes = opened.experiment.try(
      signals.map((signal) => ({ ...call("getpid", []), signal })),
    );
    // WIFSIGNALED, without the bit of a core.
    lists(outcomes, signals.map(BigInt), (seen) => seen.get("status"));
    assert.not.ok(isAlive(first));
    opened.experiment.try([SIMPLE]);
    assert.match(
      readFileSync(`/proc/${opened.pid()}/limits`, "utf8"),
      /Max core file size\s+1\s+1\s/,
    );
    assert.equal(readdirSync(folder), []);
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  }
});

needs(target, { "user namespaces": hasNamespaces })(
  "no pid is the number of the call that no filter sees",
  async () => {
    await succeeded(run(inOwnPids(hostCommand("choosing_pids", "uretprobe"))));
  },
);

target("a case that never stops is ended in time", () => {
  using opened = open(2, 100);
  const first = opened.pid();
  const [spin] = results(opened.experiment, [
    call("getpid", [], "CONT", "spin"),
    call("getpid", []),
  ]);
  assert.equal(spin?.[0], 0);
  assert.not.ok(isAlive(first));
});
