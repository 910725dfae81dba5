// The lines in a box: the words that the step used or changed, the messages to a new process, and the code.

import type { Annotator, MeaningRow } from "../annotate.ts";
import { isOld, type Moments } from "../moment.ts";
import type { Lane } from "../recording.ts";

/** A step, and what it takes to tell it. */
export interface At {
  readonly moments: Moments;
  readonly annotator: Annotator;
  readonly index: number;
}

/** A word that matters at the moment, or a line of code. */
export interface Word {
  /** "rax", "pending", "exit signal"; empty for code. */
  readonly name: string;
  readonly value: string;
  /** "getppid", "parent: host"; empty if there is nothing to say. */
  readonly meaning: string;
  /** A word, or one that this step changed; code, or the line that comes next. */
  readonly look: "word" | "changed" | "code" | "next";
}

/** How many registers there is room for. */
const MOST = 6;

/** Characters of a value and its meaning. If there are more, the meaning stands for both. */
const ROOM = 22;

export function wordsOf(at: At, lane: Lane): Word[] {
  const registers = registerWords(at, lane).slice(0, MOST);
  return [...registers, ...kernelWords(at, lane), ...deathWords(at, lane)];
}

function registerWords({ moments, annotator, index }: At, { id }: Lane): Word[] {
  const { arch, recording } = moments;
  const { NUMBER, RESULT, PARENT, MARK, ORIGINAL, FLAGS, ARGUMENTS } = arch;
  const { step } = known(moments, id, index) ?? {};
  const moment = moments.at(step ?? index);
  if (step === undefined || moment.place === null) return [];
  const isNow = step === index;
  const isStub = moment.place.code.name === "stub code";
  const hasBirths = recording.arrows.some(({ kind }) => kind === "clone");
  const matters = ({ name, after, changed, used, meaning }: MeaningRow): boolean => {
    if (name === PARENT || name === MARK) {
      // What was in them before somebody set them is no message.
      const isSet = moments.registerOrigin(id, name, index)?.set === true;
      return isStub && isSet && (hasBirths || changed);
    }
    if (!isNow || name === RESULT) return isNow;
    if (name === ORIGINAL) return changed && moment.step?.kind === "ptrace";
    const isArgument = ARGUMENTS.includes(name);
    if (isArgument && (meaning === "NULL" || (!changed && BigInt(after) === 0n))) return false;
    return (isArgument || name === NUMBER || name === FLAGS) && (used || changed);
  };
  const { first } = annotator.groups(moment);
  return first.filter(matters).map((row): Word => {
    const { name, after } = row;
    const word = BigInt.asIntN(64, BigInt(after));
    const value = word > -4096n && word < 2n ** 31n ? `${word}` : after;
    const told = (row.meaning ?? "").replace(`${word} `, "").replace("−", "");
    const look = isNow && row.changed ? "changed" : "word";
    if (name === FLAGS) return { name, value: told.split(" ")[0] ?? "", meaning: "", look };
    if (told.length + value.length > ROOM) return { name, value: told, meaning: "", look };
    const parent = told === id ? "for its child" : told && `parent: ${told}`;
    const mark = word === 1n ? "a clone" : "no clone";
    return { name, value, meaning: name === PARENT ? parent : name === MARK ? mark : told, look };
  });
}

/** The registers of a lane, if they are still what they were when they were reported. */
function known(moments: Moments, id: string, index: number) {
  const lane = moments.lane(id, index);
  return lane.registers === null || isOld(lane, lane.registers, index) ? null : lane.registers;
}

/** What /proc says, if it matters: pending signals always, other fields if they changed. */
const FIELDS: Readonly<Record<string, string>> = {
  Pending: "pending",
  Sid: "session",
  SigBlk: "blocked",
  SigIgn: "ignored",
  Resident: "memory",
};

function kernelWords({ moments, annotator, index }: At, { id }: Lane): Word[] {
  const lane = moments.lane(id, index);
  return annotator.kernelRows(lane, index).flatMap(({ term, value, changed }): Word[] => {
    const name = FIELDS[term];
    const isNoise = term === "Resident" && lane.memory?.step !== index;
    const matters = changed || (term === "Pending" && value !== "none");
    if (name === undefined || isNoise || !matters) return [];
    return [{ name, value, meaning: "", look: changed ? "changed" : "word" }];
  });
}

/** The signal that its end sends to its parent, and the one that it asks for at the end of that. */
function deathWords({ moments, index }: At, { id, pid, role }: Lane): Word[] {
  const past = moments.recording.steps.slice(0, index + 1);
  const clone = past.find(({ call }) => call?.name === "clone" && call.result?.told === `${pid}`);
  const flags = clone?.call?.arguments[0]?.told ?? role;
  const exit = /(?:\||exit signal )(SIG[A-Z]+)/.exec(flags)?.[1] ?? "SIGCHLD";
  const { lane, call } = past.at(-1) ?? {};
  const [option, asked] = call?.arguments ?? [];
  const words: Word[] = [];
  if (exit !== "SIGCHLD")
    words.push({ name: "exit signal", value: exit, meaning: "", look: "word" });
  if (lane === id && option?.told === "PR_SET_PDEATHSIG") {
    words.push({ name: "at parent's end", value: asked?.told ?? "", meaning: "", look: "changed" });
  }
  return words;
}

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
    const look = line === next ? "next" : "code";
    return value === undefined ? [] : [{ name: "", value, meaning: "", look }];
  });
}
