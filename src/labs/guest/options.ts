// What a caller may pass that another thread can use, too.

import { checkDeadline } from "../../core/shim/deadline.ts";
import { InputError } from "../../lib/errors.ts";
import * as shape from "../../lib/shape.ts";
import type { GuestProgram } from "./image.ts";

const { bytes, count, expectMembers, list, show, table, text, toWord } = shape;

const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** The options of a run that are data. */
export const DATA_OPTIONS = {
  args: list(text, UNLIMITED),
  env: table(text, UNLIMITED),
  stdin: bytes,
  files: checkFiles,
  deadline: checkDeadline,
  time: checkDeadline,
  calls: count(UNLIMITED),
  memory: count(UNLIMITED),
  signal: shape.abortSignal,
} as const;

function checkFiles(files: unknown, place: string): void {
  for (const path of Object.keys(table(bytes, UNLIMITED)(files, place))) {
    if (path.startsWith("/") && !path.includes("\0")) continue;
    throw new InputError(`${place}: expected an absolute path, got ${show(path)}`);
  }
}

/** @throws InputError */
export function checkProgram(program: GuestProgram): void {
  shape.object(program, "program");
  if ("elf" in program) {
    expectMembers(program, "program", { elf: bytes, base: address }, ["elf"]);
  } else if ("code" in program) {
    expectMembers(program, "program", { code: bytes, address }, ["code"]);
  } else {
    throw new InputError("program: expected { elf } or { code }");
  }
}

function address(value: unknown, place: string): void {
  if (typeof value === "bigint" && toWord(value) === value) return;
  throw new InputError(`${place}: expected a BigInt from 0 to 2^64 - 1, got ${show(value)}`);
}
