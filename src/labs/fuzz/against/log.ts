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

/** A field that differs; words of 32 bits have no sign. */
export interface LoggedField {
  readonly field: string;
  readonly predicted: bigint;
  readonly seen: bigint;
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

// Something may stand before a line, such as a time, and a message of the kernel after it.
const HEADER = /# outcomes (\{.*\})/;
const LINE =
  /# (\d{1,16}) (0x[0-9a-f]{1,14}|-) (\d{1,2})((?: \w+(?:\.\w+)? 0x[0-9a-f]{1,16} 0x[0-9a-f]{1,16})+)/;
const FIELD = / (\S+) (0x\S+) (0x[0-9a-f]+)/g;
const UNTRIED = /# (\d{1,16}) untried: ([^:]{1,100}: (?:E[A-Z0-9]+|-?\d+))/;
const MARK = /# at (\d{1,16}): (\d{1,16}) differ(?:, (\d{1,16}) untried)?/;

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
  for (const each of content.split(/[\r\n]+/)) {
    const [, document] = HEADER.exec(each) ?? [];
    if (document !== undefined) {
      if (header !== undefined) {
        throw new InputError("there are the outcomes of more than one run", {
          remedy: "leave the lines of one run, from its header # outcomes {…} on",
        });
      }
      header = inPlace("# outcomes", () => parseHeader(document));
    }
    if (header === undefined) continue;
    const [, at, differ, some = 0] = MARK.exec(each) ?? [];
    if (at !== undefined) [done, total] = [Number(at), Number(differ) + Number(some)];
    const [, index, reason] = UNTRIED.exec(each) ?? [];
    if (reason !== undefined) untried.set(Number(index), reason);
    const line = parseLine(each);
    if (line !== undefined) lines.set(line.index, line);
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

/** Undefined for anything else, and for a line into which a message was written. */
function parseLine(text: string): OutcomeLine | undefined {
  const [, index, hash = "-", count, differing = ""] = LINE.exec(text) ?? [];
  if (index === undefined) return undefined;
  const fields = [...differing.matchAll(FIELD)].map(
    ([, field = "", predicted = "0", seen = "0"]) => {
      return { field, predicted: BigInt(predicted), seen: BigInt(seen) };
    },
  );
  if (fields.length !== Number(count)) return undefined;
  return { index: Number(index), hash: hash === "-" ? null : Number(hash), fields };
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
