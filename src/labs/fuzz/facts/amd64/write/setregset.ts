import { BLOCK_SIZE } from "../../../case/amd64/kinds.ts";
import { indexOf } from "../../../case/amd64/registers.ts";
import { by, each, setupFacts } from "../../fact.ts";
import { REGSET } from "../../sources.ts";
import { setregset } from "../setups.ts";
import { GENREGS_SET } from "../sources.ts";
import { first, NULL_SELECTORS, needsOf, OTHERS } from "./order.ts";

const CS = indexOf("cs");
const BAD_CS = { ...OTHERS, cs: 0n };
const LENGTHS = Array.from({ length: 27 }, (_, count) => 8 * count);

export const setregsetFacts = setupFacts("SETREGSET lengths", {
  "SETREGSET of fewer bytes than the registers have writes the first words": [
    by(REGSET, "W9"),
    ...each("% bytes", LENGTHS, (n) => [
      setregset(n, OTHERS),
      { written: first(n / 8) },
      ...needsOf(n / 8),
    ]),
    ["words after the length are not checked", setregset(8 * CS, BAD_CS), { written: first(CS) }],
  ],
  "SETREGSET of 216 bytes writes all words": [
    GENREGS_SET,
    ["", setregset(BLOCK_SIZE, OTHERS), { written: OTHERS }, ...needsOf(BLOCK_SIZE / 8)],
    ["fs = gs = 0", setregset(BLOCK_SIZE, NULL_SELECTORS), { written: NULL_SELECTORS }],
  ],
  "SETREGSET of a length that is not a multiple of 8 is EINVAL, and writes nothing": [
    by(REGSET, "W8"),
    ...each("% bytes", [1, 4, 7, 9, 68, 215, 217, 2 ** 32 - 1], (n) => [
      setregset(n, OTHERS),
      { error: "EINVAL", written: first(0) },
    ]),
  ],
  "SETREGSET of more bytes ignores the rest": [
    by(REGSET, "W9"),
    ...each("% bytes", [224, 336, 4096, 2 ** 31], (n) => [
      setregset(n, NULL_SELECTORS),
      { written: NULL_SELECTORS },
    ]),
  ],
});
