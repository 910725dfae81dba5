import { InputError, OutputError } from "../../lib/errors.ts";
import { excess, inputName, type Limit, readInput } from "../../lib/input.ts";
import { bytes, inPlace, parseJson, show, text } from "../../lib/shape.ts";
import { escapeUnits } from "../../lib/visible.ts";
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
  return inPlace(inputName(file), () => parseRecording(document));
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

/**
 * The document itself, as its file has it; in ASCII, for what others recorded must not move a terminal.
 *
 * @throws OutputError if it would be larger than can be read again.
 */
export function renderJson(recording: Recording): string {
  for (const indent of [1, 0]) {
    const text = `${JSON.stringify(recording, null, indent).replace(/[^\n -~]/g, escapeUnits)}\n`;
    if (text.length <= RECORDING_LIMIT.most) return text;
  }
  throw new OutputError(
    `the recording's document ${excess(RECORDING_LIMIT)}, and could not be read`,
    { remedy: "--text shows it all the same" },
  );
}

/** Refuses a value that is not a recording. @throws InputError that names the place. */
export function expectRecording(recording: Recording): void {
  expectPlaces(recordingShape(recording, "recording"));
}

function expectPlaces(recording: Recording): void {
  for (const misplaced of misplacedIn(recording)) throw new InputError(misplaced);
}

/** Names and indices that refer to nothing in the recording. */
function* misplacedIn({ lanes, steps, arrows, questions, code }: Recording): Generator<string> {
  const ids = lanes.map(({ id }) => id);
  yield* twice("lanes", "id", ids);
  const names = code.map(({ name }) => name);
  yield* twice("code", "name", names);
  if (steps.length === 0) yield "steps: a recording has at least one";
  const known = new Set(ids);
  const offsets = new Map(
    code.map(({ name, lines }) => [name, new Set(lines.map(({ offset }) => offset))]),
  );
  for (const [i, { lane, about, instruction, microseconds }] of steps.entries()) {
    const place = `steps[${i}]`;
    const { microseconds: least = 0 } = steps[i - 1] ?? {};
    if (microseconds < least) {
      yield `${place}.microseconds: expected at least ${least}, as the step before has, got ${microseconds}`;
    }
    for (const [key, id] of Object.entries({ lane, about })) {
      if (!known.has(id)) yield `${place}.${key}: there is no lane ${show(id)}`;
    }
    if (instruction === null) continue;
    const { code, offset } = instruction;
    const lines = offsets.get(code);
    if (lines === undefined) yield `${place}.instruction.code: there is no code ${show(code)}`;
    else if (!lines.has(offset)) {
      yield `${place}.instruction.offset: ${show(code)} has no line at ${offset}`;
    }
  }
  for (const [i, { from, to }] of arrows.entries()) {
    yield* beyond(`arrows[${i}]`, { from, to }, steps.length);
  }
  for (const [i, { step, answer, choices }] of questions.entries()) {
    yield* beyond(`questions[${i}]`, { step }, steps.length);
    yield* beyond(`questions[${i}]`, { answer }, choices.length);
  }
}

function* twice(list: string, key: string, names: readonly string[]): Generator<string> {
  const known = new Set<string>();
  for (const [i, name] of names.entries()) {
    if (known.has(name)) yield `${list}[${i}].${key}: ${show(name)} appears twice`;
    known.add(name);
  }
}

function* beyond(
  place: string,
  indices: Readonly<Record<string, number>>,
  length: number,
): Generator<string> {
  for (const [key, index] of Object.entries(indices)) {
    if (index >= length) yield `${place}.${key}: expected an index below ${length}, got ${index}`;
  }
}
