import { by, each, pairs, REFUSED_POKE, type Row, setupFacts, trap } from "../../fact.ts";
import type { Need } from "../../needs.ts";
import { show } from "../../words.ts";
import { poke, setregs } from "../setups.ts";
import { PUTREG, SET_SEGMENT_REG } from "../sources.ts";

/** TASK_SIZE_MAX with four and with five levels of page tables. */
const [FOUR, FIVE] = [(1n << 47n) - 4096n, (1n << 56n) - 4096n];

const REGISTERS = ["fs_base", "gs_base"];
/** Words, some of which need so many levels. */
type Bases = readonly (bigint | readonly [bigint, Need])[];
const ACCEPTED: Bases = [
  ...[0n, 1n, 0x1000_0000n, FOUR - 4096n, FOUR - 1n],
  ...[FOUR, FIVE - 1n].map((word) => [word, "LA57"] as const),
];
const REFUSED: Bases = [
  ...[FOUR, FOUR + 1n, 1n << 47n, FIVE - 1n].map((word) => [word, "no LA57"] as const),
  ...[FIVE, 1n << 63n, (1n << 64n) - 1n],
];

/** SETREGS of each base; a refused one stays 0. */
const writes = (name: string, bases: Bases, error?: "EIO"): Row[] =>
  pairs(REGISTERS, bases).map(([register, base]) => {
    const [word, ...needs] = typeof base === "bigint" ? [base] : base;
    const levels = needs.length === 0 ? "" : ` with ${needs.join()}`;
    const expected = error
      ? { error, written: { [register]: 0n } }
      : { written: { [register]: word } };
    return [
      `${name}${register} = ${show(word)}${levels}`,
      setregs({ [register]: word }),
      expected,
      ...needs,
    ];
  });

const both = { fs_base: 0x1111n, gs_base: 0x2222n };

export const bases = setupFacts("bases", {
  "SETREGS accepts bases below TASK_SIZE_MAX, a page below the end of user space": [
    PUTREG,
    ...writes("", ACCEPTED),
  ],
  "Bases from TASK_SIZE_MAX on are EIO": [
    by(PUTREG, "W5"),
    ...writes("SETREGS: ", REFUSED, "EIO"),
    ...each("POKEUSER: % = %", pairs(REGISTERS, [1n << 63n]), (pair) => [poke(pair), REFUSED_POKE]),
  ],
  "A write to fs or gs does not change the base": [
    SET_SEGMENT_REG,
    ...each("%", ["fs", "gs"], (register) => [
      poke([`${register}_base`, 0x1234n], [register, 0x2bn]),
      { written: { [`${register}_base`]: 0x1234n, [register]: 0x2bn } },
      "FSGSBASE",
    ]),
  ],
  "Without FSGSBASE a base reads 0 while its selector is not 0": [
    by("x86_fsbase_read_task, arch/x86/kernel/process_64.c", "W75"),
    ...each("%", ["fs", "gs"], (register) => [
      poke([`${register}_base`, 0x1234n], [register, 0x2bn]),
      { written: { [`${register}_base`]: 0n, [register]: 0x2bn } },
      "no FSGSBASE",
    ]),
  ],
  "RDFSBASE and RDGSBASE read the bases that were written, whatever the selectors are": [
    by("x86_fsgsbase_load, arch/x86/kernel/process_64.c", "R59"),
    ...each("fs = gs = %", [0n, 3n, 0x2bn, 0x63n, 0xffffn], (selector) => [
      setregs({ ...both, fs: selector, gs: selector }, { on: "CONT", code: "bases" }),
      trap({ rax: 0x1111n, rbx: 0x2222n, ...both }),
      "FSGSBASE",
    ]),
  ],
});
