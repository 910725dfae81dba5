import { BASELINE } from "../../case/baseline.ts";
import { indexOf } from "../../case/setups.ts";
import { by, type Row, setupFacts } from "../fact.ts";
import { poke, setregs, show } from "../setups.ts";
import { SET_SEGMENT_REG } from "../sources.ts";

const REGISTERS = ["cs", "ss", "ds", "es", "fs", "gs"];
const MUST_NOT_BE_0 = ["cs", "ss"];
const MAY_BE_0 = ["ds", "es", "fs", "gs"];

/** A check for each register and each word. */
const each = (
  registers: readonly string[],
  words: readonly bigint[],
  row: (register: string, word: bigint, name: string) => Row,
): Row[] =>
  registers.flatMap((register) =>
    words.map((word) => row(register, word, `${register} = ${show(word)}`)),
  );

export const selectors = setupFacts("selectors", (fact) => {
  fact(
    "SETREGS accepts any selector with RPL 3, whether or not it names a segment",
    "invalid_selector, arch/x86/kernel/ptrace.c",
    ...each(REGISTERS, [3n, 7n, 0x23n, 0x2bn, 0x33n, 0x63n, 0xffffn], (register, word, name) => [
      name,
      setregs({ [register]: word }),
      { written: { [register]: word } },
    ]),
  );
  fact(
    "SETREGS cuts a selector to 16 bits",
    by(SET_SEGMENT_REG, "W2"),
    ...each(REGISTERS, [0x1_0000_0000_002bn, (1n << 64n) - 1n], (register, word, name) => [
      name,
      setregs({ [register]: word }),
      { written: { [register]: word & 0xffffn } },
    ]),
    ...each(MAY_BE_0, [0x10000n], (register, word, name) => [
      name,
      setregs({ [register]: word }),
      { written: { [register]: 0n } },
    ]),
  );
  fact(
    "SETREGS refuses a selector that is not 0 and has another RPL than 3 with EIO",
    by("invalid_selector, arch/x86/kernel/ptrace.c", "W3"),
    ...each(
      REGISTERS,
      [1n, 2n, 0x10n, 0x11n, 0x28n, 0x2an, 0x32n, 0x1_0010n],
      (register, word, name) => [
        name,
        setregs({ [register]: word }),
        { error: "EIO", written: { [register]: BASELINE[indexOf(register)] ?? 0n } },
      ],
    ),
  );
  fact(
    "cs and ss must not be 0, else EIO",
    by(SET_SEGMENT_REG, "W4"),
    ...each(MUST_NOT_BE_0, [0n, 0x10000n], (register, word, name) => [
      name,
      poke([[register, word]]),
      { error: "EIO", refusedAt: 0 },
    ]),
  );
  fact(
    "ds, es, fs and gs can be set to 0",
    SET_SEGMENT_REG,
    ...each(MAY_BE_0, [0n], (register, word, name) => [
      name,
      poke([
        [register, 0x2bn],
        [register, word],
      ]),
      { written: { [register]: word } },
    ]),
  );
});
