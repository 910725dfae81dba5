// One process of the stage: its state, and where it is in the code.

import { isOld, type LaneState, type Moments } from "../moment.ts";
import type { Lane } from "../recording.ts";
import { type At, type Word, wordsOf } from "./words.ts";

/** A line of the code around the instruction pointer: what the step has executed, and what comes next. */
export interface CodeRow {
  readonly text: string;
  readonly mark: "executed" | "next" | null;
}

/** A process or thread that there is, or was. */
export interface Box extends Lane {
  /** 0 to 5, for the classes p0 to p5: by what it is, the same in all lessons. */
  readonly colour: number;
  readonly state: LaneState;
  /** The state in words: "ptrace stop · SIGTRAP", "zombie · SIGKILL"; empty if nothing is known of it. */
  readonly told: string;
  /** Whether it acts in this step. */
  readonly acts: boolean;
  /** Whether this step made it. */
  readonly isNew: boolean;
  /** Whether its words are from before it was resumed. */
  readonly isOld: boolean;
  readonly words: readonly Word[];
  readonly code: readonly CodeRow[];
}

/** What processes are, by their lanes. Each row has a colour. */
const PARTS: readonly (readonly string[])[] = [
  ["host"],
  ["master", "stub", "parent", "second-parent", "subprocess", "guest"],
  ["grandchild", "child", "second-child", "mistaken"],
  ["tracer", "observer", "terminal", "main"],
  ["keeper"],
  ["control", "watched", "idle"],
];

/** The colour of a lane, 0 to 5: by what it is; of one that no lesson has, by its rank. */
export function colourOf(lanes: readonly Lane[], id: string): number {
  const part = PARTS.findIndex((ids) => ids.includes(id));
  const rank = lanes.findIndex((lane) => lane.id === id);
  return part >= 0 ? part : Math.max(0, rank) % PARTS.length;
}

export function boxOf(at: At, lane: Lane): Box {
  const { moments, index } = at;
  const { lanes, steps } = moments.recording;
  const { id } = lane;
  const known = moments.lane(id, index);
  const old = known.registers !== null && isOld(known, known.registers, index);
  const ended = hasEnded(known.state);
  return {
    ...lane,
    colour: colourOf(lanes, id),
    state: known.state,
    told: tellState(moments, id, index),
    acts: steps[index]?.lane === id,
    isNew: steps[index]?.kind === "clone" && steps[index].lane === id,
    isOld: old,
    words: ended ? [] : wordsOf(at, lane),
    code: ended || old ? [] : codeOf(moments, id, index),
  };
}

export const hasEnded = (state: LaneState) => state === "Z" || state === "X";

const STATES: Readonly<Record<NonNullable<LaneState>, string>> = {
  R: "running",
  S: "sleeping",
  D: "sleeping",
  T: "stopped by a signal",
  t: "ptrace stop",
  Z: "zombie",
  X: "gone",
};

/** Its state, with what led to it. */
function tellState(moments: Moments, id: string, index: number): string {
  const { state, stop } = moments.lane(id, index);
  const past = moments.recording.steps.slice(0, index + 1);
  const step = past.at(-1);
  if (step?.lane === id && step.about !== id && step.call?.name === "wait4") {
    return `waits for ${step.about}`;
  }
  if (state === null) return "";
  const told = STATES[state];
  if (hasEnded(state)) {
    const end = past.findLast(({ kind, lane }) => kind === "exit" && lane === id);
    return end === undefined ? told : `${told} · ${end.title.split(" ").slice(2).join(" ")}`;
  }
  const signal = /SIG[A-Z]+|(?<=EVENT_)[A-Z]+/.exec(past[stop ?? index]?.title ?? "")?.[0];
  const moved = past.slice((stop ?? index) + 1).some(({ lane }) => lane === id);
  if (stop === null || signal === undefined || moved) return told;
  if (state === "T") return `stopped by ${signal}`;
  return state === "t" ? `${told} · ${signal}` : told;
}

/** The line that was executed and the next ones; of a process that the step is not about, the next one. */
function codeOf(moments: Moments, id: string, index: number): CodeRow[] {
  const isNow = moments.lane(id, index).registers?.step === index;
  const place = isNow ? moments.at(index).place : moments.placeOf(id, index);
  if (place === null) return [];
  const { code, executed, next } = place;
  const row = (line: number | null, mark: CodeRow["mark"]): CodeRow[] => {
    const text = code.lines[line ?? -1]?.text;
    return text === undefined ? [] : [{ text, mark }];
  };
  if (!isNow || next === null) return row(next, "next");
  const isJump = executed !== null && executed !== next;
  const before = isJump ? row(executed, "executed") : row(next - 1, null);
  return [...before, ...row(next, "next"), ...row(next + 1, null)];
}
