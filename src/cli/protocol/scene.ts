/* The stage at a step of a schedule: the drawing of lessons, of tasks of the model. */

import { TASKS } from "../../labs/check/birth.ts";
import type { Seen } from "../../labs/check/model.ts";
import { OUTSIDE, type Step, signalsIn, type Turn } from "../../labs/check/schedule.ts";
import { type Constants, callText } from "../../labs/check/text.ts";
import type { LaneState } from "../../labs/record/moment.ts";
import { STATE_NAMES } from "../../labs/record/proc.ts";
import type { Move } from "../../labs/record/stage/kin.ts";
import type { Edge, Frame, PlacedBox, Stage } from "../../labs/record/stage/stage.ts";
import type { Word } from "../../labs/record/stage/words.ts";
import { signalName } from "../../lib/names.ts";

/** The task that is not drawn: the shell only has the terminal. */
const SHELL = 0;
/** Kinds of calls (assembly/tasks/actions.ts). */
const [FORK, KILL, TGKILL, WAIT4, PTRACE] = [0, 3, 5, 6, 16] as const;
/** The signals that a mask may have; more than half of them are "all". */
const SIGNALS = 24;

const LETTERS: ReadonlyMap<string, LaneState> = new Map([
  ["-", "R"],
  ["T", "T"],
  ["t", "t"],
  ["Z", "Z"],
  [" ", "X"],
]);

export interface Scene {
  /** What is seen of the tasks, and the step that led there; undefined at the beginning. */
  readonly tasks: readonly Seen[];
  readonly step: Step | undefined;
  readonly turns: readonly Turn[];
  /** How often the outside may still act; undefined if it never may. */
  readonly left: number | undefined;
}

export function stageOf({ tasks, step, turns, left }: Scene, constants: Constants): Stage {
  const named = (set: number) => signalsIn(set).map((signal) => signalName(signal, constants));
  const boxes = tasks.flatMap((task, i) =>
    i === SHELL ? [] : [boxOf(i, task, step, turns, named, constants)],
  );
  if (left !== undefined) boxes.push(outsideBox(left, step));
  const edges = tasks.flatMap((task, i): Edge[] => {
    const edge = (kind: Edge["kind"], from: number | undefined): Edge[] => {
      const isDrawn = from !== undefined && from !== SHELL && i !== SHELL;
      const past = [task, tasks[from ?? 0]].some(
        (it) => it === undefined || "Z ".includes(it.letter),
      );
      return isDrawn ? [{ kind, from: nameOf(from), to: nameOf(i), past }] : [];
    };
    return [...edge("parent", task.parent), ...edge("tracer", task.tracer)];
  });
  const moves = step === undefined ? [] : movesOf(step, named);
  const columns = Math.max(...boxes.map(({ column }) => column)) + 1;
  const told = [
    ...boxes.map(({ id, told }) => `${id}: ${told}`),
    ...edges.map(
      ({ kind, from, to }) => `${from} ${kind === "parent" ? "is the parent of" : "traces"} ${to}`,
    ),
    ...moves.map(({ from, to, label }) => `${label}: ${from} to ${to}`),
  ];
  return {
    ...{ boxes, edges, moves, frames: sessionsOf(tasks), columns },
    ...{ rows: left === undefined ? 1 : 2, omitted: 0, caption: told.join("; ") },
  };
}

const nameOf = (task: number) => TASKS[task] ?? `task ${task}`;

function boxOf(
  i: number,
  { letter, parent, isBusy, pending, blocked }: Seen,
  step: Step | undefined,
  turns: readonly Turn[],
  named: (set: number) => string[],
  constants: Constants,
): PlacedBox {
  const id = nameOf(i);
  const state = LETTERS.get(letter) ?? "R";
  const call = step?.calls.get(i);
  const isAlive = state !== "Z" && state !== "X";
  const turn = turns.find(({ actor }) => actor === id);
  const words = [
    ...Object.entries({ pending, blocked }).flatMap(([name, set]): Word[] => {
      const names = named(set);
      const tags = names.length > SIGNALS / 2 ? ["all"] : names;
      return tags.length === 0 ? [] : [{ ...word(name, "", "word"), tags }];
    }),
    ...(parent === undefined ? [word("parent", "init", "changed")] : []),
    ...(call === undefined
      ? []
      : [word("", callText(call, constants), step?.actor === id ? "executed" : "code")]),
    ...(turn === undefined ? [] : [word("", turn.text, "next")]),
  ];
  return {
    ...{ id, role: "", pid: 0, process: null, terminal: true, colour: i - 1, state },
    told:
      isBusy && call?.kind === WAIT4 && state === "R" ? "waits" : (STATE_NAMES[state ?? ""] ?? ""),
    ...{ acts: step?.actor === id, isNew: step?.before[i] === undefined && step !== undefined },
    ...{ words: isAlive ? words : [], column: i - 1, row: 0 },
  };
}

function outsideBox(left: number, step: Step | undefined): PlacedBox {
  const acts = step?.actor === OUTSIDE;
  const told = left === 0 ? "has acted" : left === 1 ? "may act once" : `may act ${left} times`;
  return {
    ...{ id: OUTSIDE, role: "", pid: 0, process: null, terminal: true, colour: 3, state: null },
    ...{ told, acts, isNew: false, words: [], column: 0, row: 1 },
  };
}

const word = (name: string, value: string, look: Word["look"]): Word => {
  return { name, value, meaning: "", look, by: null };
};

/** What a step moves: what its call does to others, a wait that returns, and the signals that come of it. */
function movesOf(step: Step, named: (set: number) => string[]): Move[] {
  const { actor, call, before, after, last, text } = step;
  const move = (kind: Move["kind"], from: string, to: string, label = ""): Move[] => [
    { kind, from, to, label, carries: [] },
  ];
  const sent = after.flatMap(({ pending }, i) => {
    const news = named(pending & ~(before[i]?.pending ?? pending));
    return i === SHELL || news.length === 0 ? [] : move("signal", actor, nameOf(i), news.join(" "));
  });
  const [signal, request] = [/SIG\w+/, /(?<=PTRACE_)\w+/].map((pattern) => pattern.exec(text)?.[0]);
  switch (call?.kind) {
    case undefined: {
      const isBack = last !== undefined && text.startsWith("returns from wait");
      return isBack
        ? [...move("wait", nameOf(last.target), actor, "wait4 returns"), ...sent]
        : sent;
    }
    case FORK:
      return move("clone", actor, nameOf(after.length - 1), "clone");
    case PTRACE:
      return move("request", actor, nameOf(call.target), request);
    case KILL:
    case TGKILL:
      return move("signal", actor, nameOf(call.target), signal);
    default:
      return sent;
  }
}

/** The sessions, once there are several. */
function sessionsOf(tasks: readonly Seen[]): Frame[] {
  const drawn = tasks.flatMap(({ session, letter }, i) =>
    i === SHELL || "Z ".includes(letter) ? [] : [{ session, i }],
  );
  const sessions = [...new Set(drawn.map(({ session }) => session))];
  if (sessions.length < 2) return [];
  return sessions.map((session) => ({
    title: session === SHELL ? "session of the terminal" : "a session of its own",
    of: drawn.filter((it) => it.session === session).map(({ i }) => nameOf(i)),
  }));
}
