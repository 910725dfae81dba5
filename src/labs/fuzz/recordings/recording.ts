/*
 * A recording: cases with their outcomes on one machine, "stublab.recorded-outcomes/1" (docs/fuzzing.md). It is lines
 * of JSON: the machine, then a line for each case. It depends on neither the generator nor the model.
 */

import { gunzipSync } from "node:zlib";
import type { Arch } from "../../../core/machine/index.ts";
import { InputError } from "../../../lib/errors.ts";
import { excess } from "../../../lib/input.ts";
import {
  inPlace,
  type Members,
  members,
  oneOf,
  optional,
  parseJson,
  text,
} from "../../../lib/shape.ts";
import { DEFAULT_ARCH } from "../case/arch.ts";
import type { Case } from "../case/case.ts";
import type { Fields } from "../case/fields.ts";
import { formatCase, parseCase } from "../case/text.ts";
import { type KnownName, knownShape } from "../known/arch.ts";
import type { Machine } from "../machine.ts";
import { loggedMachineShape, machineDocument } from "../machine.ts";
import { formatSeen, parseSeen } from "./outcome_document.ts";

const SCHEMA = "stublab.recorded-outcomes/1";

/** Bytes of all lines, and of each. */
export const MOST_BYTES = 1 << 28;
const LINE_LIMIT = { most: 1 << 16, of: "a line" };
const MOST_CASES = 50_000;
const GZIP_MAGIC = [0x1f, 0x8b];
const LINE_FEED = 0x0a;

/** What the first line has. */
export interface RecordingHeader {
  readonly machine: Machine;
  /** The list of deviations that the machine is known to have. */
  readonly known?: KnownName | undefined;
  /** Where it comes from, in a sentence. */
  readonly about?: string | undefined;
}

/** A case, and the fields of its outcome that were the same in two stubs. */
export interface RecordedCase {
  readonly it: Case;
  readonly seen: Fields;
}

/** The text of a recording. Lines of cases are in an order in which similar ones are together, which gzip likes. */
export function formatRecording(
  { machine, known, about }: RecordingHeader,
  cases: readonly RecordedCase[],
): string {
  const head = { schema: SCHEMA, machine: machineDocument(machine), known, about };
  const lines = cases.map(({ it, seen }) =>
    JSON.stringify({ case: formatCase(it), seen: formatSeen(it, seen) }),
  );
  return `${[JSON.stringify(head), ...lines.sort()].join("\n")}\n`;
}

/** The lines of a recording, which may be compressed by gzip. */
export class RecordingFile {
  readonly header: RecordingHeader;
  readonly #content: Uint8Array;
  /** Where the lines of cases begin. */
  readonly #start: number;

  /** @throws InputError that says what is wrong, with the line */
  constructor(content: Uint8Array, mostBytes = MOST_BYTES) {
    this.#content = decompressed(content, mostBytes);
    const end = this.#content.indexOf(LINE_FEED);
    this.#start = end < 0 ? this.#content.length : end + 1;
    this.header = inPlace("line 1", () => parseHeader(this.#content.subarray(0, this.#start)));
  }

  get arch(): Arch {
    return this.header.machine.arch ?? DEFAULT_ARCH;
  }

  /** The cases, if they are of this machine's architecture. @throws InputError */
  *cases(): Iterable<RecordedCase & { readonly line: number }> {
    let line = 1;
    for (let at = this.#start; at < this.#content.length; ) {
      const end = this.#content.indexOf(LINE_FEED, at);
      const next = end < 0 ? this.#content.length : end + 1;
      const part = this.#content.subarray(at, next);
      at = next;
      line++;
      if (line - 1 > MOST_CASES) throw new InputError(`there are more than ${MOST_CASES} cases`);
      yield { line, ...inPlace(`line ${line}`, () => parseLine(part)) };
    }
  }
}

function decompressed(content: Uint8Array, most: number): Uint8Array {
  const tooLong = () => new InputError(`it ${excess({ most, of: "a recording" })}`);
  const isCompressed = GZIP_MAGIC.every((byte, k) => content[k] === byte);
  if (content.length > most) throw tooLong();
  if (!isCompressed) return content;
  try {
    return gunzipSync(content, { maxOutputLength: most });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLong();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`it cannot be decompressed: ${why}`, { cause });
  }
}

/** The document of a line, of which the length is limited before it is parsed. */
function membersOf(line: Uint8Array): Members {
  if (line.length > LINE_LIMIT.most) throw new InputError(`it ${excess(LINE_LIMIT)}`);
  return members(parseJson(line), "");
}

function parseHeader(line: Uint8Array): RecordingHeader {
  const read = membersOf(line);
  read("schema", oneOf([SCHEMA]));
  return {
    machine: read("machine", loggedMachineShape),
    known: read("known", optional(knownShape)),
    about: read("about", optional(text)),
  };
}

function parseLine(line: Uint8Array): RecordedCase {
  const read = membersOf(line);
  const it = read("case", (document, place) => inPlace(place, () => parseCase(document)));
  return { it, seen: read("seen", (seen, place) => parseSeen(it, seen, place)) };
}
