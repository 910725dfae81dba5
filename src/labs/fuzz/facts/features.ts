/*
 * The features that facts and rules depend on are data, too, a case each: a machine has a feature if the outcome is as
 * expected. The probe tries them in stubs without a filter.
 */

import { oneOf, optional, parseJson, type Shape, table, text } from "../../../lib/shape.ts";
import { FEATURES } from "../machine.ts";
import type { SetupCheck } from "./fact.ts";
import { checkOf } from "./setups.ts";

/** The address of a page that such stubs have, too. */
export const FEATURE_CODE = 0x1001_0000n;
const SIZE = 4096;
const INT3 = 0xcc;
/** The most members of a line. */
const MEMBERS = 6;

const anything: Shape<unknown> = (value) => value;

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
