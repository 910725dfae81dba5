import { by, type Need, type Row, setupFacts } from "../fact.ts";
import { poke, setregs, show } from "../setups.ts";
import { PUTREG } from "../sources.ts";

/** TASK_SIZE_MAX with four and with five levels of page tables. */
const [FOUR, FIVE] = [(1n << 47n) - 4096n, (1n << 56n) - 4096n];

type Bases = readonly (readonly [word: bigint, ...Need[]])[];
const ACCEPTED: Bases = [
  ...([[0n], [1n], [0x1000_0000n], [FOUR - 4096n], [FOUR - 1n]] as const),
  ...([
    [FOUR, "LA57"],
    [FIVE - 1n, "LA57"],
  ] as const),
];
const REFUSED: Bases = [
  ...([
    [FOUR, "no LA57"],
    [FOUR + 1n, "no LA57"],
    [1n << 47n, "no LA57"],
  ] as const),
  ...([[FIVE - 1n, "no LA57"], [FIVE], [1n << 63n], [(1n << 64n) - 1n]] as const),
];

const each = (
  bases: Bases,
  row: (register: string, word: bigint, name: string, needs: readonly Need[]) => Row,
): Row[] =>
  ["fs_base", "gs_base"].flatMap((register) =>
    bases.map(([word, ...needs]) => {
      const levels = needs.length === 0 ? "" : ` with ${needs.join()}`;
      return row(register, word, `${register} = ${show(word)}${levels}`, needs);
    }),
  );

export const bases = setupFacts("bases", (fact) => {
  fact(
    "SETREGS accepts bases below TASK_SIZE_MAX, a page below the end of user space",
    PUTREG,
    ...each(ACCEPTED, (register, word, name, needs) => [
      name,
      setregs({ [register]: word }),
      { written: { [register]: word } },
      ...needs,
    ]),
  );
  fact(
    "Bases from TASK_SIZE_MAX on are EIO",
    by(PUTREG, "W5"),
    ...each(REFUSED, (register, word, name, needs) => [
      `SETREGS: ${name}`,
      setregs({ [register]: word }),
      { error: "EIO", written: { [register]: 0n } },
      ...needs,
    ]),
    ...each([[1n << 63n]], (register, word, name) => [
      `POKEUSER: ${name}`,
      poke([[register, word]]),
      { error: "EIO", refusedAt: 0 },
    ]),
  );
  fact(
    "A write to fs or gs does not change the base",
    "set_segment_reg, arch/x86/kernel/ptrace.c",
    ...["fs", "gs"].map((register): Row => {
      const [base, selector] = [0x1234n, 0x2bn];
      return [
        register,
        poke([
          [`${register}_base`, base],
          [register, selector],
        ]),
        { written: { [`${register}_base`]: base, [register]: selector } },
      ];
    }),
  );
  const both = { fs_base: 0x1111n, gs_base: 0x2222n };
  fact(
    "RDFSBASE and RDGSBASE read the bases that were written, whatever the selectors are",
    by("x86_fsgsbase_load, arch/x86/kernel/process_64.c", "R59"),
    ...[0n, 3n, 0x2bn, 0x63n, 0xffffn].map(
      (selector): Row => [
        `fs = gs = ${show(selector)}`,
        setregs({ ...both, fs: selector, gs: selector }, { on: "CONT", code: "bases" }),
        { stop: "SIGTRAP", stopped: { rax: 0x1111n, rbx: 0x2222n, ...both } },
        "FSGSBASE",
      ],
    ),
  );
});
