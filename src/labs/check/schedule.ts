// A schedule as a person follows it, or makes it: steps with what comes of them, and whose turn may come next.

import { InputError } from "../../lib/errors.ts";
import { signalName } from "../../lib/names.ts";
import { ACTS, TASKS } from "./birth.ts";
import type { Call, Move, Plan, Seen, TaskModel } from "./model.ts";
import { type Constants, callText, changes, FIRST_ACT } from "./text.ts";

/** Moves with smaller numbers let a task run; the others are steps of its program, from that of task 1 on. */
const FIRST_STEP = 8;
/** Kinds of assembly/tasks/actions.ts: wait4 and waitid. */
const WAITS = [6, 7, 8, 9];
const MOST_RULES = 128;

export const OUTSIDE = "outside";

/** An order of a birth. */
export interface Schedule {
  readonly model: TaskModel;
  readonly plan: Plan;
  readonly moves: readonly number[];
  readonly constants: Constants;
}

/** What one sees of a move: a system call, or a change. */
export interface Step {
  /** A name of TASKS, or OUTSIDE. */
  readonly actor: string;
  /** "clone(SIGKILL)", "takes SIGSTOP". */
  readonly text: string;
  /** "stub is stopped". */
  readonly changes: readonly string[];
  readonly call: Call | undefined;
  readonly before: readonly Seen[];
  readonly after: readonly Seen[];
  /** The last calls of tasks, by their numbers; and that of the actor. */
  readonly calls: ReadonlyMap<number, Call>;
  readonly last: Call | undefined;
  /** The properties that are broken after it, a bit each. */
  readonly broken: number;
  /** The first of its moves in the schedule, and the one after the last. Those before the last change nothing that one sees. */
  readonly begin: number;
  readonly end: number;
}

/** What happens if it is somebody's turn. */
export interface Turn {
  readonly actor: string;
  readonly text: string;
  readonly moves: readonly number[];
}

/** The task whose move it is; undefined for the outside. */
const taskOf = (move: number) =>
  move >= FIRST_ACT ? undefined : move < FIRST_STEP ? move : move - FIRST_STEP + 1;
const actorOf = (move: number) => TASKS[taskOf(move) ?? -1] ?? OUTSIDE;

/** One order of a birth, move by move. */
class Walker {
  readonly #model: TaskModel;
  readonly #constants: Constants;
  readonly #calls = new Map<number, Call>();
  #moves = 0;
  #begin = 0;
  #broken = 0;
  tasks: readonly Seen[];

  constructor({ model, plan, constants }: Schedule) {
    this.#model = model;
    this.#constants = constants;
    this.tasks = model.begin(plan);
  }

  /** Makes a move. Returns undefined if one sees nothing of it. */
  make(number: number): Step | undefined {
    if (!this.#model.moves().includes(number))
      throw new InputError(`move ${number} is not possible after ${this.#moves} moves`);
    const [before, was] = [this.tasks, this.#broken];
    const move = this.#model.make(number);
    this.#moves++;
    this.tasks = move.tasks;
    this.#broken = this.#model.broken();
    if (move.call !== undefined) this.#calls.set(move.call.actor, move.call);
    const isSeen =
      move.call !== undefined ||
      seenOf(before) !== seenOf(move.tasks) ||
      was !== this.#broken ||
      this.#returns(before, move) ||
      this.#holds(move);
    if (!isSeen) return undefined;
    const begin = this.#begin;
    this.#begin = this.#moves;
    return {
      actor: actorOf(number),
      text: this.textOf(before, move),
      changes: changes(before, move.tasks),
      ...{ call: move.call, before, after: move.tasks, calls: new Map(this.#calls) },
      last: this.#calls.get(taskOf(number) ?? -1),
      ...{ broken: this.#broken, begin, end: this.#moves },
    };
  }

  textOf(before: readonly Seen[], move: Move): string {
    const act = ACTS[move.number - FIRST_ACT];
    if (act !== undefined) return act.text;
    if (move.call !== undefined) return callText(move.call, this.#constants);
    if (this.#holds(move)) return "is done";
    const task = taskOf(move.number) ?? 0;
    const { pending = 0, blocked = 0, isBusy = false } = before[task] ?? {};
    const [signal] = signalsIn(pending & ~blocked);
    if (signal !== undefined) return `takes ${signalName(signal, this.#constants)}`;
    return isBusy ? this.#idle(task, this.#returns(before, move)) : "goes on";
  }

  /** What a task does of whose move one has seen nothing. */
  waiting(number: number): string {
    return this.#idle(taskOf(number) ?? 0, false);
  }

  #idle(task: number, returns: boolean): string {
    const call = this.#calls.get(task);
    if (call === undefined) return "goes on";
    const verb = !WAITS.includes(call.kind) || returns ? "returns from" : "sleeps in";
    return `${verb} ${callText(call, this.#constants)}`;
  }

  /** Whether a wait returns. */
  #returns(before: readonly Seen[], { number, call, tasks }: Move): boolean {
    const task = taskOf(number) ?? -1;
    const isWait = WAITS.includes(this.#calls.get(task)?.kind ?? -1);
    return call === undefined && isWait && before[task]?.isBusy === true && !tasks[task]?.isBusy;
  }

  /** Whether a program comes to its end without a call. */
  #holds({ number, call, tasks }: Move): boolean {
    const task = taskOf(number);
    const isStep = number >= FIRST_STEP && task !== undefined && call === undefined;
    return isStep && tasks[task]?.letter === "-" && !this.#model.moves().includes(number);
  }
}

/** The signals of a set; SIGKILL, which comes before all others, first. */
export const signalsIn = (set: number): number[] =>
  Array.from({ length: 24 }, (_, i) => i)
    .filter((signal) => ((set >> signal) & 1) === 1)
    .toSorted((a, b) => Number(b === 9) - Number(a === 9));

const seenOf = (tasks: readonly Seen[]) =>
  JSON.stringify(tasks.map((task) => ({ ...task, isBusy: false })));

/** Follows a schedule. @throws InputError if one of its moves is not possible */
export function follow(schedule: Schedule): {
  readonly begin: readonly Seen[];
  readonly steps: readonly Step[];
} {
  const walker = new Walker(schedule);
  const begin = walker.tasks;
  return { begin, steps: schedule.moves.flatMap((move) => walker.make(move) ?? []) };
}

/** Whose turn may come after a schedule: a task runs until one sees something of it. */
export function turnsAfter(schedule: Schedule): Turn[] {
  const { model, moves } = schedule;
  const walk = () => {
    const walker = new Walker(schedule);
    for (const move of moves) walker.make(move);
    return walker;
  };
  walk();
  const possible = model.moves();
  const first = possible.filter(
    (move, i) =>
      move >= FIRST_ACT || possible.findIndex((other) => actorOf(other) === actorOf(move)) === i,
  );
  return first.map((move) => {
    const walker = walk();
    const actor = actorOf(move);
    const made: number[] = [];
    let text = "";
    for (let next: number | undefined = move; next !== undefined; ) {
      made.push(next);
      const step = walker.make(next);
      text = step?.text ?? walker.waiting(next);
      next = step === undefined ? model.moves().find((it) => actorOf(it) === actor) : undefined;
    }
    return { actor, text, moves: made };
  });
}

/** The rules, by number, without which a step of a schedule would have led elsewhere. */
export function rulesOf({ model, plan, moves }: Schedule, { begin, end }: Step): number[] {
  model.begin(plan);
  for (const move of moves.slice(0, begin)) model.make(move);
  const found = moves.slice(begin, end).flatMap((move) => {
    model.make(move);
    return Array.from({ length: MOST_RULES }, (_, rule) => rule).filter((rule) =>
      model.decides(rule),
    );
  });
  return [...new Set(found)].toSorted((a, b) => a - b);
}
