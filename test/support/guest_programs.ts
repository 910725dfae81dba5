/* Programs of guests that are files, with what is expected of them: test/labs/guest/NAME.txt. */

import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import type { GuestOptions } from "../../src/index.ts";
import {
  DATA,
  expectErrno,
  expectValue,
  type Heard,
  HUGE,
  holds,
  KERNEL,
  NOWHERE,
  run,
} from "./calling_guests.ts";
import { call, exitWith, flags } from "./programs.ts";

/** A program of a file, between its title and the next. */
interface Program {
  readonly title: string;
  readonly body: string;
  /** JSON by the name of what is expected, or an option of the guest: `-- name JSON`. */
  readonly told: ReadonlyMap<string, string>;
  /** The lines of its trace, in order, `…` for any; `/…/` is a pattern. */
  readonly trace: readonly string[];
}

const NAMED: Readonly<Record<string, bigint>> = { NOWHERE, KERNEL, HUGE, AT_FDCWD: -100n };

/** A number of a program: 0x10, 0o10, a name of a constant, sums and unions of them. */
function numberOf(text: string): bigint {
  const terms = text.split(/ ?([|+]) ?/);
  const numberIn = (term = "0") =>
    NAMED[term] ??
    (/^[A-Z]/.test(term)
      ? flags(term)
      : term.startsWith("-")
        ? -BigInt(term.slice(1))
        : BigInt(term));
  let sum = numberIn(terms[0]);
  for (let i = 1; i < terms.length; i += 2) {
    sum = terms[i] === "|" ? sum | numberIn(terms[i + 1]) : sum + numberIn(terms[i + 1]);
  }
  return sum;
}

const operandOf = (text: string) => (/^[$%]/.test(text) ? text : numberOf(text));

/** A line `label: name(argument, …) = result` is a call of the kernel; any other is assembly. */
export function assembleLine(line: string): string {
  const parts = /^(\d: )?(-?\w+)\((.*?)\)(?: = (\S.*))?$/.exec(line);
  if (parts === null) return line;
  const [, label = "", name = "", args = "", result] = parts;
  const text = call(
    name,
    ...args
      .split(", ")
      .filter((each) => each !== "")
      .map(operandOf),
  );
  if (result === undefined) return label + text;
  const isErrno = /^-E[A-Z]+$/.test(result);
  return `${label}${text}\n${isErrno ? expectErrno(result.slice(1)) : expectValue(operandOf(result))}`;
}

/** The programs of a file. */
export function programsOf(name: string): Program[] {
  const [, ...sections] = readFileSync(`test/labs/guest/${name}.txt`, "utf8").split(/^## /m);
  return sections.map((section) => {
    const [title = "", ...lines] = section.trimEnd().split("\n");
    const [code = [], trace = []] = [lines.slice(0, 0), lines.slice(0, 0)];
    const told = new Map<string, string>();
    let isTrace = false;
    for (const line of lines) {
      const [, key, value = ""] = /^-- (\w+) ?(.*)$/.exec(line) ?? [];
      if (key === "trace") isTrace = true;
      else if (key !== undefined) told.set(key, value);
      else (isTrace ? trace : code).push(isTrace ? line : assembleLine(line.trim()));
    }
    const body = [...code, exitWith(0), `bad: ${exitWith(255)}`, DATA].join("\n");
    return { title, body, told, trace };
  });
}

/** Runs a program, and compares what it did with what is expected. */
export function expectProgram({ body, told, trace }: Program, options: GuestOptions = {}): Heard {
  const read = (key: string): unknown => JSON.parse(told.get(key) ?? "null");
  const own: GuestOptions = JSON.parse(told.get("options") ?? "{}");
  const stdin = told.has("stdin") ? Buffer.from(String(read("stdin"))) : undefined;
  const ran = run(body, { ...options, ...own, stdin });
  const expected = told.has("ends") ? read("ends") : { kind: "exited", status: 0 };
  const { result, stdout, stderr, lengths, calls, refused } = ran;
  const end = result.kind === "signaled" ? { kind: result.kind, signal: result.signal } : result;
  assert.equal(end, expected, ran.trace.join("\n"));
  const seen = { stdout, stderr, lengths, calls, refused };
  for (const [key, value] of Object.entries(seen)) {
    if (told.has(key)) assert.equal(value, read(key), key);
  }
  for (const [i, line] of trace.entries()) {
    const actual = ran.trace[i] ?? "";
    if (line.startsWith("/")) assert.match(actual, new RegExp(line.slice(1, -1)));
    else if (line !== "…") assert.is(actual, line);
  }
  const pattern = new RegExp(String(told.has("traced") ? read("traced") : ""), "m");
  assert.match(ran.trace.join("\n"), pattern);
  return ran;
}

/** Calls of a file, one a line: `name(argument, …) = -ERRNO`. */
export function callsOf(name: string): string[] {
  return readFileSync(`test/labs/guest/${name}.txt`, "utf8").trim().split("\n");
}

/** Runs a program that makes one call. */
export function expectCall(line: string, options: GuestOptions): void {
  holds(`${assembleLine(line)}\n${exitWith(0)}${DATA}`, options);
}
