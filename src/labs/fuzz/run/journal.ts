/*
 * The journal of a run, "stublab.fuzz-journal/1": a line of JSON for the run, and one for each round when it is over. A
 * run that is killed loses at most the round under way, which comes to the same when it is made again. A last line
 * that is not whole was never written.
 */

import { hex, InputError, StublabError } from "../../../lib/errors.ts";
import {
  count,
  list,
  members,
  nullable,
  oneOf,
  optional,
  parseJson,
  type Shape,
  table,
  text,
  truth,
} from "../../../lib/shape.ts";
import { formatCase, parseCase } from "../case/case.ts";
import { PATHS } from "../draw/arch.ts";
import type { KnownName } from "../known/arch.ts";
import type { Machine } from "../machine.ts";
import type { DifferenceKind } from "../predict/differences.ts";
import type { Change } from "../predict/model.ts";
import { formatPlant } from "../predict/plant.ts";
import { formatSignature } from "../predict/signature.ts";
import type { Counts } from "../predict/tally.ts";
import { ROUND, type Shard, shardShape } from "./round.ts";
import { type Entry, type FoundCase, type Plan, RunState, type Step } from "./run_state.ts";

const JOURNAL_SCHEMA = "stublab.fuzz-journal/1";

/** What makes cases: another generator makes others of the same seed. */
export const GENERATOR = 3;

const MOST_CASES = Number.MAX_SAFE_INTEGER;
const MOST = 10_000_000;

/** What all rounds of a run have in common. */
export interface Header extends Omit<Plan, "change" | "known"> {
  /** The properties of the machine on which a case or its outcome depends, a planted bug, and known deviations. */
  readonly machine: string;
  /** Why this version cannot continue the run; undefined if it can. */
  readonly foreign?: string | undefined;
}

/** A machine as the header has it, a bug in the model, and known deviations. */
export function describeMachine(
  { release, vendor, family, model, xstateLength }: Machine,
  change?: Change,
  known?: KnownName,
): string {
  const planted = change === undefined ? "" : `, planted: ${formatPlant(change)}`;
  const told = known === undefined ? "" : `, known: ${known}`;
  return `Linux ${release}, ${vendor} family ${family} model ${model}, XSAVE ${xstateLength}${planted}${told}`;
}

export function formatHeader({ seed, path, focus, machine }: Header): string {
  const version = { schema: JOURNAL_SCHEMA, generator: GENERATOR, round: ROUND };
  return line({ ...version, seed: hex(seed), path, focus, machine });
}

/** The line of a round. `partial`: the run ended within it, so it will be made again as a whole. */
export function formatStep(
  { from, to, counts, corpus, findings, given }: Step,
  partial = false,
): string {
  const entry = ({ signature, index, predicted, it }: Entry) => ({
    signature: formatSignature(signature),
    index: index < 0 ? null : index,
    ...(!predicted && { predicted }),
    case: formatCase(it),
  });
  return line({
    from,
    to,
    ...(partial && { partial }),
    ...(given !== undefined && { given }),
    ...counts,
    unpredicted: Object.fromEntries(counts.unpredicted),
    exercised: Object.fromEntries(counts.exercised),
    untried: counts.untried.size === 0 ? undefined : Object.fromEntries(counts.untried),
    corpus: corpus.map(entry),
    findings: findings.map(({ key, kind: { field, predicted, seen }, ...found }) => ({
      key: formatSignature(key),
      kind: { field, predicted: digits(predicted), seen: digits(seen) },
      ...entry(found),
    })),
  });
}

const digits = (number: bigint | null) => (number === null ? null : String(number));

/** The line from which on a run is a shard. */
export function formatShard(shard: Shard): string {
  return line({ shard });
}

const line = (document: object): string => `${JSON.stringify(document)}\n`;

export interface Journal {
  readonly header: Header | undefined;
  readonly state: RunState;
  /** What its last rounds found that will be made again. */
  readonly partial: Pick<Step, "corpus" | "findings">;
  /** Where the last of them ended. */
  readonly partialTo: number | null;
  /** The rounds of the shard that it is. */
  readonly own: readonly Step[];
  /** Bytes of all lines that are whole, and of those before it became a shard. */
  readonly length: number;
  readonly baseLength: number | null;
}

/**
 * Reads a journal.
 *
 * @param place what errors call it
 * @throws InputError that names the line, and what is wrong there
 */
export function parseJournal(content: Buffer, place: string): Journal {
  const length = content.lastIndexOf("\n") + 1;
  const lines = content.toString("utf8", 0, length).split("\n").slice(0, -1);
  const state = new RunState();
  const partial: { corpus: Entry[]; findings: FoundCase[] } = { corpus: [], findings: [] };
  const own: Step[] = [];
  let header: Header | undefined;
  let partialTo: number | null = null;
  let baseLength: number | null = null;
  let at = 0;
  for (const [i, each] of lines.entries()) {
    inPlace(`${place}, line ${i + 1}`, () => {
      const document = parseJson(each);
      const read = members(document, "");
      if (i === 0) header = parseHeader(read);
      else {
        const shard = read("shard", optional(shardShape));
        if (shard !== undefined) {
          baseLength = at;
          state.become(shard);
          return;
        }
        const step = parseStep(read);
        if (read("partial", optional(truth)) === true) {
          partial.corpus.push(...step.corpus);
          partial.findings.push(...step.findings);
          partialTo = step.to;
        } else {
          state.add(step);
          if (state.shard !== null) own.push(step);
          partialTo = null;
        }
      }
    });
    at += Buffer.byteLength(each) + 1;
  }
  return { header, state, partial, own, partialTo, length, baseLength };
}

type Read = ReturnType<typeof members>;

function parseHeader(read: Read): Header {
  read("schema", oneOf([JOURNAL_SCHEMA]));
  const numbers = [["generator", GENERATOR] as const, ["round", ROUND] as const];
  const [other] = numbers
    .map(([name, own]) => ({ name, own, theirs: read(name, count(MOST)) }))
    .filter(({ own, theirs }) => own !== theirs);
  return {
    ...(other !== undefined && {
      foreign: `${other.name}: this stublab has ${other.own}, and the run was made with ${other.theirs}`,
    }),
    seed: BigInt(read("seed", text)),
    path: read("path", oneOf(PATHS)),
    focus: read("focus", optional(text)),
    machine: read("machine", text),
  };
}

function parseStep(read: Read): Step {
  const entry: Shape<Entry> = (value, place) => {
    const its = members(value, place);
    return {
      signature: its("signature", signatureShape),
      index: its("index", nullable(count(MOST_CASES))) ?? -1,
      predicted: its("predicted", optional(truth)) ?? true,
      it: its("case", (document, where) => inPlace(where, () => parseCase(document))),
    };
  };
  const found: Shape<FoundCase> = (value, place) => {
    const its = members(value, place);
    return {
      ...entry(value, place),
      key: its("key", signatureShape),
      kind: its("kind", kindShape),
    };
  };
  const counts: Counts = {
    cases: read("cases", count(MOST_CASES)),
    deaths: read("deaths", count(MOST_CASES)),
    hangs: read("hangs", count(MOST_CASES)),
    unpredicted: read("unpredicted", byRule),
    // Journals of earlier versions lack them.
    exercised: read("exercised", optional(byRule)) ?? new Map(),
    untried: read("untried", optional(byRule)) ?? new Map(),
  };
  const given = read("given", optional(list(text, MOST)));
  return {
    ...(given !== undefined && { given }),
    from: read("from", count(MOST_CASES)),
    to: read("to", count(MOST_CASES)),
    counts,
    corpus: read("corpus", list(entry, MOST)),
    findings: read("findings", list(found, MOST)),
  };
}

const byRule: Shape<Map<string, number>> = (value, place) =>
  new Map(Object.entries(table(count(MOST_CASES), 1000)(value, place)));

const signatureShape: Shape<number> = (value, place) => {
  const digits = text(value, place);
  if (/^[0-9a-f]{14}$/.test(digits)) return Number(`0x${digits}`);
  throw new InputError(`${place}: expected a signature of 14 hex digits`);
};

const kindShape: Shape<DifferenceKind> = (value, place) => {
  const its = members(value, place);
  return {
    field: its("field", text),
    predicted: its("predicted", nullable(numberShape)),
    seen: its("seen", nullable(numberShape)),
  };
};

const numberShape: Shape<bigint> = (value, place) => {
  const digits = text(value, place);
  if (/^-?\d{1,20}$/.test(digits)) return BigInt(digits);
  throw new InputError(`${place}: expected a number in decimal digits`);
};

/** Puts a place before what an error says, and a remedy behind it where it has none. */
export function inPlace<T>(place: string, read: () => T, otherwise?: string): T {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const own = cause instanceof StublabError ? cause.remedy : undefined;
    const remedy = own ?? otherwise;
    throw new InputError(`${place}: ${why}`, { cause, ...(remedy !== undefined && { remedy }) });
  }
}
