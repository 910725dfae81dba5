/*
 * The outcomes of a run as a log, "stublab.outcomes/1". A case whose outcome is the predicted one has no line: who knows
 * the machine can predict it again. The probe prints it, on this machine, too (shim/probe/outcomes.c): each line is a comment of
 * KTAP, and messages of a kernel may stand between them:
 *
 *     # outcomes {"schema":"stublab.outcomes/1","seed":"0x1",…}
 *     # 17 0x3a64d10f2ab1c 1 stopped.ds 0x0 0x3     case, hash of the outcome, fields that differ: predicted, seen
 *     # 204 - 1 status 0x57f 0xb7f                  another outcome at each attempt
 *     # 311 untried: PTRACE_SYSEMU is refused: EIO   it could not be set up
 *     # at 4096: 2 differ, 1 untried                so far
 */

import { InputError } from "../../../lib/errors.ts";
import {
  count,
  hexWord,
  inPlace,
  members,
  nullable,
  oneOf,
  optional,
  parseJson,
  text,
} from "../../../lib/shape.ts";
import { PATHS, type Path } from "../draw/arch.ts";
import { exactly, GENERATOR } from "../draw/generate.ts";
import { type KnownName, knownShape } from "../known/arch.ts";
import { entriesOf, type LoggedField } from "../log/entries.ts";
import { loggedMachineShape, type Machine } from "../machine.ts";

const SCHEMA = "stublab.outcomes/1";

/** What a run of cases without a corpus depends on. Case i is a function of it and i. */
export interface Stream {
  readonly seed: bigint;
  readonly path: Path;
  /** A list of known deviations: the model predicts them, and cases that the machine cannot bear are others. */
  readonly known?: KnownName | undefined;
}

export interface OutcomeHeader extends Stream {
  /** Null if time ends the run. */
  readonly cases: number | null;
  /** A bug in the model, as `--plant` takes it. */
  readonly planted: string | null;
  readonly machine: Machine;
}

/** A case whose outcome contradicts its prediction. */
export interface OutcomeLine {
  readonly index: number;
  /** Of the outcome as far as its prediction determines it (Model.hash); null if it is another at each attempt. */
  readonly hash: number | null;
  /** In the order of events, up to where the case goes another way. */
  readonly fields: readonly LoggedField[];
}

export interface OutcomeLog extends OutcomeHeader {
  readonly lines: ReadonlyMap<number, OutcomeLine>;
  /** Cases that could not be set up, and why. */
  readonly untried: ReadonlyMap<number, string>;
  /** Cases up to the last mark. */
  readonly done: number;
  /** Lines that are missing or damaged. */
  readonly lost: number;
}

/**
 * Reads a log: a file, or what the console of a probe has shown.
 *
 * @throws InputError without a header, or with more than one
 */
export function parseOutcomes(content: string): OutcomeLog {
  let header: OutcomeHeader | undefined;
  const lines = new Map<number, OutcomeLine>();
  const untried = new Map<number, string>();
  let [done, total] = [0, 0];
  for (const entry of entriesOf(content)) {
    if (entry.is === "outcomes") {
      if (header !== undefined) {
        throw new InputError("there are the outcomes of more than one run", {
          remedy: "leave the lines of one run, from its header # outcomes {…} on",
        });
      }
      header = inPlace("# outcomes", () => parseHeader(entry.text));
    }
    if (header === undefined) continue;
    if (entry.is === "mark") [done, total] = [entry.done, entry.lines];
    if (entry.is === "untried") untried.set(entry.index, entry.reason);
    if (entry.is === "outcome") lines.set(entry.index, entry);
  }
  if (header === undefined) {
    throw new InputError("there are no outcomes of a run: a line # outcomes {…} is missing", {
      remedy: "stublab fuzz --outcomes FILE writes them, and probe fuzz --outcomes prints them",
    });
  }
  const marked = {
    lines: new Map([...lines].filter(([index]) => index < done)),
    untried: new Map([...untried].filter(([index]) => index < done)),
  };
  const lost = total - marked.lines.size - marked.untried.size;
  return { ...header, ...marked, done, lost: Math.max(lost, 0) };
}

function parseHeader(document: string): OutcomeHeader {
  const read = members(parseJson(document), "");
  read("schema", oneOf([SCHEMA]));
  read("generator", exactly(GENERATOR));
  return {
    seed: BigInt(read("seed", hexWord)),
    path: read("path", oneOf(PATHS)),
    cases: read("cases", nullable(count(Number.MAX_SAFE_INTEGER))),
    planted: read("planted", nullable(text)),
    known: read("known", optional(nullable(knownShape))) ?? undefined,
    machine: read("machine", loggedMachineShape),
  };
}
