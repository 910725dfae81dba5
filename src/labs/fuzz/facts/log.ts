/*
 * Reads verdicts back: from KTAP, a file or what the console of a probe has shown, with messages of its kernel; or from a
 * document "stublab.conformance/2".
 */

import { type CheckStatus, STATUSES } from "../../../lib/check.ts";
import { InputError } from "../../../lib/errors.ts";
import {
  list,
  members,
  nameOrNumber,
  nullable,
  oneOf,
  optional,
  parseJson,
  record,
  type Shape,
  count as shapeOfCount,
  text,
} from "../../../lib/shape.ts";
import type { Machine } from "../machine.ts";
import { loggedMachineShape, machineDocument } from "../machine.ts";
import { allFacts } from "./arch.ts";
import { type Fact, REST } from "./fact.ts";
import { type CheckResult, type Unmet, type Verdict, verdictOf } from "./verdict.ts";

export interface VerdictLog {
  readonly verdicts: readonly Verdict[];
  /** Undefined if the log does not have it. */
  readonly machine: Machine | undefined;
  /** The list that excuses those that are known to fail, as the log names it. */
  readonly known?: string | undefined;
  /** Facts that the log announces and does not have. */
  readonly lost: number;
}

/** The machine as a line of a log. */
export function machineLine(machine: Machine): string {
  return `# machine ${JSON.stringify(machineDocument(machine))}`;
}

/** @throws InputError if there are no facts in it */
export function parseVerdicts(content: string): VerdictLog {
  const log = content.trimStart().startsWith("{") ? parseDocument(content) : parseKtap(content);
  if (log.verdicts.length > 0) return log;
  throw new InputError("there are no facts", {
    remedy:
      "expected the output of probe conformance, or what stublab conformance --ktap or --json writes",
  });
}

const MACHINE = /^# machine (\{.*\})$/;
const PLAN = /^ {2,}1\.\.(\d{1,6})$/;
const NOTE = /^ {2,}# (.*)$/;
const FACT = /^ {2,}(not ok|ok) \d+ (.*)$/;
const GROUP = /^(?:not ok|ok) \d+ (.*)$/;
const PARTLY = /^(\d{1,6}) checks? skipped: (.*)$/;
/** What the probe says with --details. */
const CHECK = /^check (\{.*\})$/;
const CONTRADICTIONS = /^contradictions (\d{1,6})$/;
const FAILURE =
  /^(?:(.*): )?([^:]+): expected (.*?)(?:, got (.*?)|, which is not reached)(?:; (\d{1,6}) more fields?)?$/;

/** What a log says of a fact. */
interface Told {
  readonly name: string;
  readonly status: CheckStatus;
  readonly reason: string;
  readonly notes: readonly string[];
}

function parseKtap(content: string): VerdictLog {
  const reader = new KtapReader();
  for (const line of content.split(/[\r\n]+/)) reader.read(line);
  return reader.end();
}

/** Reads a log line by line. */
export class KtapReader {
  machine: Machine | undefined;
  #known: string | undefined;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #onGroup: (verdicts: readonly Verdict[]) => void;
  #planned = 0;
  #lost = 0;
  #told: Told[] = [];
  #notes: string[] = [];

  /** @param onGroup is passed the facts of each group at its end */
  constructor(onGroup: (verdicts: readonly Verdict[]) => void = () => {}) {
    this.#onGroup = onGroup;
  }

  read(line: string): void {
    const [, document] = MACHINE.exec(line) ?? [];
    if (document !== undefined)
      this.machine ??= loggedMachineShape(parseJson(document), "# machine");
    const [, plan] = PLAN.exec(line) ?? [];
    if (plan !== undefined) this.#planned = Number(plan);
    const [, note] = NOTE.exec(line) ?? [];
    if (note !== undefined) this.#notes.push(note);
    const fact = parseFact(line, this.#notes);
    if (fact !== undefined) {
      this.#told.push(fact);
      if (fact.status === "known") this.#known ??= plain(fact.reason);
      this.#notes = [];
    }
    const [, group] = GROUP.exec(line) ?? [];
    if (group !== undefined && this.#told.length > 0) this.#endGroup(plain(group));
  }

  /** What was read. The kernel may have crashed in a group. */
  end(): VerdictLog {
    this.#endGroup();
    const verdicts = [...this.#verdicts.values()];
    return { verdicts, machine: this.machine, known: this.#known, lost: this.#lost };
  }

  #endGroup(group?: string): void {
    const verdicts = this.#told.map((each) => verdictOfLog(each, group));
    for (const verdict of verdicts) this.#verdicts.set(verdict.fact.name, verdict);
    this.#lost += Math.max(this.#planned - this.#told.length, 0);
    [this.#told, this.#notes, this.#planned] = [[], [], 0];
    if (verdicts.length > 0) this.#onGroup(verdicts);
  }
}

function parseFact(line: string, notes: readonly string[]): Told | undefined {
  const [, result, rest] = FACT.exec(line) ?? [];
  if (rest === undefined) return undefined;
  const [name = "", directive, reason] = rest.split(/(?<!\\) # (SKIP|XFAIL known:) ?/, 3);
  const outcome = result === "ok" ? "held" : "failed";
  const status = directive === undefined ? outcome : directive === "SKIP" ? "skipped" : "known";
  return { name: plain(name), status, reason: reason ?? "", notes };
}

/** A name without the escapes of number signs. */
function plain(text: string): string {
  return text.replaceAll("\\#", "#").trimEnd();
}

function verdictOfLog({ name, status, reason, notes }: Told, group?: string): Verdict {
  const fact = factOf(name, group);
  const checks = notes.flatMap((note) => {
    const [, check] = CHECK.exec(note) ?? [];
    return check === undefined ? [] : [checkShape(parseJson(check), "# check")];
  });
  if (checks.length > 0) {
    const [, count] = notes.map((note) => CONTRADICTIONS.exec(note)).find(Boolean) ?? [];
    return verdictOf(fact, checks, Number(count ?? 0));
  }
  if (status === "skipped") {
    return verdictOf(fact, [{ name: "", status, reason, unmet: [] }], 0);
  }
  const skipped = notes.flatMap((note): CheckResult[] => {
    const [, count, why] = PARTLY.exec(note) ?? [];
    const one: CheckResult = { name: "", status: "skipped", reason: why ?? "", unmet: [] };
    return Array.from({ length: Number(count ?? 0) }, () => one);
  });
  const failed = status === "held" ? [] : notes.flatMap((note) => failureOf(note, status) ?? []);
  // What did not hold may have said nothing.
  if (status !== "held" && failed.length === 0) failed.push({ name: "", status, unmet: [] });
  return verdictOf(fact, [...failed, ...heldChecks(fact, failed, skipped.length), ...skipped], 0);
}

function failureOf(note: string, status: CheckStatus): CheckResult | undefined {
  const [, name = "", field, expected = "", seen, more] = FAILURE.exec(note) ?? [];
  if (field === undefined) return undefined;
  const unmet: Unmet = { field, expected, seen: seen ?? null };
  return { name, status, unmet: [unmet], ...(more && { more: Number(more) }) };
}

/** The checks of which a log says nothing: they hold. */
function heldChecks(
  fact: Fact,
  failed: readonly CheckResult[],
  skipped: number,
): readonly CheckResult[] {
  const held = (name: string): CheckResult => ({ name, status: "held", unmet: [] });
  const names = new Set(failed.map(({ name }) => name));
  if (fact.checks.length === 0 || names.has(REST)) return failed.length > 0 ? [] : [held("")];
  const others = fact.checks.filter(({ name }) => !names.has(name));
  // Which of them were skipped is not known.
  if (skipped > 0) return others.slice(skipped).map(() => held(""));
  return others.map(({ name }) => held(name));
}

/** The fact of a name; one that this version does not have has no more than that. */
function factOf(name: string, group?: string): Fact {
  const known = allFacts().find((fact) => fact.name === name);
  if (known !== undefined) return known;
  return { name, group: group ?? "unknown facts", source: "", rules: [], checks: [] };
}

// ---- "stublab.conformance/2" ----

const MOST = 1_000_000;

const unmetShape: Shape<Unmet> = record({
  field: text,
  expected: nameOrNumber,
  seen: nullable(nameOrNumber),
});

const checkShape: Shape<CheckResult> = (value, place) => {
  const read = members(value, place);
  const more = read("more", optional(shapeOfCount(MOST)));
  return {
    name: read("name", text),
    status: read("status", oneOf(STATUSES)),
    reason: read("reason", optional(text)),
    unmet: read("unmet", optional(list(unmetShape, MOST))) ?? [],
    ...(more !== undefined && { more }),
  };
};

const verdictShape: Shape<Verdict> = (value, place) => {
  const read = members(value, place);
  const fact = factOf(read("name", text), read("group", text));
  const contradictions = read("contradictions", optional(shapeOfCount(MOST))) ?? 0;
  return verdictOf(fact, read("checks", list(checkShape, MOST)), contradictions);
};

function parseDocument(content: string): VerdictLog {
  const read = members(parseJson(content), "");
  read("schema", oneOf(["stublab.conformance/2"]));
  const machine = read("machine", nullable(loggedMachineShape)) ?? undefined;
  return { verdicts: read("facts", list(verdictShape, MOST)), machine, lost: 0 };
}
