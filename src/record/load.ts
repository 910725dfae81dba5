import { InputError } from "../errors.ts";
import { excess, inputName, type Limit, readInput } from "../input.ts";
import {
  bytes,
  count,
  hexWord,
  list,
  members,
  nullable,
  oneOf,
  optional,
  parseJson,
  type Shape,
  show,
  table,
  text,
  truth,
} from "../shape.ts";
import {
  type Arrow,
  type Call,
  type Code,
  type CodeLine,
  type Fact,
  type Instruction,
  type KernelView,
  type Lane,
  type Question,
  RECORDING_SCHEMA,
  type Recording,
  type Registers,
  type Step,
} from "./recording.ts";

/** The limit also holds for what is written. */
export const RECORDING_LIMIT: Limit = { most: 20_000_000, of: "a recording" };

/** Limits far beyond what any scenario needs, and small enough for every view. */
const MOST = {
  lanes: 1000,
  steps: 100_000,
  arrows: 100_000,
  questions: 10_000,
  choices: 100,
  paragraphs: 1000,
  codes: 100,
  lines: 100_000,
  registers: 100,
  arguments: 10,
  facts: 10_000,
} as const;

const PID = count(2 ** 31 - 1);
const INDEX = count(2 ** 31 - 1);
const BYTES = count(Number.MAX_SAFE_INTEGER);

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
  const recording = readRecording(parseJson(document, "it may be cut off; record it again"), "");
  expectPlaces(recording);
  return recording;
}

/** Refuses a value that is not a recording. @throws InputError that names the place. */
export function expectRecording(recording: Recording): void {
  expectPlaces(readRecording(recording, "recording"));
}

const readRecording: Shape<Recording> = (value, place) => {
  const read = members(value, place);
  return {
    schema: read("schema", schema),
    stublab: read("stublab", text),
    scenario: read("scenario", text),
    title: read("title", text),
    introduction: read("introduction", list(text, MOST.paragraphs)),
    machine: read("machine", machine),
    encoder: read("encoder", text),
    lanes: read("lanes", list(lane, MOST.lanes)),
    steps: read("steps", list(step, MOST.steps)),
    arrows: read("arrows", list(arrow, MOST.arrows)),
    questions: read("questions", list(question, MOST.questions)),
    code: read("code", list(code, MOST.codes)),
    observed: read("observed", list(text, MOST.paragraphs)),
    end: read("end", list(fact, MOST.facts)),
  };
};

const schema: Shape<typeof RECORDING_SCHEMA> = (value, place) => {
  if (value === RECORDING_SCHEMA) return RECORDING_SCHEMA;
  if (typeof value !== "string" || !value.startsWith("stublab.")) {
    throw new InputError(`${place}: this is not a recording of stublab`);
  }
  throw new InputError(`${place}: expected ${show(RECORDING_SCHEMA)}, got ${show(value)}`, {
    remedy: "another version of stublab wrote it, or another command; record it again",
  });
};

const machine: Shape<Recording["machine"]> = (value, place) => {
  const read = members(value, place);
  return { kernel: read("kernel", text), arch: read("arch", oneOf(["amd64"])) };
};

const lane: Shape<Lane> = (value, place) => {
  const read = members(value, place);
  return { id: read("id", text), role: read("role", text), pid: read("pid", PID) };
};

const KINDS = [
  "instruction",
  "syscall",
  "signal",
  "stop",
  "ptrace",
  "clone",
  "exit",
  "note",
] as const;

const step: Shape<Step> = (value, place) => {
  const read = members(value, place);
  return {
    lane: read("lane", text),
    about: read("about", text),
    kind: read("kind", oneOf(KINDS)),
    title: read("title", text),
    why: read("why", text),
    microseconds: read("microseconds", BYTES),
    instruction: read("instruction", nullable(instruction)),
    call: read("call", nullable(call)),
    registers: read("registers", nullable(change)),
    kernel: read("kernel", nullable(kernelView)),
    observer: read("observer", nullable(text)),
  };
};

const instruction: Shape<Instruction> = (value, place) => {
  const read = members(value, place);
  return {
    address: read("address", hexWord),
    code: read("code", text),
    offset: read("offset", INDEX),
  };
};

const call: Shape<Call> = (value, place) => {
  const read = members(value, place);
  return {
    name: read("name", text),
    arguments: read("arguments", list(argument, MOST.arguments)),
    result: read("result", nullable(result)),
  };
};

const argument: Shape<Call["arguments"][number]> = (value, place) => {
  const read = members(value, place);
  return { word: read("word", nullable(hexWord)), told: read("told", text) };
};

const result: Shape<NonNullable<Call["result"]>> = (value, place) => {
  const read = members(value, place);
  return { word: read("word", hexWord), told: read("told", text) };
};

const registers: Shape<Registers> = table(hexWord, MOST.registers);

const change: Shape<NonNullable<Step["registers"]>> = (value, place) => {
  const read = members(value, place);
  return { before: read("before", registers), after: read("after", registers) };
};

const kernelView: Shape<KernelView> = (value, place) => {
  const read = members(value, place);
  return {
    state: read("state", text),
    parentPid: read("parentPid", PID),
    tracerTid: read("tracerTid", PID),
    session: read("session", PID),
    blocked: read("blocked", hexWord),
    ignored: read("ignored", hexWord),
    pending: read("pending", hexWord),
    residentBytes: read("residentBytes", BYTES),
    memory: read("memory", nullable(list(text, MOST.lines))),
  };
};

const arrow: Shape<Arrow> = (value, place) => {
  const read = members(value, place);
  return {
    kind: read("kind", oneOf(["clone", "signal", "wait", "attach"])),
    from: read("from", INDEX),
    to: read("to", INDEX),
    label: read("label", text),
  };
};

const question: Shape<Question> = (value, place) => {
  const read = members(value, place);
  return {
    step: read("step", INDEX),
    text: read("text", text),
    choices: read("choices", list(text, MOST.choices)),
    answer: read("answer", INDEX),
    because: read("because", text),
    replies: read("replies", optional(list(text, MOST.choices))) ?? [],
  };
};

const line: Shape<CodeLine> = (value, place) => {
  const read = members(value, place);
  return {
    offset: read("offset", INDEX),
    bytes: read("bytes", text),
    text: read("text", text),
    label: read("label", nullable(text)),
  };
};

const code: Shape<Code> = (value, place) => {
  const read = members(value, place);
  return {
    name: read("name", text),
    base: read("base", hexWord),
    lines: read("lines", list(line, MOST.lines)),
  };
};

const fact: Shape<Fact> = (value, place) => {
  const read = members(value, place);
  return {
    fact: read("fact", text),
    expected: read("expected", text),
    seen: read("seen", text),
    held: read("held", truth),
  };
};

/** Code without an address, as the package has it. */
export const listings: Shape<Omit<Code, "base">[]> = list((value, place) => {
  const read = members(value, place);
  return { name: read("name", text), lines: read("lines", list(line, MOST.lines)) };
}, MOST.codes);

/** The shapes of the parts of a recording. */
export const shapes = { lane, code, step, arrow, question, fact } as const;

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
