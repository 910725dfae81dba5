/*
 * Reads verdicts that the probe has printed as KTAP (shim/probe/facts.c; Documentation/dev-tools/ktap.rst): a test for each
 * group, a subtest for each fact. Lines before a subtest have the fields that are not as expected, and the checks that were
 * skipped; all others hold. Messages of a kernel may stand between them.
 */

import type { CheckStatus } from "../../../lib/check.ts";
import { parseJson } from "../../../lib/shape.ts";
import { type Entry, entriesOf, entryOf, type ResultEntry } from "../log/entries.ts";
import type { Machine } from "../machine.ts";
import { loggedMachineShape } from "../machine.ts";
import { factOf } from "./arch.ts";
import { type Fact, REST } from "./fact.ts";
import { parseVerdict, type ToolVerdict } from "./profiles.ts";
import {
  type CheckResult,
  type Unmet,
  type Verdict,
  type VerdictLog,
  verdictOf,
} from "./verdict.ts";

const DIRECTIVES = { SKIP: "skipped", XFAIL: "known" } as const;
const CONTRADICTIONS = /^contradictions (\d{1,6})$/;
const UNMET = /^(known: )?(?:(.*): )?([^:]+): expected (.*?)(?:, got (.*)|, which is not reached)$/;
const SKIPPED = /^(?:(.*?): )?skipped: (.*)$/;

export function parseKtap(content: string): VerdictLog {
  const reader = new KtapReader();
  for (const entry of entriesOf(content)) reader.take(entry);
  return reader.end();
}

/** Reads a log line by line. */
export class KtapReader {
  machine: Machine | undefined;
  #known: string | undefined;
  #profile: ToolVerdict | undefined;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #onGroup: (verdicts: readonly Verdict[]) => void;
  #planned = 0;
  #lost = 0;
  /** The facts of the group that is read, and what is said of the next one. */
  #facts: ((group?: string) => Verdict)[] = [];
  #notes: string[] = [];

  /** @param onGroup is passed the facts of each group at its end */
  constructor(onGroup: (verdicts: readonly Verdict[]) => void = () => {}) {
    this.#onGroup = onGroup;
  }

  read(line: string): void {
    const entry = entryOf(line);
    if (entry !== undefined) this.take(entry);
  }

  take(entry: Entry): void {
    if (entry.is === "machine")
      this.machine ??= loggedMachineShape(parseJson(entry.text), "# machine");
    if (entry.is === "note" && entry.depth === 0) this.#profile ??= parseVerdict(entry.text);
    if (entry.is === "note" && entry.depth > 0) this.#notes.push(entry.text);
    if (entry.is === "plan" && entry.depth > 0) this.#planned = entry.tests;
    if (entry.is === "result" && entry.depth > 0) this.#readFact(entry);
    if (entry.is === "result" && entry.depth === 0 && this.#facts.length > 0)
      this.#endGroup(entry.name);
  }

  /** What was read. The kernel may have crashed in a group. */
  end(): VerdictLog {
    this.#endGroup();
    const verdicts = [...this.#verdicts.values()];
    const [known, profile, lost] = [this.#known, this.#profile, this.#lost];
    return { verdicts, machine: this.machine, known, profile, lost };
  }

  #readFact({ isOk, name, directive, reason }: ResultEntry): void {
    const outcome = isOk ? "held" : "failed";
    const status = directive === undefined ? outcome : DIRECTIVES[directive];
    if (status === "known") this.#known ??= reason.replace(/^known: /, "");
    const notes = this.#notes;
    this.#notes = [];
    this.#facts.push((group) => verdictOfNotes(factOf(name, group), status, reason, notes));
  }

  #endGroup(group?: string): void {
    const verdicts = this.#facts.map((of) => of(group));
    for (const verdict of verdicts) this.#verdicts.set(verdict.fact.name, verdict);
    this.#lost += Math.max(this.#planned - this.#facts.length, 0);
    [this.#facts, this.#notes, this.#planned] = [[], [], 0];
    if (verdicts.length > 0) this.#onGroup(verdicts);
  }
}

function verdictOfNotes(
  fact: Fact,
  status: CheckStatus,
  reason: string,
  notes: readonly string[],
): Verdict {
  const told = new Map<string, CheckResult>();
  for (const note of notes) {
    const it = checkOfNote(note, status);
    const unmet = [...(told.get(it?.name ?? "")?.unmet ?? []), ...(it?.unmet ?? [])];
    if (it !== undefined) told.set(it.name, { ...it, unmet });
  }
  // Of all checks together, the log may have no more than their result.
  if (![...told.values()].some((it) => it.status === status) && status !== "held")
    told.set("", { name: "", status, reason, unmet: [] });
  const [count] = notes.flatMap((note) => CONTRADICTIONS.exec(note)?.[1] ?? []);
  return verdictOf(fact, checksOf(fact, status, told), Number(count ?? 0));
}

/** Those that a log leaves out hold, unless the fact ended early. */
function checksOf(
  { checks }: Fact,
  status: CheckStatus,
  told: ReadonlyMap<string, CheckResult>,
): CheckResult[] {
  const all = status === "skipped" || told.has(REST) ? [] : checks.map(({ name }) => name);
  const names = [...all, ...[...told.keys()].filter((name) => !all.includes(name))];
  return (names.length === 0 ? [""] : names).map(
    (name) => told.get(name) ?? { name, status: "held", unmet: [] },
  );
}

function checkOfNote(note: string, fact: CheckStatus): CheckResult | undefined {
  const [, excused, name = "", field, expected = "", seen] = UNMET.exec(note) ?? [];
  if (field !== undefined) {
    const status = excused !== undefined || fact === "known" ? "known" : "failed";
    const unmet: Unmet = {
      field,
      expected: value(expected),
      seen: seen === undefined ? null : value(seen),
    };
    return { name, status, unmet: [unmet] };
  }
  const [, skipped = "", reason] = SKIPPED.exec(note) ?? [];
  return reason === undefined ? undefined : { name: skipped, status: "skipped", reason, unmet: [] };
}

/** Numbers of JSON are exact up to 2^53. */
const value = (text: string) =>
  /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text;
