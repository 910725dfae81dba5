/*
 * The programs of host and stubs make the system calls of real births, calls and closes, in their order.
 */

import { TASKS } from "../../../src/labs/check/birth.ts";
import { planOf } from "../../../src/labs/check/check.ts";
import { CALLS, type Call, EXECVE, TaskModel } from "../../../src/labs/check/model.ts";
import { callText } from "../../../src/labs/check/text.ts";
import { syscallName } from "../../../src/lib/names.ts";

const programs = suite("the programs of a check");

const { constants } = openEncoder("assembly");
const HOST = 1;
const STUBS = TASKS.slice(HOST + 1);
/** Calls that are injected, by their kinds (assembly/tasks/actions.ts). */
const INJECTED: ReadonlyMap<number, string> = new Map([
  [0, "clone"],
  [6, "wait4"],
  [CALLS, "getpid"],
  [EXECVE, "execveat"],
]);

/** A resume, and the wait after it, are one if they are repeated: how many stops are passed over is a matter of time. */
function once(calls: readonly string[]): string[] {
  const kept: string[] = [];
  for (const call of calls) {
    const [resume = "", wait, again] = kept.slice(-3);
    if (resume.includes("PTRACE_CONT") && resume === again && wait === call) kept.pop();
    else kept.push(call);
  }
  return kept;
}

/** What a real host does, between the creation of the first stub and the end. */
function recorded(exitSignal: string) {
  const folder = temporaryFolder();
  const [program, trace] = [join(folder, "life.mjs"), join(folder, "trace.txt")];
  writeFileSync(
    program,
    `import { Tracer } from ${JSON.stringify(resolve("dist/index.js"))};
const tracer = new Tracer();
// The first birth with such an exit signal is rehearsed.
tracer.createStub({ exitSignal: "${exitSignal}" }).close();
process.kill(process.pid, 0);
const stub = tracer.createStub({ exitSignal: "${exitSignal}" });
const grandchild = stub.createStub();
grandchild.call("getpid");
tracer.close();
process.kill(process.pid, 0);
`,
  );
  const calls = "trace=clone,rt_sigprocmask,wait4,ptrace,kill";
  execFileSync("strace", ["-o", trace, "-v", "-e", calls, process.execPath, program]);
  const [, life = ""] = readFileSync(trace, "utf8").split(/^kill\(\d+, 0\) .*$/m);
  const pids: string[] = [];
  const nameOf = (pid: string) => {
    if (!pids.includes(pid)) pids.push(pid);
    return STUBS[pids.indexOf(pid)];
  };
  const injected: string[] = [];
  const host = life.split("\n").flatMap((line) => {
    const [, name = "", words = ""] = /^(\w+)\((.*)\) += (?:0|[1-9]\d*)$/.exec(line) ?? [];
    const [first = "", second = ""] = words.split(", ");
    if (name === "clone") return [`clone(${/SIG\w+/.exec(words)?.[0]})`];
    if (name === "kill") return [`kill(${nameOf(first)}, ${second})`];
    if (name === "rt_sigprocmask")
      return first === "SIG_BLOCK" ? [] : [`${second === "[]" ? "un" : ""}blocks all signals`];
    if (name === "wait4" && !line.endsWith("= 0"))
      return [`wait4(${nameOf(first)}${words.includes("WSTOPPED") ? ", WUNTRACED" : ""}, __WALL)`];
    if (first === "PTRACE_SETREGS") {
      const number = BigInt(/[{ ]rax=(0x\w+)/.exec(words)?.[1] ?? -1);
      injected.push(`${nameOf(second)}: ${syscallName(number, constants)}`);
    }
    const isModelled = /^PTRACE_(?:ATTACH|SETOPTIONS|SETSIGMASK|CONT)$/.test(first);
    return isModelled ? [`ptrace(${first}, ${nameOf(second)})`] : [];
  });
  return { host, injected };
}

/** The same of the model, in one of its orders. */
function modelled(exitSignal: number) {
  const model = new TaskModel();
  const calls: Call[] = [];
  model.begin(planOf({ exitSignal, acts: 0 }));
  for (let [move] = model.moves(); move !== undefined; [move] = model.moves()) {
    const { call } = model.make(move);
    if (call !== undefined) calls.push(call);
  }
  assert.is(model.broken(), 0);
  return calls;
}

for (const [name, number] of [
  ["SIGCHLD", 17],
  ["SIGKILL", 9],
] as const)
  needs(programs, "strace")(`a host with exit signal ${name} makes the calls of the model`, () => {
    const calls = modelled(number);
    const { host, injected } = recorded(name);
    const ofHost = calls.filter(({ actor }) => actor === HOST);
    assert.equal(once(host), once(ofHost.map((call) => callText(call, constants))));
    const ofStubs = calls.flatMap(({ actor, kind }) =>
      INJECTED.has(kind) && actor > HOST ? [`${TASKS[actor]}: ${INJECTED.get(kind)}`] : [],
    );
    assert.equal(injected, ofStubs);
  });
