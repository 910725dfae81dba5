// The lines in a box: the words that the step used or changed, the messages to a new process, and the code.

import { counted } from "../../../lib/page/figures.ts";
import type { Annotator, MeaningRow } from "../annotate.ts";
import { isOld, type Moments } from "../moment.ts";
import type { Lane } from "../recording.ts";

/** A step, and what is needed to describe it. */
export interface At {
  readonly moments: Moments;
  readonly annotator: Annotator;
  readonly index: number;
  /** The first of the steps whose changes are shown. */
  readonly since: number;
}

/** A word that matters at the moment, or a line of code. */
export interface Word {
  /** "rax", "pending", "exit signal"; empty for code. */
  readonly name: string;
  readonly value: string;
  /** "getppid", "parent: host"; empty if there is nothing to say. */
  readonly meaning: string;
  /** A word, or one that changed; code, the line that the step has executed, and the one that comes next. */
  readonly look: "word" | "changed" | "code" | "executed" | "next";
  /** The index of the step that changed it; null if none has. */
  readonly by: number | null;
  /** The signals of a set, to be drawn in place of the value. */
  readonly tags?: readonly string[];
  /** Likewise the mappings that there are or were up to now, by address: whether each is there. */
  readonly bars?: readonly boolean[];
}

/** How many registers there is room for. */
const MOST = 6;

/** Characters of a value and its meaning. If there are more, the meaning stands for both. */
const ROOM = 22;

export function wordsOf(at: At, lane: Lane): Word[] {
  const registers = registerWords(at, lane).slice(0, MOST);
  return [...registers, ...kernelWords(at, lane), ...memoryWords(at, lane), ...exitWords(at, lane)];
}

/** The keys that a terminal in its usual mode turns into signals for its foreground group: termios(3). */
const KEYS = { "^C": "SIGINT", "^Z": "SIGTSTP" } as const;

/** The keys that have been typed on a terminal, and the signals that came of them; and those that can be typed. */
export function keysOf({ moments, index }: At, { id }: Lane): Word[] {
  const { steps, arrows } = moments.recording;
  const typed = steps.slice(0, index + 1).flatMap(({ lane, call }, i): Word[] => {
    const [, code] = /^"\\x([01].)"$/.exec(call?.arguments[1]?.told ?? "") ?? [];
    if (lane !== id || code === undefined) return [];
    const key = `^${String.fromCharCode(Number.parseInt(code, 16) + 64)}`;
    const signal = arrows.find(({ from, to }) => from === i && to <= index)?.label ?? "";
    return [word(key, signal, "", i === index ? i : null)];
  });
  const others = Object.entries(KEYS).filter(([key]) => typed.every(({ name }) => name !== key));
  return [...typed, ...others.map(([key, signal]) => word(key, signal))];
}

function registerWords({ moments, annotator, index, since }: At, { id }: Lane): Word[] {
  const { arch, recording } = moments;
  const { NUMBER, RESULT, PARENT, MARK, ORIGINAL, FLAGS, ARGUMENTS } = arch;
  const { step } = known(moments, id, index) ?? {};
  const moment = moments.at(step ?? index, Math.min(step ?? index, since));
  if (step === undefined || moment.place === null) return [];
  const isNow = step >= since;
  const isStub = moment.place.code.name === "stub code";
  const hasBirths = recording.arrows.some(({ kind }) => kind === "clone");
  const past = recording.steps
    .slice(0, index + 1)
    .flatMap(({ why, detail }) => [why, detail ?? ""]);
  const isTold = (name: string) => [...recording.introduction, ...past].join().includes(name);
  const matters = ({ name, after, changed, used, meaning }: MeaningRow): boolean => {
    if (name === PARENT || name === MARK) {
      // What was in them before somebody set them is no message.
      return isStub && moments.isSet(id, name, index) && (hasBirths || changed);
    }
    if (!isNow || name === RESULT) return isNow;
    if (name === FLAGS) return moment.step?.kind === "instruction" && (used || changed);
    if (name === ORIGINAL) return changed && moment.step?.kind === "ptrace" && isTold(name);
    const isArgument = ARGUMENTS.includes(name);
    if (isArgument && (meaning === "NULL" || (!changed && BigInt(after) === 0n))) return false;
    return (isArgument || name === NUMBER) && (used || changed);
  };
  return annotator
    .registers(moment)
    .filter(matters)
    .map((row) => {
      const { name, after } = row;
      const number = BigInt.asIntN(64, BigInt(after));
      const value = number > -4096n && number < 2n ** 31n ? `${number}` : after;
      const told = (row.meaning ?? "").replace(`${number} `, "").replace(/^[-−]/, "");
      const by = isNow ? row.by : null;
      if (name === FLAGS) return word(name, told.split(" ")[0] ?? "", "", by);
      if (told.length + value.length > ROOM) return word(name, told, "", by);
      if (name === MARK) return word(name, value, number === 1n ? "a clone" : "no clone", by);
      if (name !== PARENT || told === "") return word(name, value, told, by);
      return word(name, value, told === id ? "for child" : `parent: ${told}`, by);
    });
}

/** The registers of a lane, if they are still what they were when they were reported. */
function known(moments: Moments, id: string, index: number) {
  const lane = moments.lane(id, index);
  return lane.registers === null || isOld(lane, lane.registers, index) ? null : lane.registers;
}

/** What /proc says if it changes: memory only if mappings did. */
const FIELDS = ["NSsid", "SigIgn", "VmRSS"];
/** Sets of signals that matter at all times. */
const SETS: Readonly<Record<string, string>> = { "Sig+ShdPnd": "pending", SigBlk: "blocked" };

function kernelWords({ moments, annotator, index, since }: At, { id }: Lane): Word[] {
  const hasMapped = moments.reports(id, "memory", index, since).length > 0;
  const lane = moments.lane(id, index);
  const isPast = lane.kernel !== null && isOld(lane, lane.kernel, index);
  return annotator.kernelRows(id, index, since).flatMap(({ name, after, changed, by }): Word[] => {
    const set = SETS[name];
    if (set === undefined)
      return changed && FIELDS.includes(name) && (name !== "VmRSS" || hasMapped)
        ? [word(name, after, "", by)]
        : [];
    if (isPast || (after === "none" && !changed)) return [];
    return [
      { ...word(set, after, "", by), tags: after.startsWith("all") ? [after] : after.split(" ") },
    ];
  });
}

/** More mappings are not drawn. */
const MOST_BARS = 400;

/** Its mappings: with the steps that report them, and if they change in the recording, at all. */
function memoryWords({ moments, index, since }: At, { id }: Lane): Word[] {
  const maps = moments.reports(id, "memory", index, 0);
  const { value, step } = maps.at(-1) ?? { value: [], step: -1 };
  const later = moments.reports(id, "memory", moments.length, 0);
  const changes = later.filter((map) => map.before !== null && map.value.length > 0).length > 0;
  const most = Math.max(0, ...later.map((map) => map.value.length));
  if (value.length === 0 || most < 2 || (!changes && step < since)) return [];
  const startOf = (mapping: string) => Number.parseInt(mapping, 16);
  const now = new Set(value.map(startOf));
  const all = [...new Set(maps.flatMap((map) => map.value.map(startOf)))].toSorted((a, b) => a - b);
  const bars = all.slice(-MOST_BARS).map((start) => now.has(start));
  const by = step >= since && maps.length > 1 ? step : null;
  return [{ ...word("memory", counted(value.length, "mapping"), "", by), bars }];
}

/** The signal that its end sends to its parent, if it is not the usual one. */
function exitWords({ moments }: At, { pid, role }: Lane): Word[] {
  const { steps } = moments.recording;
  const clone = steps.find(({ call }) => call?.name === "clone" && call.result?.told === `${pid}`);
  const flags = clone?.call?.arguments[0]?.told ?? role;
  const signal = /(?:\||exit signal )(SIG[A-Z]+)/.exec(flags)?.[1] ?? "SIGCHLD";
  return signal === "SIGCHLD" ? [] : [word("exit signal", signal)];
}

const word = (name: string, value: string, meaning = "", by: number | null = null): Word => {
  return { name, value, meaning, look: by === null ? "word" : "changed", by };
};

/** The line that was executed and the next ones; of a process that the step is not about, the next one. */
export function codeOf({ moments, index }: At, { id }: Lane): Word[] {
  const registers = known(moments, id, index);
  const isNow = registers?.step === index;
  const place = isNow ? moments.at(index).place : moments.placeOf(id, index);
  if (registers === null || place?.next == null) return [];
  const { code, executed, next } = place;
  const before = executed === next ? null : (executed ?? next - 1);
  return (isNow ? [before, next, next + 1] : [next]).flatMap((line): Word[] => {
    const value = code.lines[line ?? -1]?.text;
    const look = line === next ? "next" : line === executed ? "executed" : "code";
    return value === undefined ? [] : [{ name: "", value, meaning: "", look, by: null }];
  });
}
