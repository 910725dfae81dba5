import { chooseProcessors } from "../../../src/labs/bench/machine.ts";
import type { Mechanism } from "../../../src/labs/bench/mechanism.ts";
import { MECHANISMS } from "../../../src/labs/bench/mechanisms.ts";

// The stops and system calls in the table of mechanisms, against what strace sees of the measuring process. Its
// children it cannot see: they are traced already.

const costs = suite("what mechanisms cost");
const folder = mkdtempSync(join(tmpdir(), "stublab-test-"));
costs.after(() => rmSync(folder, { recursive: true, force: true }));

const { own, other } = chooseProcessors();

/** Two batches; what they differ in is what so many operations cost. */
const [FEW, MANY] = [16, 80];
const OPERATIONS = MANY - FEW;

/** These are repeated until the stub has stopped. */
const POLLED = ["sched_yield", "wait4"];

/** What a side does after a batch of births, for each: to kill the child, and to have it reaped by its parent. */
const UNDONE: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "birth-c": { kill: 1, PTRACE_CONT: 3, PTRACE_SETREGS: 1, PTRACE_GETREGS: 1, stops: 3 },
};
/** A traced child is the host's: no other parent has to reap it. */
const OWN_UNDONE = {
  faithful: {
    PTRACE_GETEVENTMSG: 1,
    PTRACE_CONT: 3,
    PTRACE_SETREGS: 1,
    PTRACE_GETREGS: 2,
    stops: 3,
  },
  fast: { PTRACE_GETEVENTMSG: 1, PTRACE_CONT: 1, PTRACE_GETREGS: 1, stops: 1 },
};
const undoneBy = ({ name, lane }: Mechanism): Readonly<Record<string, number>> => {
  if (lane === undefined) return UNDONE[name] ?? {};
  if (!["birth", "births"].includes(lane.work)) return {};
  return OWN_UNDONE[lane.options.lane ?? "faithful"];
};

/** The command that measures a mechanism, under a tool. */
function run({ name, lane, apart }: Mechanism, tool: readonly string[], count: number) {
  const processors = apart ? `${own},${other}` : `${own}`;
  const bench = [join("dist", "bench-amd64"), processors];
  const [first = "", ...rest] =
    lane === undefined
      ? [...tool, ...bench, name]
      : [...bench, "--", ...tool, process.execPath, join("dist", "bench_side.js"), name];
  const { stdout, stderr } = spawnSync(first, rest, { input: `${count}\n`, encoding: "utf8" });
  assert.match(stdout, /^ready\n\d+ \d+\n$/, stderr);
}

/** How often the measuring process makes each call, and has another stop, in a batch. */
function observe(mechanism: Mechanism, count: number): Map<string, number> {
  const file = join(folder, `${mechanism.name}.${count}`);
  const strace = spawnSync("sh", ["-c", "command -v strace"], { encoding: "utf8" });
  run(mechanism, [strace.stdout.trim(), "-o", file], count);
  const seen = new Map<string, number>();
  const note = (name: string) => seen.set(name, (seen.get(name) ?? 0) + 1);
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [, call, request] = /^(\w+)\((PTRACE_\w+)?/.exec(line) ?? [];
    if (call === undefined) continue;
    note(request ?? call);
    if (call === "wait4" && line.includes("WIFSTOPPED")) note("stops");
  }
  return seen;
}

/** How often each call is made for one operation, by the table. */
function expected(mechanism: Mechanism): Map<string, number> {
  const { cost } = mechanism;
  const all = new Map<string, number>(Object.entries(undoneBy(mechanism)));
  const add = (call: string, times: number) => all.set(call, (all.get(call) ?? 0) + times);
  const { per = 1, stops = 0, calls = [] } = cost ?? {};
  add("stops", stops / per);
  for (const call of calls) add(call, 1 / per);
  // It is dispatched before a tracer sees it.
  if (mechanism.name === "dispatch") all.delete("getpid");
  // Threads of Node.js make them too.
  if (mechanism.lane !== undefined) all.delete("futex");
  return all;
}

for (const mechanism of MECHANISMS) {
  const { name, cost, apart } = mechanism;
  if (cost === undefined) continue;
  const isBound = apart === undefined || other !== undefined;
  const test = needs(costs, "strace", { "two processors": isBound });
  test(`${name}: its stops and system calls are those that strace sees`, () => {
    const [few, many] = [FEW, MANY].map((count) => observe(mechanism, count));
    const wanted = expected(mechanism);
    // Node.js makes others of its own.
    const requests = [...(many?.keys() ?? [])].filter((call) => call.startsWith("PTRACE_"));
    for (const call of new Set([...wanted.keys(), ...requests])) {
      const should = wanted.get(call) ?? 0;
      const all = many?.get(call) ?? 0;
      const each = (all - (few?.get(call) ?? 0)) / OPERATIONS;
      const told = `${call}: ${each} for each, ${should} in the table`;
      // A busy machine polls more often; a stub that has ended its turn already needs no poll.
      if (POLLED.includes(call)) assert.ok(cost.stops === 0 || all >= (MANY * should) / 4, told);
      // A side that finds the word changed does not wait, so a later wake may end its next wait early: the word is checked again.
      else if (call === "futex") assert.ok(each >= 0.4 * should && each <= 2 * should, told);
      else assert.ok(Math.abs(each - should) < 0.05, told);
    }
  });
}
