import { BASELINE, baselineWith } from "../../../case/amd64/baseline.ts";
import { BLOCK_SIZE } from "../../../case/amd64/kinds.ts";
import { indexOf, REGISTERS } from "../../../case/amd64/registers.ts";
import { by, each, pairs, type Row, setupFacts } from "../../fact.ts";
import type { Need } from "../../needs.ts";
import type { Words } from "../../words.ts";
import { allOf, poke, setregs, setregset } from "../setups.ts";
import { ARCH_PTRACE, GENREGS_SET, PUTREG } from "../sources.ts";

/** Words other than the baseline's, all of which are accepted. */
export const OTHERS: Words = {
  ...Object.fromEntries(REGISTERS.map((name, i) => [name, BigInt(0x1000 + i)])),
  ...{ cs: 0x23n, ss: 0x33n, eflags: 0xac7n, ds: 0x2bn, es: 0x33n, fs: 0x23n, gs: 0xffffn },
};

/** The same with null selectors: without FSGSBASE a base reads 0 while its selector is not 0 (W75). */
export const NULL_SELECTORS: Words = { ...OTHERS, fs: 0n, gs: 0n };

/** Words that are refused. */
const REFUSED = Object.entries({
  ...{ cs: 0x10n, ss: 0n, ds: 0x10n, es: 1n, fs: 0x30n, gs: 0xfffcn },
  ...{ fs_base: 1n << 63n, gs_base: 1n << 63n },
});

/** The first `count` words of OTHERS, and the baseline after them. */
export function first(count: number): Words {
  return allOf([...baselineWith(OTHERS).slice(0, count), ...BASELINE.slice(count)]);
}

const ANY = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip rsp".split(" ");
const WORDS = [0n, 1n << 47n, 0x8000_0000_0000_0000n, (1n << 64n) - 1n];
const POKED = 0xfedc_ba98_7654_3210n;
const stopsAt = (register: string) =>
  ({ error: "EIO", written: first(indexOf(register)) }) as const;

/** What it takes to read back the first words: the base of a selector that was written, and is not 0. */
export function needsOf(count: number): readonly Need[] {
  return count > indexOf("fs") ? ["FSGSBASE"] : [];
}

export const order = setupFacts("write order", {
  "SETREGS writes all 27 words": [
    GENREGS_SET,
    ["", setregs(OTHERS), { written: OTHERS }, ...needsOf(REGISTERS.length)],
    ["fs = gs = 0", setregs(NULL_SELECTORS), { written: NULL_SELECTORS }],
  ],
  "SETREGS stops at the first word that it refuses, with EIO, and keeps the words before it": [
    by(GENREGS_SET, "W1"),
    ...each("% = %", REFUSED, ([register, word]) => [
      setregs({ ...OTHERS, [register]: word }),
      stopsAt(register),
      ...needsOf(indexOf(register)),
    ]),
    ["cs = 0 and ds = 0x10", setregs({ ...OTHERS, cs: 0n, ds: 0x10n }), stopsAt("cs")],
  ],
  "SETREGSET stops at the first word that it refuses, with EIO, and keeps the words before it": [
    by(GENREGS_SET, "W1"),
    ...each("% = %", REFUSED, ([register, word]) => [
      setregset(BLOCK_SIZE, { ...OTHERS, [register]: word }),
      stopsAt(register),
      ...needsOf(indexOf(register)),
    ]),
  ],
  "POKEUSER of a refused word is EIO, and earlier words stay written": [
    by(PUTREG, "W14"),
    ...each("% = %", REFUSED, (pair) => [
      poke(["r15", 7n], pair, ["r14", 9n]),
      { error: "EIO", refusedAt: 1, written: { r15: 7n, r14: 0n } },
    ]),
  ],
  "POKEUSER of the same register twice keeps the last word": [
    ARCH_PTRACE,
    ["", poke(["r15", 1n], ["r15", 2n]), { written: { r15: 2n } }],
  ],
  "General registers, rip, rsp and orig_rax accept any word": [
    PUTREG,
    ...ANY.flatMap((register): Row[] => [
      ...each("SETREGS: % = %", pairs([register], WORDS), ([, word]) => [
        setregs({ [register]: word }),
        { written: { [register]: word } },
      ]),
      [`POKEUSER: ${register}`, poke([register, POKED]), { written: { [register]: POKED } }],
    ]),
  ],
});
