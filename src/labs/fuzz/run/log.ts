/*
 * The log of a run, "stublab.fuzz-log/1": a line of JSON for the run, and one for each round that is done, in any order. A
 * run that is killed loses the rounds under way. A last line that is not whole was never written.
 */

import { hex, InputError } from "../../../lib/errors.ts";
import {
  count,
  hexWord,
  inPlace,
  list,
  members,
  nullable,
  oneOf,
  record,
  type Shape,
  table,
  text,
} from "../../../lib/shape.ts";
import { signed } from "../case/fields.ts";
import { formatCase, parseCase } from "../case/text.ts";
import { PATHS } from "../draw/arch.ts";
import { exactly, GENERATOR } from "../draw/generate.ts";
import { knownShape } from "../known/arch.ts";
import { loggedMachineShape, type Machine, machineDocument } from "../machine.ts";
import { formatPlant, parsePlant } from "../predict/plant.ts";
import type { Counts, FoundCase, Plan, Round, SeenKind } from "./state.ts";

const SCHEMA = "stublab.fuzz-log/1";

/** Cases of a round, which one process tries. */
export const ROUND = 16_384;

/** What all rounds of a run have in common. */
export interface LoggedRun extends Plan {
  readonly machine: Machine;
}

export function formatRun({ seed, path, focus, change, known, machine }: LoggedRun): string {
  return line({
    ...{ schema: SCHEMA, generator: GENERATOR, round: ROUND, seed: hex(seed), path },
    focus: focus ?? null,
    planted: change === undefined ? null : formatPlant(change),
    known: known ?? null,
    machine: machineDocument(machine),
  });
}

/** Reads the first line of a log. @throws InputError also if another version began the run */
export function parseRun(document: unknown): LoggedRun {
  const read = members(document, "");
  read("schema", oneOf([SCHEMA]));
  read("generator", exactly(GENERATOR));
  read("round", exactly(ROUND));
  const planted = read("planted", nullable(text));
  return {
    seed: read("seed", wordShape),
    path: read("path", oneOf(PATHS)),
    focus: read("focus", nullable(text)) ?? undefined,
    change: planted === null ? undefined : parsePlant(planted),
    known: read("known", nullable(knownShape)) ?? undefined,
    machine: read("machine", loggedMachineShape),
  };
}

/** Refuses to take two runs for one. @throws InputError that says what each has, after `there` */
export function expectSame(there: string, theirs: LoggedRun, own: LoggedRun): void {
  const [one, other] = [theirs, own].map(traitsOf);
  const k = one?.findIndex((trait, i) => trait !== other?.[i]) ?? -1;
  if (k < 0) return;
  throw new InputError(`${there} has a run with ${one?.[k]}, and this is one with ${other?.[k]}`, {
    remedy: "name another folder",
  });
}

function traitsOf({ seed, path, focus, change, known, machine }: LoggedRun): string[] {
  // The page of the stub code is chosen anew in each process.
  const { release, vendor, family, model, stubCode: _, ...rest } = machineDocument(machine);
  return [
    `seed ${seed}`,
    `path ${path}`,
    focus === undefined ? "no focus" : `focus ${focus}`,
    change === undefined ? "no planted bug" : `planted: ${formatPlant(change)}`,
    known === undefined ? "no list of known deviations" : `known: ${known}`,
    `Linux ${release}, ${vendor} family ${family} model ${model}`,
    JSON.stringify(rest),
  ];
}

const line = (document: object): string => `${JSON.stringify(document)}\n`;

/** A round as a line. Maps are sorted, so that the same counts are the same text. */
export function formatRound({ from, to, counts, signatures, findings, once }: Round): string {
  const { unpredicted, exercised, untried, ...numbers } = counts;
  const table = (of: ReadonlyMap<string, number>) =>
    Object.fromEntries([...of].sort(([a], [b]) => (a < b ? -1 : 1)));
  return line({
    ...{ from, to, ...numbers },
    ...{ unpredicted: table(unpredicted), exercised: table(exercised), untried: table(untried) },
    signatures: signatures.map(({ signature, index }) => [hex(BigInt(signature)), index]),
    ...{ once: once.map(foundRow), findings: findings.map(foundRow) },
  });
}

const foundRow = ({ key, index, rule, first: { field, predicted, seen }, it }: FoundCase) => ({
  ...{ index, kind: hex(BigInt(key)), rule, field, predicted: hex(predicted), seen: hex(seen) },
  case: formatCase(it),
});

const number = count(Number.MAX_SAFE_INTEGER);
const MOST = 1_000_000;

/** Reads a round, as a log has it, or as the probe answers. */
export const roundShape: Shape<Round> = (value, place) => ({
  counts: countsShape(value, place),
  ...membersOfRound(value, place),
});

const tally: Shape<Map<string, number>> = (value, place) =>
  new Map(Object.entries(table(number, 1000)(value, place)));

const countsShape: Shape<Counts> = record({
  ...{ cases: number, deaths: number, hangs: number, unconfirmed: number },
  ...{ unpredicted: tally, exercised: tally, untried: tally },
});

const wordShape: Shape<bigint> = (value, place) => BigInt(hexWord(value, place));

const kindShape: Shape<SeenKind> = (value, place) => {
  const [signature, index] = list<unknown>((each) => each, 2)(value, place);
  return {
    signature: Number(wordShape(signature, `${place}[0]`)),
    index: number(index, `${place}[1]`),
  };
};

const foundShape: Shape<FoundCase> = (value, place) => {
  const read = members(value, place);
  const field = read("field", text);
  const word = (name: string) => signed(field, read(name, wordShape));
  return {
    key: Number(read("kind", wordShape)),
    index: read("index", number),
    rule: read("rule", nullable(text)),
    it: read("case", (document, where) => inPlace(where, () => parseCase(document))),
    first: { field, predicted: word("predicted"), seen: word("seen") },
  };
};

const membersOfRound = record({
  ...{ from: number, to: number, signatures: list(kindShape, MOST) },
  ...{ findings: list(foundShape, MOST), once: list(foundShape, MOST) },
});
