import { InputError, OutputError } from "../../lib/errors.ts";
import { excess, inputName, type Limit, readInput } from "../../lib/input.ts";
import { bytes, parseJson, show, text } from "../../lib/shape.ts";
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

/** Names and indices must refer to something in the recording. */
function expectPlaces({ lanes, steps, arrows, questions, code }: Recording): void {
  expectUnique(
    lanes,
    (i) => `lanes[${i}].id`,
    ({ id }) => id,
  );
  expectUnique(
    code,
    (i) => `code[${i}].name`,
    ({ name }) => name,
  );
  const ids = new Set(lanes.map(({ id }) => id));
  const offsets = new Map(
    code.map(({ name, lines }) => [name, new Set(lines.map(({ offset }) => offset))]),
  );
  if (steps.length === 0) throw new InputError("steps: a recording has at least one");
  let now = 0;
  for (const [i, { lane, about, instruction, microseconds }] of steps.entries()) {
    if (microseconds < now) {
      throw new InputError(
        `steps[${i}].microseconds: expected at least ${now}, as the step before has, got ${microseconds}`,
      );
    }
    now = microseconds;
    for (const [key, id] of Object.entries({ lane, about })) {
      if (!ids.has(id)) throw new InputError(`steps[${i}].${key}: there is no lane ${show(id)}`);
    }
    if (instruction === null) continue;
    const place = `steps[${i}].instruction`;
    const known = offsets.get(instruction.code);
    const shown = show(instruction.code);
    if (known === undefined) throw new InputError(`${place}.code: there is no code ${shown}`);
    if (known.has(instruction.offset)) continue;
    throw new InputError(`${place}.offset: ${shown} has no line at ${instruction.offset}`);
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

function expectUnique<T>(
  items: readonly T[],
  placeOf: (index: number) => string,
  nameOf: (item: T) => string,
): void {
  const names = items.map(nameOf);
  const twice = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twice < 0) return;
  throw new InputError(`${placeOf(twice)}: ${show(names[twice])} appears twice`);
}

function expectIndex(place: string, index: number, items: readonly unknown[]): void {
  if (index < items.length) return;
  throw new InputError(`${place}: expected an index below ${items.length}, got ${index}`);
}
