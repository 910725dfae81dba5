// What a check has found, in words.

import { signalName } from "../../lib/names.ts";
import { ACTS, TASKS } from "./birth.ts";
import type { BirthReport } from "./check.ts";
import { CALLS, type Call, COMPARES, EXECVE, type Move, type Seen } from "./model.ts";

export const FIRST_ACT = 16;

/** The names of signals and requests, by number. */
export type Constants = ReadonlyMap<string, bigint>;

/** A system call of a schedule; kinds are those of assembly/tasks/actions.ts. */
export function callText({ kind, a, b, target }: Call, constants: Constants): string {
  const signal = (number: number) => (number === 0 ? "0" : signalName(number, constants));
  const task = TASKS[target] ?? "any child";
  switch (kind) {
    case 0:
      return `clone(${signal(b)})`;
    case 1:
      return `exit(${a})`;
    case 3:
      return `kill(${task}, ${signal(a)})`;
    case 5:
      return a === 5 ? "INT3" : `tgkill(${task}, ${signal(a)})`;
    case 6:
      return `wait4(${task}${(a & 2) !== 0 ? ", WUNTRACED" : ""}${(a & 0x40000000) !== 0 ? ", __WALL" : ""})`;
    case 10:
      return `prctl(PR_SET_PDEATHSIG, ${signal(a)})`;
    case 12:
      return "setsid()";
    case COMPARES:
      return "getppid() is R15";
    case CALLS:
      return "getpid()";
    case EXECVE:
      return "execveat(the idle program)";
    case 14:
      return a === 0 ? "unblocks all signals" : "blocks all signals";
    default:
      return `ptrace(${REQUESTS.get(a) ?? a}, ${task})`;
  }
}

const REQUESTS: ReadonlyMap<number, string> = new Map([
  [7, "PTRACE_CONT"],
  [16, "PTRACE_ATTACH"],
  [0x4200, "PTRACE_SETOPTIONS"],
  [0x420b, "PTRACE_SETSIGMASK"],
]);

const STATES: ReadonlyMap<string, string> = new Map([
  ["-", "runs"],
  ["T", "is stopped"],
  ["t", "is in a trace stop"],
  ["Z", "has ended"],
  [" ", "is reaped"],
]);

/** What has become of tasks in a move. */
export function changes(before: readonly Seen[], after: readonly Seen[]): string[] {
  return after.flatMap(({ letter, parent }, i) => {
    const was = before[i];
    const name = TASKS[i] ?? `task ${i}`;
    const state = was?.letter === letter ? [] : [`${name} ${STATES.get(letter) ?? letter}`];
    const isOrphan = was !== undefined && was.parent !== parent && letter !== " ";
    return isOrphan
      ? [...state, `the parent of ${name} is ${TASKS[parent ?? -1] ?? "init"}`]
      : state;
  });
}

/** A schedule as numbered lines: who does what, and what becomes of the tasks. What changes nothing is left out. */
export function scheduleLines(schedule: readonly Move[], constants: Constants): string[] {
  let number = 0;
  return schedule.flatMap((move, i) => {
    const before = schedule[i - 1]?.tasks ?? move.tasks;
    const became = changes(before, move.tasks).map((text) => `             → ${text}`);
    if (move.call === undefined) return became;
    const isOutside = move.number >= FIRST_ACT;
    const who = isOutside ? "outside" : (TASKS[move.call.actor] ?? "");
    const act = ACTS[move.number - FIRST_ACT]?.text;
    const what = act ?? callText(move.call, constants);
    return [`${`${++number}.`.padStart(4)} ${who.padEnd(7)} ${what}`, ...became];
  });
}

/** The report of `stublab check`. */
export function reportText({ states, verdicts }: BirthReport, constants: Constants): string {
  const count = states.toLocaleString("en-US");
  const broken = verdicts.filter(({ schedule }) => schedule !== undefined);
  const head =
    broken.length === 0
      ? `all ${verdicts.length} properties hold in ${count} states`
      : `${broken.length} of ${verdicts.length} properties broken, in ${count} states`;
  const details = broken.flatMap(({ property, schedule = [] }) => [
    ...["", `broken: ${property}`],
    ...scheduleLines(schedule, constants),
  ]);
  return [head, ...details].join("\n");
}

/** The same as a document, "stublab.check/1". */
export function checkDocument({ states, verdicts }: BirthReport, constants: Constants) {
  return {
    states,
    properties: verdicts.map(({ property, schedule }) => ({
      property,
      holds: schedule === undefined,
      ...(schedule && { schedule: scheduleLines(schedule, constants).map((line) => line.trim()) }),
    })),
  };
}
