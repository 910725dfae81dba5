// A schedule, performed by real processes: the probe's puppets take its system calls in its order.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { HOST_ARCH } from "../../core/machine/index.ts";
import { beside } from "../../lib/beside.ts";
import { StateError, UnsupportedError } from "../../lib/errors.ts";
import { CALLS, type Call, type Move, type Seen } from "./model.ts";

/** The calls that make the host: a child of the shell, in a group of its own. */
const BEGINNING = ["task 0: clone(SIGCHLD)", "task 1: setpgid(1, group 1)"];
/** Calls by their kinds in assembly/tasks/actions.ts, as a document "stublab.walk/1" has them, with numbers for names. */
const TEXTS: ReadonlyMap<number, (call: Call) => string> = new Map([
  [0, ({ a, b }: Call) => `clone(${a + b})`],
  [1, ({ a }: Call) => `exit(${a})`],
  [3, ({ target, a }: Call) => `kill(${target}, ${a})`],
  [4, ({ target, a }: Call) => `kill(group ${target}, ${a})`],
  [5, ({ target, a }: Call) => `tgkill(${target}, ${a})`],
  [6, ({ target, a }: Call) => `wait4(${target === NOBODY ? "any" : target}, ${a})`],
  [10, ({ a }: Call) => `prctl(PR_SET_PDEATHSIG, ${a})`],
  [12, () => "setsid()"],
  [14, ({ a }: Call) => `sigprocmask(${a})`],
  [16, ({ target, a, b }: Call) => `ptrace(${a}, ${target}, ${b})`],
  [17, () => "execve()"],
]);
const NOBODY = 0xff;
/** In milliseconds. */
const LIMIT = 30_000;

/**
 * Whether the tasks of this kernel end as those of the schedule do.
 *
 * @throws UnsupportedError if the probe cannot be executed
 */
export function trySchedule(schedule: readonly Move[]): boolean {
  const actions = schedule.flatMap(({ call }) => {
    if (call === undefined || call.kind >= CALLS) return [];
    const text = TEXTS.get(call.kind)?.(call);
    if (text === undefined) throw new StateError(`no walk has a call of kind ${call.kind}`);
    return [`${call.actor === NOBODY ? "outside" : `task ${call.actor}`}: ${text}`];
  });
  const walk = { schema: "stublab.walk/1", actions: [...BEGINNING, ...actions] };
  const { stdout, error } = spawnSync(fileURLToPath(beside(`probe-${HOST_ARCH}`)), ["walk", "-"], {
    input: JSON.stringify(walk),
    encoding: "utf8",
    timeout: LIMIT,
    killSignal: "SIGKILL",
  });
  if (error !== undefined)
    throw new UnsupportedError("the probe cannot be executed", { cause: error });
  const seen = [...stdout.matchAll(/^# task \d+: '(.)'$/gm)].map(([, letter]) => letter);
  const tasks = schedule.at(-1)?.tasks ?? [];
  // What has a signal to take changes after the schedule.
  const isLast = ({ pending, blocked }: Seen) => (pending & ~blocked) === 0;
  return (
    /^ok 1 walk$/m.test(stdout) &&
    tasks.every((task, i) => !isLast(task) || seen[i] === task.letter)
  );
}
