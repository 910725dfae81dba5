// The checks of what a caller passes.

import { checkDeadline } from "../../core/shim/records.ts";
import { InputError } from "../../lib/errors.ts";
import { abortSignal, bytes, callback, count, list, show, table, text } from "../../lib/shape.ts";

const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** The options that are data, which another thread can use, too. */
export const DATA_OPTIONS = {
  args: list(text, UNLIMITED),
  env: table(text, UNLIMITED),
  stdin: bytes,
  files: checkFiles,
  deadline: checkDeadline,
  time: checkDeadline,
  calls: count(UNLIMITED),
  memory: count(UNLIMITED),
  signal: abortSignal,
} as const;

/** All options of `runGuest`. */
export const OPTIONS = {
  ...DATA_OPTIONS,
  output: callback,
  trace: callback,
  onSyscall: callback,
  onFault: callback,
  onStart: callback,
} as const;

function checkFiles(files: unknown, place: string): void {
  for (const path of Object.keys(table(bytes, UNLIMITED)(files, place))) {
    if (path.startsWith("/") && !path.includes("\0")) continue;
    throw new InputError(`${place}: expected an absolute path, got ${show(path)}`);
  }
}
