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
  const rows = align(a, b);
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
  const pairs = left.lanes.flatMap(({ id }) =>
    right.lanes.some((lane) => lane.id === id) ? [{ left: id, right: id }] : [],
  );
  const named = new Set(pairs.map((pair) => pair.left));
  const [ours, theirs] = [left, right].map(({ lanes }) =>
    lanes.filter(({ id }) => !named.has(id)).map(({ id }) => id),
  );
  const events = (theirs ?? [])
    .slice(0, MOST_LANES)
    .map((id) => [id, eventsOf(right, id)] as const);
  const candidates = (ours ?? []).slice(0, MOST_LANES).flatMap((one) => {
    const own = eventsOf(left, one);
    return events.map(([other, all]) => {
      const shared = all.filter((event) => own.includes(event)).length;
      return { left: one, right: other, shared };
    });
  });
  for (const { left, right, shared } of candidates.toSorted((a, b) => b.shared - a.shared)) {
    const taken = pairs.some((pair) => pair.left === left || pair.right === right);
    if (shared > 0 && !taken) pairs.push({ left, right });
  }
  const alone = (side: "left" | "right", ids: readonly string[] = []) =>
    ids.filter((id) => pairs.every((pair) => pair[side] !== id));
  return [
    ...pairs,
    ...alone("left", ours).map((left) => ({ left, right: null })),
    ...alone("right", theirs).map((right) => ({ left: null, right })),
  ];
}

/** What a lane does, without numbers. */
function eventsOf({ steps }: Recording, id: string): string[] {
  const own = steps.filter(({ about }) => about === id).slice(0, MOST_EVENTS);
  return own.map(({ kind, title }) => `${kind} ${title.replace(/\d\w*/g, "")}`);
}

/** One of the two, with lanes by the names that they have in common. */
class Reader {
  readonly moments: Moments;
  readonly steps: readonly Step[];
  readonly #names: ReadonlyMap<string, string>;
  readonly #annotator: Annotator;

  constructor(recording: Recording, lanes: Beside["lanes"], side: "left" | "right") {
    this.moments = new Moments(recording);
    this.steps = recording.steps;
    this.#annotator = new Annotator(
      this.moments,
      openAssemblyEncoder(recording.machine.arch).constants,
    );
    this.#names = new Map(
      lanes.flatMap((pair) => {
        const id = pair[side];
        return id === null ? [] : [[id, pair.left ?? `${id} of the right`] as const];
      }),
    );
  }

  /** A text in which pids are lanes, and addresses have no values. */
  told(text: string): string {
    return text.replace(/\b(?:0x[\da-f]+|\d+)\b/g, (number) =>
      BigInt(number) < LEAST_PID ? number : this.#word(number),
    );
  }

  /** What must be equal for steps to be the same. */
  key(step: Step): string {
    return `${this.#event(step)} ${this.told(step.title)}`;
  }

  /** What must be equal for steps to be alike: a call of the same name, or a title that begins with the same word. */
  weakKey(step: Step): string {
    const { call, kind, title } = step;
    const request = kind === "ptrace" ? call?.arguments[0]?.told : "";
    return `${this.#event(step)} ${call === null ? title.split(" ")[0] : `${call.name} ${request}`}`;
  }

  #event({ kind, lane, about }: Step): string {
    return `${kind} ${this.#names.get(lane)} ${this.#names.get(about)}`;
  }

  /** What is known after a step of the lane that it is about: as it is shown, and as it is compared. */
  values(index: number): Map<string, readonly [shown: string, compared: string]> {
    const { about = "", kernel = null } = this.steps[index] ?? {};
    const known = this.moments.lane(about, index);
    const moment = this.moments.at(index);
    const groups = moment.subject === about ? this.#annotator.groups(moment) : null;
    const registers = groups === null ? [] : [...groups.first, ...groups.rest, ...groups.segments];
    const { ARITHMETIC_FLAGS, FLAG_WORDS } = this.moments.arch;
    const rows = kernel === null ? [] : this.#annotator.kernelRows(known, index);
    return new Map([
      ...registers.map(({ name, after, meaning }) => {
        const shown = meaning === null ? after : `${after} = ${meaning}`;
        const flags = BigInt(after) & ~ARITHMETIC_FLAGS;
        const compared = FLAG_WORDS.includes(name) ? `${flags}` : this.#word(after, name);
        return [name, [shown, compared]] as const;
      }),
      // Resident memory depends on the machine.
      ...rows
        .filter(({ term }) => term !== "Resident")
        .map(({ term, value }) => {
          const isPid = PID_FIELDS.includes(term);
          return [
            term,
            [value, isPid ? this.#process(Number.parseInt(value, 10)) : value],
          ] as const;
        }),
    ]);
  }

  #process(pid: number): string {
    const lane = this.moments.lanesByPid.get(pid);
    return this.#names.get(lane?.id ?? "") ?? (pid === 0 ? "nobody" : "another process");
  }

  #word(text: string, register = ""): string {
    const word = BigInt(text);
    if (word >= LEAST_PID) {
      // A pid; or one that was negated, as a result is that `fail` exits with.
      for (const pid of [word, -BigInt.asIntN(64, word), -BigInt.asIntN(32, word)]) {
        const lane = this.moments.lanesByPid.get(Number(pid));
        if (lane !== undefined) return `${pid === word ? "" : "-"}${this.#names.get(lane.id)}`;
      }
    }
    if (register === this.moments.arch.PARENT && word >= LEAST_PID && word < MOST_PIDS)
      return "another process";
    if (word < LEAST_ADDRESS || word >= 1n << 63n) return text;
    for (const { name, base } of this.moments.recording.code) {
      const offset = word - BigInt(base);
      if (offset > -NEAR && offset < NEAR) return `${name} + ${offset}`;
    }
    return "address";
  }
}

function align(a: Reader, b: Reader): BesideRow[] {
  const rows: BesideRow[] = [];
  const compare = new Comparison(a, b);
  const [ours, theirs] = [a.steps.map((each) => a.key(each)), b.steps.map((each) => b.key(each))];
  let [i, j] = [0, 0];
  for (const [p, q] of [...matches(ours, theirs), [a.steps.length, b.steps.length] as const]) {
    const [skipped, added] = [a.steps.slice(i, p), b.steps.slice(j, q)];
    const alike = matches(
      skipped.map((each) => a.weakKey(each)),
      added.map((each) => b.weakKey(each)),
    );
    let [x, y] = [0, 0];
    for (const [s, t] of [...alike, [skipped.length, added.length] as const]) {
      for (; x < s || y < t; x++, y++) {
        const [left, right] = [x < s ? i + x : null, y < t ? j + y : null];
        rows.push({ relation: "apart", left, right, differences: [] });
      }
      [x, y] = [s + 1, t + 1];
      if (s < skipped.length) rows.push(compare.row(i + s, j + t));
    }
    if (p < a.steps.length && q < b.steps.length) rows.push(compare.row(p, q));
    [i, j] = [p + 1, q + 1];
  }
  return rows;
}

/** Compares steps that correspond, in their order. */
class Comparison {
  readonly #left: Reader;
  readonly #right: Reader;
  /** The differences that last, by lane and name. */
  readonly #lasting = new Map<string, string>();

  constructor(left: Reader, right: Reader) {
    this.#left = left;
    this.#right = right;
  }

  row(left: number, right: number): BesideRow {
    const [one, other] = [this.#left.steps[left], this.#right.steps[right]];
    const differences: Difference[] = [];
    if (one === undefined || other === undefined) throw new RangeError("no such step");
    const isSame = this.#left.key(one) === this.#right.key(other);
    if (!isSame) differences.push({ what: "title", left: one.title, right: other.title });
    const changed = new Set(
      [...this.#left.moments.changedAt(left), ...this.#right.moments.changedAt(right)].map(
        ({ name }) => name,
      ),
    );
    // Where the next instruction is says nothing if these are not the same.
    if (!isSame) {
      for (const { moments } of [this.#left, this.#right]) {
        changed.delete(moments.arch.INSTRUCTION_POINTER);
      }
    }
    const values = this.#right.values(right);
    for (const [what, [shown, compared]] of this.#left.values(left)) {
      const [otherShown, otherCompared] = values.get(what) ?? [shown, compared];
      const isRegister = /^[a-z]/.test(what);
      if (isRegister && !changed.has(what)) continue;
      if (!this.#isNew(`${one.about} ${what}`, compared, otherCompared)) continue;
      differences.push({ what, left: shown, right: otherShown });
    }
    return { relation: differences.length > 0 ? "alike" : "same", left, right, differences };
  }

  #isNew(name: string, left: string, right: string): boolean {
    const difference = left === right ? "" : `${left} ${right}`;
    const isNew = difference !== "" && this.#lasting.get(name) !== difference;
    this.#lasting.set(name, difference);
    return isNew;
  }
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
