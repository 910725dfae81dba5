import { count } from "../../../page/figures.ts";
import { cut } from "../../../visible.ts";
import type { Call, Code, KernelView, Lane, Question, Registers, Step } from "../../recording.ts";

// Recordings with every string so short that a page bears it. What is real is never as long as these limits.

const [NAME, LINE, PROSE] = [60, 400, 2000];

/** How many mappings a memory map tells, and how many lines a code. */
const MAPPINGS = 400;
const CODE_LINES = 1000;

/** A string, and how much of it is missing. */
function shorten(text: string, limit: number): string {
  const { text: head, rest } = cut(text, limit);
  return rest === 0 ? text : `${head}… (${count(rest)} more)`;
}

/** Short names for long ones, different for different ones. */
export class ShortNames {
  readonly #names = new Map<string, string>();

  of(name: string): string {
    if (name.length <= NAME) return name;
    const short = this.#names.get(name) ?? `${shorten(name, NAME)} #${this.#names.size + 1}`;
    this.#names.set(name, short);
    return short;
  }
}

export function cutLane({ id, role, pid }: Lane, names: ShortNames): Lane {
  return { id: names.of(id), role: shorten(role, LINE), pid };
}

export function cutStep(step: Step, names: ShortNames): Step {
  const { instruction, call, registers, kernel, observer } = step;
  return {
    ...step,
    lane: names.of(step.lane),
    about: names.of(step.about),
    title: shorten(step.title, LINE),
    why: shorten(step.why, PROSE),
    instruction: instruction && { ...instruction, code: names.of(instruction.code) },
    call: call && cutCall(call),
    registers: registers && cutRegisters(registers, names),
    kernel: kernel && cutKernel(kernel),
    observer: observer && shorten(observer, PROSE),
  };
}

function cutCall({ name, arguments: passed, result }: Call): Call {
  const told = <T extends { readonly told: string }>(each: T): T => ({
    ...each,
    told: shorten(each.told, LINE),
  });
  return { name: shorten(name, NAME), arguments: passed.map(told), result: result && told(result) };
}

/** Before a step, those that it changes are enough. */
function cutRegisters(
  { before, after }: NonNullable<Step["registers"]>,
  names: ShortNames,
): Step["registers"] {
  const changed = Object.entries(before).filter(([name, word]) => after[name] !== word);
  const named = (rows: [string, string][]): Registers =>
    Object.fromEntries(rows.map(([name, word]) => [names.of(name), word]));
  return { before: named(changed), after: named(Object.entries(after)) };
}

function cutKernel({ state, memory, ...rest }: KernelView): KernelView {
  const lines = memory?.slice(0, MAPPINGS).map((line) => shorten(line, LINE)) ?? null;
  const missing = (memory?.length ?? 0) - MAPPINGS;
  if (missing > 0) lines?.push(`… (${count(missing)} more)`);
  return { ...rest, state: shorten(state, NAME), memory: lines };
}

export function cutQuestion({ step, text, choices, answer, because, replies }: Question): Question {
  return {
    step,
    text: shorten(text, PROSE),
    choices: choices.map((choice) => shorten(choice, LINE)),
    answer,
    because: shorten(because, PROSE),
    replies: replies.map((reply) => shorten(reply, PROSE)),
  };
}

export function cutCode({ name, base, lines }: Code, names: ShortNames): Code {
  return {
    name: names.of(name),
    base,
    lines: lines.slice(0, CODE_LINES).map(({ offset, bytes, text, label }) => ({
      offset,
      bytes: shorten(bytes, NAME),
      text: shorten(text, LINE),
      label: label === null ? null : shorten(label, NAME),
    })),
  };
}
