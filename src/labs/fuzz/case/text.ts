/*
 * The text of a case, a document "stublab.case/1" (docs/fuzzing-cases.md). The fuzzer's module reads and writes it, here
 * as in the probe.
 */

import type { Arch } from "../../../core/machine/index.ts";
import { InputError } from "../../../lib/errors.ts";
import type { From, Way } from "./arch.ts";
import { readCase, writeSetup } from "./batch.ts";
import { type Case, expectCase, stepsOf } from "./case.ts";
import { fuzzModule } from "./module.ts";
import type { CASE_SCHEMA, On } from "./records.ts";

/** A case as a document "stublab.case/1" (docs/fuzzing-cases.md). */
export interface CaseDocument extends StepDocument {
  readonly schema: typeof CASE_SCHEMA;
  /** Left out on amd64. */
  readonly arch?: Arch;
  readonly before?: readonly StepDocument[];
}

/** Registers with the baseline's words are left out. */
export interface StepDocument {
  /** Of the first step only. */
  readonly from?: From;
  readonly way: Way;
  readonly on: On;
  /** "SIGUSR1", an invalid number, or null for none. */
  readonly signal: string | number | null;
  /** The piece of code that PC is set to; null if `registers` has PC. */
  readonly code?: string | null;
  readonly registers?: Readonly<Record<string, string>>;
  readonly pairs?: readonly { readonly offset: string; readonly word: string }[];
  readonly words?: readonly string[];
  readonly length?: number;
  readonly frame?: FrameDocument;
}

export interface FrameDocument {
  readonly uc_flags: string;
  readonly fpstate: boolean;
  readonly image?: string;
}

/** A case as a document. @throws InputError if the value is not a case */
export function formatCase(it: Case): CaseDocument {
  expectCase(it);
  const module = fuzzModule();
  const steps = stepsOf(it);
  for (const [i, step] of steps.entries()) writeSetup(step, module.steps, i);
  const document: CaseDocument = JSON.parse(module.writeText(steps.length));
  return document;
}

/**
 * The case that a document describes.
 *
 * @param document a value, such as JSON.parse returns
 * @throws InputError that names the place: 'registers.rax: expected a hex word such as "0xfe0", got 17'.
 *
 * @example
 * const it = parseCase({ schema: "stublab.case/1", way: "SETREGS", registers: { cs: "0x10" } });
 */
export function parseCase(document: unknown): Case {
  return parseCaseText(new TextEncoder().encode(textOf(document)));
}

/** The case that the text of a document describes. @throws InputError that names the place, as `parseCase` does */
export function parseCaseText(text: Uint8Array): Case {
  const module = fuzzModule();
  return readCase(module.steps, module.readText(text) - 1);
}

function textOf(document: unknown): string {
  try {
    return JSON.stringify(document, expectJson) ?? "";
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`the document is not JSON: ${why}`, { cause });
  }
}

/** Refuses what JSON.stringify would write as something else. */
function expectJson(name: string, value: unknown): unknown {
  const isJson =
    typeof value === "number" ? Number.isFinite(value) : !NOT_JSON.includes(typeof value);
  if (isJson) return value;
  throw new InputError(`${name || "the document"}: expected JSON, got ${String(value)}`);
}

const NOT_JSON = ["bigint", "function", "symbol"];
