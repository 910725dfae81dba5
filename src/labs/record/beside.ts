// Two recordings beside each other: which step of one is the same as which of the other, and where they part.

import { openAssemblyEncoder } from "../../core/encoder/assembly.ts";
import { Annotator, LEAST_PID } from "./annotate.ts";
import { expectRecording } from "./load.ts";
import { Moments } from "./moment.ts";
import type { Recording, Step } from "./recording.ts";

export const BESIDE_SCHEMA = "stublab.beside/1";

/** Something that corresponds, and is not equal: a register, a field of /proc, a title, a fact. */
export interface Difference {
  readonly what: string;
  readonly left: string;
  readonly right: string;
}

/** Steps by their indices; null if one side has none here. */
export interface BesideRow {
  /**
   * "same" if nothing that matters differs; "alike" if it is the same call or event with `differences`; "apart" if
   * the two have nothing in common, and only share the row.
   */
  readonly relation: "same" | "alike" | "apart";
  readonly left: number | null;
  readonly right: number | null;
  readonly differences: readonly Difference[];
}

/** The document `stublab.beside/1`. */
export interface Beside {
  readonly schema: typeof BESIDE_SCHEMA;
  /** Lanes that correspond; null if one recording has no such lane. */
  readonly lanes: readonly { readonly left: string | null; readonly right: string | null }[];
  readonly rows: readonly BesideRow[];
  /** The first row that is not the same; null if all are. */
  readonly part: number | null;
  /** Facts of the end that both have, and that differ. */
  readonly end: readonly Difference[];
}

/** The most pairs of steps that are searched for what is the same after the parting. */
const MOST_PAIRS = 1 << 24;

/** How many lanes of other names are paired, and by how many of their steps. */
const MOST_LANES = 20;
const MOST_EVENTS = 200;

/** The lowest word that counts as an address. Two recordings have other addresses, so all are equal, except near the code. */
const LEAST_ADDRESS = 1n << 32n;
const NEAR = 1n << 20n;

/** PID_MAX_LIMIT. */
const MOST_PIDS = 1n << 22n;

/** The fields of /proc that are pids. */
const PID_FIELDS: readonly string[] = ["PPid", "TracerPid", "Sid"];

/**
 * Aligns the steps of two recordings. Steps are the same if kind, lane and title agree, and what they changed in
 * registers and /proc; pids are compared by their lanes, and addresses outside the code not at all. A difference that
 * lasts is reported once. Lanes correspond if their names are equal; the others are paired by the steps that they share.
 *
 * @throws InputError if one is not a recording
 */
export function alignRecordings(left: Recording, right: Recording): Beside {
  expectRecording(left);
  expectRecording(right);
  const lanes = pairLanes(left, right);
  const [a, b] = [new Reader(left, lanes, "left"), new Reader(right, lanes, "right")];
  const lasting = new Map<string, string>();
  const rows = align(a, b).map(([i, j, isPair]): BesideRow => {
    if (!isPair || i === null || j === null)
      return { relation: "apart", left: i, right: j, differences: [] };
    const differences = compare(a.at(i), b.at(j), lasting);
    return { relation: differences.length > 0 ? "alike" : "same", left: i, right: j, differences };
  });
  const part = rows.findIndex(({ relation }) => relation !== "same");
  const end = left.end.flatMap(({ fact, seen, held }) => {
    const other = right.end.find((each) => each.fact === fact);
    const isTold = a.told(seen) === b.told(other?.seen ?? "");
    // In the same scenario what held is as expected, even if it is a number that depends on a pid.
    const isSame = other?.held === held && (isTold || (held && left.scenario === right.scenario));
    return other === undefined || isSame ? [] : [{ what: fact, left: seen, right: other.seen }];
  });
  return { schema: BESIDE_SCHEMA, lanes, rows, part: part < 0 ? null : part, end };
}

function pairLanes(left: Recording, right: Recording): Beside["lanes"] {
  const free = new Set(right.lanes.map(({ id }) => id));
  const take = (id: string | undefined) => (id !== undefined && free.delete(id) ? id : null);
  const pairs = left.lanes.map(({ id }) => ({ left: id, right: take(id) }));
  const named = pairs.map((pair) => {
    if (pair.right !== null) return pair;
    const own = eventsOf(left, pair.left);
    const shared = [...free].slice(0, MOST_LANES).map((id) => {
      return { id, count: eventsOf(right, id).filter((event) => own.includes(event)).length };
    });
    const [best] = shared.filter(({ count }) => count > 0).toSorted((a, b) => b.count - a.count);
    return { left: pair.left, right: take(best?.id) };
  });
  return [...named, ...[...free].map((right) => ({ left: null, right }))];
}

/** What a lane does, without numbers. */
function eventsOf({ steps }: Recording, id: string): string[] {
  const own = steps.filter(({ about }) => about === id).slice(0, MOST_EVENTS);
  return own.map(({ kind, title }) => `${kind} ${title.replace(/\d\w*/g, "")}`);
}

/** A step as it is compared. */
interface Compared {
  readonly step: Step;
  /** The name of the register with the address of the next instruction. */
  readonly pointer: string;
  readonly key: string;
  /** The registers that it changed. */
  readonly changed: readonly string[];
  /** The registers and fields of /proc of its lane after it, as they are shown, and as they are compared. */
  readonly values: ReadonlyMap<string, readonly [shown: string, compared: string]>;
}

/** One of the two, with lanes by the names that they have in common. */
class Reader {
  readonly #moments: Moments;
  readonly #names: ReadonlyMap<string, string>;
  readonly #annotator: Annotator;
  /** What must be equal for steps to be the same. */
  readonly keys: readonly string[];
  /** What must be equal for steps to be alike: a call of the same name, or a title that begins with the same word. */
  readonly weakKeys: readonly string[];

  constructor(recording: Recording, lanes: Beside["lanes"], side: "left" | "right") {
    const { constants } = openAssemblyEncoder(recording.machine.arch);
    this.#moments = new Moments(recording);
    this.#annotator = new Annotator(this.#moments, constants);
    this.#names = new Map(
      lanes.map((pair) => [pair[side] ?? "", pair.left ?? `${pair.right} of the right`]),
    );
    const event = ({ kind, lane, about }: Step) =>
      `${kind} ${this.#names.get(lane)} ${this.#names.get(about)}`;
    this.keys = recording.steps.map((step) => `${event(step)} ${this.told(step.title)}`);
    this.weakKeys = recording.steps.map((step) => {
      const { call, kind, title } = step;
      const request = kind === "ptrace" ? call?.arguments[0]?.told : "";
      return `${event(step)} ${call === null ? title.split(" ")[0] : `${call.name} ${request}`}`;
    });
  }

  /** A text in which pids are lanes, and addresses have no values. */
  told(text: string): string {
    return text.replace(/\b(?:0x[\da-f]+|\d+)\b/g, (number) =>
      BigInt(number) < LEAST_PID ? number : this.#word(number),
    );
  }

  at(index: number): Compared {
    const step = this.#moments.recording.steps[index];
    if (step === undefined) throw new RangeError("no such step");
    const { INSTRUCTION_POINTER, ARITHMETIC_FLAGS, FLAG_WORDS } = this.#moments.arch;
    const moment = this.#moments.at(index);
    const { first, rest, segments } = this.#annotator.groups(moment);
    const registers = moment.subject === step.about ? [...first, ...rest, ...segments] : [];
    const known = this.#moments.lane(step.about, index);
    const fields = step.kernel === null ? [] : this.#annotator.kernelRows(known, index);
    const values = new Map<string, readonly [string, string]>();
    for (const { name, after, meaning } of registers) {
      const flags = BigInt(after) & ~ARITHMETIC_FLAGS;
      const compared = FLAG_WORDS.includes(name) ? `${flags}` : this.#word(after, name);
      values.set(name, [meaning === null ? after : `${after} = ${meaning}`, compared]);
    }
    for (const { term, value } of fields) {
      // Resident memory depends on the machine.
      if (term === "Resident") continue;
      const isPid = PID_FIELDS.includes(term);
      values.set(term, [value, isPid ? this.#process(Number.parseInt(value, 10)) : value]);
    }
    const changed = this.#moments.changedAt(index).map(({ name }) => name);
    return { step, key: this.keys[index] ?? "", changed, values, pointer: INSTRUCTION_POINTER };
  }

  #process(pid: number): string {
    const lane = this.#moments.lanesByPid.get(pid);
    return this.#names.get(lane?.id ?? "") ?? (pid === 0 ? "nobody" : "another process");
  }

  #word(text: string, register = ""): string {
    const word = BigInt(text);
    if (word >= LEAST_PID) {
      // A pid; or one that was negated, as a result is that `fail` exits with.
      for (const pid of [word, -BigInt.asIntN(64, word), -BigInt.asIntN(32, word)]) {
        const lane = this.#moments.lanesByPid.get(Number(pid));
        if (lane !== undefined) return `${pid === word ? "" : "-"}${this.#names.get(lane.id)}`;
      }
    }
    if (register === this.#moments.arch.PARENT && word >= LEAST_PID && word < MOST_PIDS)
      return "another process";
    if (word < LEAST_ADDRESS || word >= 1n << 63n) return text;
    for (const { name, base } of this.#moments.recording.code) {
      const offset = word - BigInt(base);
      if (offset > -NEAR && offset < NEAR) return `${name} + ${offset}`;
    }
    return "address";
  }
}

/** @param lasting the differences so far, by lane and name */
function compare(one: Compared, other: Compared, lasting: Map<string, string>): Difference[] {
  const isSame = one.key === other.key;
  const changed = new Set([...one.changed, ...other.changed]);
  // The address of the next instruction says nothing if these are not the same.
  if (!isSame) changed.delete(one.pointer);
  const title = { what: "title", left: one.step.title, right: other.step.title };
  const values = [...one.values].flatMap(([what, [left, compared]]) => {
    const [right, otherCompared] = other.values.get(what) ?? [left, compared];
    const isRegister = /^[a-z]/.test(what);
    if (isRegister && !changed.has(what)) return [];
    const difference = compared === otherCompared ? "" : `${compared} ${otherCompared}`;
    const name = `${one.step.about} ${what}`;
    const isNew = difference !== "" && lasting.get(name) !== difference;
    lasting.set(name, difference);
    return isNew ? [{ what, left, right }] : [];
  });
  return isSame ? values : [title, ...values];
}

/** The indices of steps beside each other, and whether they are a pair: by their keys, and between those by their weak ones. */
function align(
  a: Reader,
  b: Reader,
): [left: number | null, right: number | null, isPair: boolean][] {
  const rows: ReturnType<typeof align> = [];
  const keys = [
    [a.keys, b.keys],
    [a.weakKeys, b.weakKeys],
  ] as const;
  const walk = (level: number, i: number, p: number, j: number, q: number) => {
    const [ours, theirs] = keys[level] ?? [[], []];
    const pairs = matches(ours.slice(i, p), theirs.slice(j, q));
    let [x, y] = [i, j];
    for (const [s, t] of [...pairs.map(([s, t]) => [i + s, j + t] as const), [p, q] as const]) {
      if (level === 0) walk(1, x, s, y, t);
      else for (; x < s || y < t; x++, y++) rows.push([x < s ? x : null, y < t ? y : null, false]);
      if (s < p) rows.push([s, t, true]);
      [x, y] = [s + 1, t + 1];
    }
  };
  walk(0, 0, a.keys.length, 0, b.keys.length);
  return rows;
}

/** The longest common subsequence of two lists, as pairs of indices. */
function matches(left: readonly string[], right: readonly string[]): [number, number][] {
  const pairs: [number, number][] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length && left[i] === right[j]) pairs.push([i++, j++]);
  const [start, width, height] = [i, right.length - j + 1, left.length - i + 1];
  if (width * height > MOST_PAIRS) return pairs;
  // How many pairs are possible from two indices on.
  const most = new Uint32Array(width * height);
  const at = (x: number, y: number) => (x - start) * width + y - start;
  const from = (x: number, y: number) => most[at(x, y)] ?? 0;
  for (let x = left.length - 1; x >= start; x--) {
    for (let y = right.length - 1; y >= start; y--) {
      most[at(x, y)] =
        left[x] === right[y] ? 1 + from(x + 1, y + 1) : Math.max(from(x + 1, y), from(x, y + 1));
    }
  }
  while (i < left.length && j < right.length) {
    if (left[i] === right[j]) pairs.push([i++, j++]);
    else if (from(i + 1, j) >= from(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}
