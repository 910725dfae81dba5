// Two recordings beside each other: which step of one is the same as which of the other, and where they part.

import { openAssemblyEncoder } from "../../core/encoder/assembly.ts";
import { countsOf } from "../../lib/group.ts";
import { Annotator, LEAST_PID } from "./annotate.ts";
import { expectRecording } from "./load.ts";
import { Moments } from "./moment.ts";
import type { Recording } from "./recording.ts";

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

/** The most pairs of steps that are searched for what is alike after the parting. */
const MOST_PAIRS = 1 << 24;

/** The lowest word that counts as an address. Two recordings have other addresses, so all are equal. */
const LEAST_ADDRESS = 1n << 32n;

/** The fields of /proc that are pids. */
const PID_FIELDS: readonly string[] = ["PPid", "TracerPid", "Sid"];

/**
 * Aligns the steps of two recordings. Steps are the same if kind, lane and title agree, and what they changed in
 * registers and /proc; pids are compared by their lanes, and addresses outside the code not at all. Lanes correspond if
 * their names are equal; of the others, the ones that most steps are about.
 *
 * @throws InputError if one is not a recording
 */
export function alignRecordings(left: Recording, right: Recording): Beside {
  expectRecording(left);
  expectRecording(right);
  const lanes = pairLanes(left, right);
  const names = lanes.map(({ left, right }) => left ?? `${right} of the right`);
  const a = new Side(left, new Map(lanes.map((pair, i) => [pair.left, names[i] ?? ""])));
  const b = new Side(right, new Map(lanes.map((pair, i) => [pair.right, names[i] ?? ""])));
  const rows: BesideRow[] = [];
  let [x, y] = [0, 0];
  const ends = [a.keys.length, b.keys.length] as const;
  for (const [i, j] of [...alike(a.keys, b.keys), ends]) {
    for (; x < i || y < j; x++, y++) {
      const [left, right] = [x < i ? x : null, y < j ? y : null];
      rows.push({ relation: "apart", left, right, differences: [] });
    }
    [x, y] = [i + 1, j + 1];
    if (i === ends[0]) break;
    const differences = differencesOf(a.valuesAt(i), b.valuesAt(j));
    rows.push({ relation: differences[0] ? "alike" : "same", left: i, right: j, differences });
  }
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
  const others = ({ lanes, steps }: Recording, of: Recording) => {
    const counts = countsOf(steps.map(({ about }) => about));
    const known = new Set(of.lanes.map(({ id }) => id));
    const free = lanes.map(({ id }) => id).filter((id) => !known.has(id));
    return free.toSorted((one, other) => (counts.get(other) ?? 0) - (counts.get(one) ?? 0));
  };
  const [ours, theirs] = [others(left, right), others(right, left)];
  const pairs = left.lanes.map(({ id }) => {
    const rank = ours.indexOf(id);
    return { left: id, right: rank < 0 ? id : (theirs[rank] ?? null) };
  });
  return [...pairs, ...theirs.slice(ours.length).map((id) => ({ left: null, right: id }))];
}

/** A register, a field of /proc or a title after a step: as it is shown and compared, and whether the step has changed it. */
type Value = readonly [shown: string, compared: string, changed: boolean];

/** One of the two, with lanes by the names that they have in common. */
class Side {
  readonly #moments: Moments;
  readonly #names: ReadonlyMap<string | null, string>;
  readonly #annotator: Annotator;
  /** What must be equal for steps to be alike: a call of the same name, or a title that differs in numbers only. */
  readonly keys: readonly string[];

  constructor(recording: Recording, names: ReadonlyMap<string | null, string>) {
    const { constants } = openAssemblyEncoder(recording.machine.arch);
    this.#moments = new Moments(recording);
    this.#annotator = new Annotator(this.#moments, constants);
    this.#names = names;
    this.keys = recording.steps.map(({ kind, lane, about, call, title }) => {
      const request = kind === "ptrace" ? call?.arguments[0]?.told : "";
      const event = call === null ? title.replace(/\d\w*/g, "") : `${call.name} ${request}`;
      return `${kind} ${names.get(lane)} ${names.get(about)} ${event}`;
    });
  }

  /** A text in which pids, also negated ones, are lanes, and addresses have no values. */
  told(text: string, isPid = false): string {
    return text.replace(/\b(?:0x[\da-f]+|\d+)\b/g, (number) => {
      const word = BigInt(number);
      if (word < LEAST_PID) return number;
      const lanes = this.#moments.lanesByPid;
      const lane = lanes.get(Number(word)) ?? lanes.get(Number(LEAST_ADDRESS - word));
      if (lane !== undefined) return this.#names.get(lane.id) ?? "";
      return isPid ? "another process" : word < LEAST_ADDRESS ? number : "address";
    });
  }

  valuesAt(index: number): Map<string, Value> {
    const values = new Map<string, Value>();
    const { arch, recording } = this.#moments;
    const step = recording.steps[index];
    if (step === undefined) return values;
    const { about, title, kernel } = step;
    values.set("title", [title, this.told(title), true]);
    const moment = this.#moments.at(index);
    const registers = moment.subject === about ? this.#annotator.registers(moment) : [];
    for (const { name, after, meaning, changed } of registers) {
      const flags = `${BigInt(after) & ~arch.ARITHMETIC_FLAGS}`;
      const told = meaning ?? `${BigInt.asIntN(64, BigInt(after))}`;
      const compared = this.told(told, name === arch.PARENT);
      const shown = meaning === null ? after : `${after} = ${meaning}`;
      values.set(name, [shown, arch.FLAG_WORDS.includes(name) ? flags : compared, changed]);
    }
    if (kernel === null) return values;
    const known = this.#moments.lane(about, index);
    for (const { term, value, before, changed } of this.#annotator.kernelRows(known, index)) {
      const compared = this.told(value, PID_FIELDS.includes(term));
      // Resident memory depends on the machine.
      if (term !== "Resident") values.set(term, [value, compared, changed || before === null]);
    }
    return values;
  }
}

/** What one of the steps has changed, and what is not the same after it. */
function differencesOf(
  one: ReadonlyMap<string, Value>,
  other: ReadonlyMap<string, Value>,
): Difference[] {
  return [...one].flatMap(([what, [left, compared, changed]]) => {
    const [right, otherCompared, otherChanged] = other.get(what) ?? [left, compared, changed];
    return compared !== otherCompared && (changed || otherChanged) ? [{ what, left, right }] : [];
  });
}

/** The longest common subsequence of two lists, as pairs of indices; of very long ones, what they begin with. */
function alike(left: readonly string[], right: readonly string[]): [number, number][] {
  const pairs: [number, number][] = [];
  let [i, j] = [0, 0];
  while (i < left.length && left[i] === right[j]) pairs.push([i++, j++]);
  const [start, width] = [i, right.length - i + 1];
  if (width * (left.length - i + 1) > MOST_PAIRS) return pairs;
  // How many pairs are possible from two indices on.
  const most = new Uint32Array(width * (left.length - i + 1));
  const at = (x: number, y: number) => (x - start) * width + y - start;
  const from = (x: number, y: number) => most[at(x, y)] ?? 0;
  for (let x = left.length - 1; x >= start; x--) {
    for (let y = right.length - 1; y >= start; y--) {
      const less = Math.max(from(x + 1, y), from(x, y + 1));
      most[at(x, y)] = left[x] === right[y] ? 1 + from(x + 1, y + 1) : less;
    }
  }
  while (i < left.length && j < right.length) {
    if (left[i] === right[j]) pairs.push([i++, j++]);
    else if (from(i + 1, j) >= from(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}
