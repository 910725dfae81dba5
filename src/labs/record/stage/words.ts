// The words of a process that matter at a moment: what the step used or changed, and what is a message to a new process.

import type { Annotator, MeaningRow } from "../annotate.ts";
import type { Moments } from "../moment.ts";
import type { Lane, Step } from "../recording.ts";

/** A step, and what it takes to tell it. */
export interface At {
  readonly moments: Moments;
  readonly annotator: Annotator;
  readonly index: number;
}

/** A word, or a signal, that matters at the moment. */
export interface Word {
  /** "rax", "pending", "exit signal". */
  readonly name: string;
  readonly value: string;
  /** "getppid", "parent: host"; empty if there is nothing to say. */
  readonly meaning: string;
  /** Whether this step changed it. */
  readonly changed: boolean;
}

/** How many registers there is room for. */
const MOST = 6;

/** Characters of a value with its meaning; a longer one gives way to the meaning. */
const ROOM = 22;

/** Fields of /proc that are told when they change. */
const FIELDS: Readonly<Record<string, string>> = {
  Sid: "session",
  SigBlk: "blocked",
  SigIgn: "ignored",
};

export function wordsOf(at: At, lane: Lane): Word[] {
  return [
    ...registerWords(at, lane).slice(0, MOST),
    ...kernelWords(at, lane),
    ...deathWords(at, lane),
  ];
}

function registerWords({ moments, annotator, index }: At, { id }: Lane): Word[] {
  const { arch, recording } = moments;
  const { NUMBER, RESULT, PARENT, MARK, ORIGINAL, FLAGS, ARGUMENTS } = arch;
  const known = moments.lane(id, index).registers;
  const moment = moments.at(known?.step ?? index);
  const { step, place } = moment;
  if (known === null || place === null || step === null) return [];
  const isNow = known.step === index;
  const births = recording.arrows.some(({ kind }) => kind === "clone");
  const matters = ({ name, after, changed, used, meaning }: MeaningRow) => {
    if (name === PARENT || name === MARK) {
      // What was in them before somebody set them is no message.
      const isSet = moments.registerOrigin(id, name, index)?.set === true;
      return place.code.name === "stub code" && (births || changed) && isSet;
    }
    if (name === ORIGINAL) return isNow && changed && step.kind === "ptrace";
    if (name === RESULT) return isNow;
    if (ARGUMENTS.includes(name) && (meaning === "NULL" || (!changed && BigInt(after) === 0n)))
      return false;
    return isNow && (used || changed) && [NUMBER, RESULT, FLAGS, ...ARGUMENTS].includes(name);
  };
  const { first } = annotator.groups(moment);
  return first.filter(matters).map((row) => tellRegister(moments, row, id, isNow));
}

function tellRegister({ arch }: Moments, row: MeaningRow, id: string, isNow: boolean): Word {
  const { name, after } = row;
  const word = BigInt.asIntN(64, BigInt(after));
  const value = word > -4096n && word < 2n ** 31n ? String(word) : after;
  const told = (row.meaning ?? "").replace(`${word} `, "").replace(/^−/, "");
  const changed = isNow && row.changed;
  if (name === arch.FLAGS || told.length + value.length > ROOM)
    return { name, value: told, meaning: "", changed };
  const meanings = new Map([
    [arch.MARK, word === 1n ? "a clone" : "no clone"],
    [arch.PARENT, told === id ? "for its child" : told && `parent: ${told}`],
  ]);
  return { name, value, meaning: meanings.get(name) ?? told, changed };
}

/** What /proc says: signals that are pending, and what has changed. */
function kernelWords({ moments, annotator, index }: At, { id }: Lane): Word[] {
  const known = moments.lane(id, index);
  return annotator.kernelRows(known, index).flatMap(({ term, value, changed }) => {
    if (term === "Pending" && value !== "none") return [word("pending", value, changed)];
    const isMapped = term === "Resident" && known.memory?.step === index;
    const field = isMapped ? "memory" : FIELDS[term];
    return changed && field !== undefined ? [word(field, value, true)] : [];
  });
}

/** What its end does to others, and others' to it: its exit signal, and the signal that it has asked for. */
function deathWords({ moments, index }: At, { id, pid, role }: Lane): Word[] {
  const past = moments.recording.steps.slice(0, index + 1);
  const clone = past.find(({ call }) => call?.name === "clone" && call.result?.told === `${pid}`);
  const told = clone?.call?.arguments[0]?.told ?? role;
  const exit = /(?:\||exit signal )(SIG[A-Z]+)/.exec(told)?.[1] ?? "SIGCHLD";
  const asks = ({ lane, call }: Step) =>
    lane === id && call?.arguments[0]?.told === "PR_SET_PDEATHSIG";
  const asked = past.at(-1);
  return [
    ...(exit === "SIGCHLD" ? [] : [word("exit signal", exit, false)]),
    ...(asked !== undefined && asks(asked)
      ? [word("at parent's end", asked.call?.arguments[1]?.told ?? "", true)]
      : []),
  ];
}

const word = (name: string, value: string, changed: boolean): Word => ({
  name,
  value,
  meaning: "",
  changed,
});
