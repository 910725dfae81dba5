/* What the build writes for the probe of arm64 only: shim/probe/arm64/own_data.h declares it. */

import { FEATURES } from "../../try/arch.ts";
import { PSTATE_BITS } from "../../try/arm64/machine.ts";
import { word } from "../text.ts";

export function ownParts(): Readonly<Record<string, Uint8Array>> {
  return {};
}

export function ownTables(): string {
  const bits = PSTATE_BITS.map(([name, bit]) => `{${FEATURES.indexOf(name)}, ${word(bit)}}`);
  return `const struct pstate_bit pstate_bits[] = {${[...bits, "{0, 0}"].join(", ")}};
`;
}
