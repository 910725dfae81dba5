import { BASELINE } from "../case/baseline.ts";
import { indexOf } from "../case/setups.ts";
import { type Fact, poke, setregs, show, tellOf } from "./fact.ts";

const tell = tellOf("selectors");

const REGISTERS = ["cs", "ss", "ds", "es", "fs", "gs"] as const;

/** Words, what they read as, or the reason why they are refused. */
const TAKEN: readonly (readonly [word: bigint, reads: bigint, what: string])[] = [
  [3n, 3n, "the null selector with RPL 3"],
  [7n, 7n, "one of an LDT that does not exist"],
  [0x23n, 0x23n, "32-bit code"],
  [0x2bn, 0x2bn, "data"],
  [0x33n, 0x33n, "64-bit code"],
  [0x63n, 0x63n, "an empty TLS slot"],
  [0xffffn, 0xffffn, "the last there could be"],
  [0x1_0000_0000_002bn, 0x2bn, "more than 16 bits"],
];
const REFUSED: readonly (readonly [word: bigint, what: string])[] = [
  [0x10n, "RPL 0"],
  [0x11n, "RPL 1"],
  [0x2an, "RPL 2"],
];

function* facts(): Generator<Fact> {
  for (const register of REGISTERS) {
    for (const [word, reads, what] of TAKEN) {
      const rule = word > 0xffffn ? "W2" : "invalid_selector, arch/x86/kernel/ptrace.c";
      const name = `SETREGS: ${register} takes ${show(word)} (${what}), and reads ${show(reads)}`;
      yield tell(name, rule, setregs({ [register]: word }), { written: { [register]: reads } });
    }
    for (const [word, what] of REFUSED) {
      const name = `SETREGS: ${register} refuses ${show(word)} (${what}) with EIO`;
      const was = BASELINE[indexOf(register)] ?? 0n;
      yield tell(name, "W3", setregs({ [register]: word }), {
        error: "EIO",
        written: { [register]: was },
      });
    }
    const strict = register === "cs" || register === "ss";
    const zero = setregs({ [register]: 0n });
    if (strict) {
      yield tell(`SETREGS: ${register} refuses 0 with EIO`, "W4", zero, { error: "EIO" });
      const cut = poke([[register, 0x10000n]]);
      yield tell(`POKEUSER: ${register} refuses 0x10000, which is cut to 0, with EIO`, "W4", cut, {
        error: "EIO",
        refusedAt: 0,
      });
    } else {
      yield tell(
        `SETREGS: ${register} takes 0`,
        "set_segment_reg, arch/x86/kernel/ptrace.c",
        zero,
        {
          written: { [register]: 0n },
        },
      );
      const loaded = poke([
        [register, 0x2bn],
        [register, 0n],
      ]);
      yield tell(
        `POKEUSER: ${register} goes back to 0`,
        "set_segment_reg, arch/x86/kernel/ptrace.c",
        loaded,
        {
          written: { [register]: 0n },
        },
      );
    }
  }
}

export const selectors: readonly Fact[] = [...facts()];
