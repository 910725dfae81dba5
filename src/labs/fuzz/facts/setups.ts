/*
 * Facts about setups are data, of which a line begins a fact or is a check of the one before it: docs/conformance.md.
 * Expectations are written down and not computed by the model: facts exist to disagree with it.
 *
 * The features that facts and rules depend on are data, too, a case each: a machine has a feature if the outcome is as
 * expected. The probe tries them in stubs without a filter.
 */

import { HOST_ARCH } from "../../../core/machine/index.ts";
import { InputError } from "../../../lib/errors.ts";
import {
  hexWord,
  inPlace,
  integer,
  list,
  members,
  oneOf,
  optional,
  parseJson,
  record,
  type Shape,
  show,
  table,
  text,
  truth,
} from "../../../lib/shape.ts";
import { placeOf } from "../case/arch.ts";
import type { Case } from "../case/case.ts";
import { type Fields, placeOfField } from "../case/fields.ts";
import { CASE_SCHEMA } from "../case/records.ts";
import { parseCase } from "../case/text.ts";
import { FEATURES } from "../machine.ts";
import { expectNames, parseError } from "../recordings/outcome_document.ts";
import { tellField } from "../tell/told.ts";
import type { SetupCheck, SetupFact } from "./fact.ts";
import { NEED_NAMES } from "./needs.ts";

const MOST = 64;

// asm-generic/siginfo.h; a trap of PTRACE_SINGLESTEP at a handler has the number of its signal.
const CODES = new Map(
  Object.entries({
    ...{ SI_KERNEL: 128, SEGV_MAPERR: 1, SEGV_ACCERR: 2, TRAP_BRKPT: 1, TRAP_TRACE: 2 },
    TRAP_HWBKPT: 4,
    ...{ ILL_ILLOPC: 1, ILL_ILLOPN: 2, FPE_INTDIV: 1, BUS_ADRALN: 1, SI_USER: 0, SIGTRAP: 5 },
  }),
);

/** Status words of wait4 by what reports call them; the stop of a system call has the bit of TRACESYSGOOD. */
const STATUSES = new Map(
  [0, 0x857f, ...Array.from({ length: 64 }, (_, i) => [i + 1, ((i + 1) << 8) | 0x7f]).flat()].map(
    (status) => [tellField("status", BigInt(status)), status],
  ),
);

/** @throws InputError that names the line and the member */
export function parseSetupFacts(lines: string): readonly SetupFact[] {
  const facts: (SetupFact & { readonly checks: SetupCheck[] })[] = [];
  for (const [i, line] of lines.trimEnd().split("\n").entries()) {
    inPlace(`line ${i + 1}`, () => {
      const document = parseJson(line);
      const last = facts.at(-1);
      if (last !== undefined && !("fact" in Object(document))) last.checks.push(checkOf(document));
      else facts.push({ ...headOf(document), checks: [] });
    });
  }
  return facts;
}

const headShape = record({
  ...{ fact: text, group: text, source: text, rules: optional(list(text, MOST)) },
});

function headOf(document: unknown): Omit<SetupFact, "checks"> {
  expectNames(document, ["fact", "group", "source", "rules"], "a fact");
  const { fact: name, rules = [], ...head } = headShape(document, "");
  return { name, ...head, rules };
}

/** A check of a fact, or of a feature. */
export function checkOf(document: unknown): SetupCheck {
  expectNames(document, ["check", "case", "expected", "needs", "filter"], "a check");
  const read = members(document, "");
  const it = read("case", caseOf);
  return {
    ...{ name: read("check", optional(text)) ?? "", it },
    expected: read("expected", fieldsOf(it)),
    needs: read("needs", optional(list(oneOf(NEED_NAMES), MOST))) ?? [],
    isFiltered: read("filter", optional(truth)) ?? true,
  };
}

const anything: Shape<unknown> = (value) => value;

const caseOf: Shape<Case> = (value, place) =>
  parseCase({ ...table(anything, MOST)(value, place), schema: CASE_SCHEMA, arch: HOST_ARCH });

function fieldsOf(it: Case): Shape<Fields> {
  return (value, place) => {
    const rows = Object.entries(table(anything, MOST)(value, place));
    return new Map(
      rows.map(([field, word]) => [field, wordOf(it, field, word, `${place}.${field}`)]),
    );
  };
}

/** A field as reports have it, but codes by their names. @throws RangeError if no outcome of `it` has the field */
function wordOf(it: Case, field: string, value: unknown, place: string): bigint {
  placeOfField(it, field);
  if (field === "error" || field === "resumed") return parseError(value, place);
  if (field === "status") return named(STATUSES, value, place);
  if (field === "code") return named(CODES, value, place);
  return field === "refusedAt" ? integer(value, place) : addressOf(value, place);
}

/** A word in hex, or a piece of code of the target with an offset: "syscall+2". */
function addressOf(value: unknown, place: string): bigint {
  const [, piece, offset = "0"] = /^([a-z]\w*)(?:\+(\d+))?$/.exec(text(value, place)) ?? [];
  return piece === undefined ? BigInt(hexWord(value, place)) : placeOf(piece) + BigInt(offset);
}

function named(names: ReadonlyMap<string, number>, value: unknown, place: string): bigint {
  const word = names.get(text(value, place));
  if (word !== undefined) return BigInt(word);
  throw new InputError(`${place}: unknown name ${show(value)}`);
}

/** The address of a page that such stubs have, too. */
export const FEATURE_CODE = 0x1001_0000n;
const SIZE = 4096;
const INT3 = 0xcc;
/** The most members of a line. */
const MEMBERS = 6;

/** Named for a feature. */
export interface FeatureTrial extends SetupCheck {
  /** Bytes in hex by their addresses in the page: what it executes besides the code of all targets. */
  readonly code: Readonly<Record<string, string>>;
}

/** @throws InputError that names the member */
export function parseFeatures(lines: string): readonly FeatureTrial[] {
  return lines.trimEnd().split("\n").map(trialOf);
}

function trialOf(line: string): FeatureTrial {
  const document = table(anything, MEMBERS)(parseJson(line), "");
  const { feature, about, code, ...check } = document;
  text(about, "about");
  return {
    ...checkOf({ check: oneOf(FEATURES)(feature, "feature"), filter: false, ...check }),
    code: optional(table(text, MEMBERS))(code, "code") ?? {},
  };
}

/** The page of their code; empty if they need none. */
export function featureCode(trials: readonly FeatureTrial[]): Uint8Array {
  const pieces = trials.flatMap(({ code }) => Object.entries(code));
  const page = new Uint8Array(pieces.length === 0 ? 0 : SIZE).fill(INT3);
  for (const [address, code] of pieces)
    page.set(Buffer.from(code.replaceAll(" ", ""), "hex"), Number(BigInt(address) - FEATURE_CODE));
  return page;
}
