import { InputError } from "../errors.ts";
import { excess, inputName, type Limit, readInput } from "../input.ts";
import { bytes, parseJson, show, text } from "../shape.ts";
import { type Recording, recordingShape } from "./recording.ts";

/** The limit also holds for what is written. */
export const RECORDING_LIMIT: Limit = { most: 20_000_000, of: "a recording" };

/**
 * Reads a recording from a file and validates it.
 *
 * @param file a path, or 0 for standard input
 * @throws InputError if it cannot be read, or is not a recording: see `parseRecording`.
 */
export function loadRecording(file: string | 0): Recording {
  if (file !== 0) text(file, "file");
  const document = readInput(file, RECORDING_LIMIT);
  try {
    return parseRecording(document);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    const { message, remedy } = cause;
    throw new InputError(`${inputName(file)}: ${message}`, {
      cause,
      ...(remedy !== undefined && { remedy }),
    });
  }
}

/**
 * The recording that a document describes.
 *
 * @throws InputError that names the place: 'steps[12].registers.after.rip: expected a hex word such as "0xfe0", got 17'.
 */
export function parseRecording(document: string | Uint8Array): Recording {
  if (typeof document !== "string") bytes(document, "document");
  if (document.length > RECORDING_LIMIT.most) {
    throw new InputError(`the document ${excess(RECORDING_LIMIT)}`);
  }
  const recording = recordingShape(parseJson(document, "it may be cut off; record it again"), "");
  expectPlaces(recording);
  return recording;
}

/** Refuses a value that is not a recording. @throws InputError that names the place. */
export function expectRecording(recording: Recording): void {
  expectPlaces(recordingShape(recording, "recording"));
}

/** Names and indices must refer to something in the recording. */
function expectPlaces({ lanes, steps, arrows, questions, code }: Recording): void {
  const ids = uniqueNames("lanes", "id", lanes);
  const offsets = new Map(
    code.map(({ name, lines }) => [name, new Set(lines.map(({ offset }) => offset))]),
  );
  uniqueNames("code", "name", code);
  if (steps.length === 0) throw new InputError("steps: a recording has at least one");
  let now = 0;
  for (const [i, { lane, about, instruction, microseconds }] of steps.entries()) {
    if (microseconds < now) {
      throw new InputError(
        `steps[${i}].microseconds: expected at least ${now}, as the step before has, got ${microseconds}`,
      );
    }
    now = microseconds;
    expectNamed(`steps[${i}].lane`, "lane", ids, lane);
    expectNamed(`steps[${i}].about`, "lane", ids, about);
    if (instruction === null) continue;
    const { code, offset } = instruction;
    expectNamed(`steps[${i}].instruction.code`, "code", offsets, code);
    if (offsets.get(code)?.has(offset)) continue;
    throw new InputError(`steps[${i}].instruction.offset: ${show(code)} has no line at ${offset}`);
  }
  for (const [i, { from, to }] of arrows.entries()) {
    expectIndex(`arrows[${i}].from`, from, steps);
    expectIndex(`arrows[${i}].to`, to, steps);
  }
  for (const [i, { step, answer, choices }] of questions.entries()) {
    expectIndex(`questions[${i}].step`, step, steps);
    expectIndex(`questions[${i}].answer`, answer, choices);
  }
}

function uniqueNames<K extends string>(
  place: string,
  key: K,
  items: readonly Readonly<Record<K, string>>[],
): Set<string> {
  const names = new Set<string>();
  for (const [i, item] of items.entries()) {
    const name = item[key];
    if (names.has(name)) {
      throw new InputError(`${place}[${i}].${key}: ${show(name)} appears twice`);
    }
    names.add(name);
  }
  return names;
}

function expectNamed(
  place: string,
  what: string,
  names: { has(name: string): boolean },
  name: string,
): void {
  if (!names.has(name)) throw new InputError(`${place}: there is no ${what} ${show(name)}`);
}

function expectIndex(place: string, index: number, items: readonly unknown[]): void {
  if (index < items.length) return;
  throw new InputError(`${place}: expected an index below ${items.length}, got ${index}`);
}
