import { BASELINE } from "../../../case/amd64/baseline.ts";
import { indexOf } from "../../../case/amd64/registers.ts";
import { by, each, pairs, REFUSED_POKE, setupFacts } from "../../fact.ts";
import { poke, setregs } from "../setups.ts";
import { INVALID_SELECTOR, SET_SEGMENT_REG } from "../sources.ts";

const MUST_NOT_BE_0 = ["cs", "ss"];
const MAY_BE_0 = ["ds", "es", "fs", "gs"];
const SELECTORS = [...MUST_NOT_BE_0, ...MAY_BE_0];

/** SETREGS of each selector with each word, which then reads as another word, or as itself. */
const writes = (
  selectors: readonly string[],
  words: readonly bigint[],
  read = (it: bigint) => it,
) =>
  each("% = %", pairs(selectors, words), ([register, word]) => [
    setregs({ [register]: word }),
    { written: { [register]: read(word) } },
  ]);

export const selectors = setupFacts("selectors", {
  "SETREGS accepts any selector with RPL 3, whether or not it names a segment": [
    INVALID_SELECTOR,
    ...writes(SELECTORS, [3n, 7n, 0x23n, 0x2bn, 0x33n, 0x63n, 0xffffn]),
  ],
  "SETREGS cuts a selector to 16 bits": [
    by(SET_SEGMENT_REG, "W2"),
    ...writes(SELECTORS, [0x1_0000_0000_002bn, (1n << 64n) - 1n], (word) => word & 0xffffn),
    ...writes(MAY_BE_0, [0x10000n], () => 0n),
  ],
  "SETREGS refuses a selector that is not 0 and has another RPL than 3 with EIO": [
    by(INVALID_SELECTOR, "W3"),
    ...each(
      "% = %",
      pairs(SELECTORS, [1n, 2n, 0x10n, 0x11n, 0x28n, 0x2an, 0x32n, 0x1_0010n]),
      ([register, word]) => [
        setregs({ [register]: word }),
        { error: "EIO", written: { [register]: BASELINE[indexOf(register)] ?? 0n } },
      ],
    ),
  ],
  "cs and ss must not be 0, else EIO": [
    by(SET_SEGMENT_REG, "W4"),
    ...each("% = %", pairs(MUST_NOT_BE_0, [0n, 0x10000n]), (pair) => [poke(pair), REFUSED_POKE]),
  ],
  "ds, es, fs and gs can be set to 0": [
    SET_SEGMENT_REG,
    ...each("% = 0", MAY_BE_0, (register) => [
      poke([register, 0x2bn], [register, 0n]),
      { written: { [register]: 0n } },
    ]),
  ],
});
