import { by, type Row, setupFacts } from "../fact.ts";
import { poke, setregs, setregset } from "../setups.ts";

/** IF, and the bit that is always set. */
const REST = 0x202n;
/** CF PF AF ZF SF TF DF OF NT RF AC: FLAG_MASK. */
const WRITABLE: Readonly<Record<number, string>> = {
  ...{ 0: "CF", 2: "PF", 4: "AF", 6: "ZF", 7: "SF", 8: "TF", 10: "DF", 11: "OF" },
  ...{ 14: "NT", 16: "RF", 18: "AC" },
};

const bits = Array.from({ length: 64 }, (_, bit) => ({ bit, word: REST | (1n << BigInt(bit)) }));
const nameOf = (bit: number) => WRITABLE[bit] ?? `bit ${bit}`;
const SOURCE = "set_flags, arch/x86/kernel/ptrace.c";

export const eflags = setupFacts("eflags", (fact) => {
  const written = bits.filter(({ bit }) => bit in WRITABLE);
  const kept = bits.filter(({ bit, word }) => !(bit in WRITABLE) && word !== REST);
  fact(
    "Eleven flags are written: CF PF AF ZF SF TF DF OF NT RF AC",
    by(SOURCE, "W7"),
    ...written.flatMap(({ bit, word }): Row[] => {
      const expected = { written: { eflags: word } };
      const name = nameOf(bit);
      return [
        [`SETREGS: ${name}`, setregs({ eflags: word }), expected],
        [`POKEUSER: ${name}`, poke([["eflags", word]]), expected],
      ];
    }),
  );
  const rest = { written: { eflags: REST } };
  fact(
    "All other bits of eflags keep their value, and no word is refused",
    by(SOURCE, "W7"),
    ...kept.map(({ bit, word }): Row => [nameOf(bit), setregs({ eflags: word }), rest]),
    ["IF = 0", setregs({ eflags: 2n }), rest],
    ["bit 1 = 0", setregs({ eflags: 0x200n }), rest],
    ["0", setregs({ eflags: 0n }), rest],
    ["SETREGS: all bits", setregs({ eflags: -1n }), { written: { eflags: 0x54fd7n } }],
    ["SETREGSET: all bits", setregset(216, { eflags: -1n }), { written: { eflags: 0x54fd7n } }],
  );
  fact(
    "Written flags are in effect when instructions run",
    "IRET, SDM volume 2",
    ...written
      .filter(({ bit }) => !["TF", "RF"].includes(nameOf(bit)))
      .map(({ bit, word }): Row => {
        const it = setregs({ eflags: word }, { on: "CONT", code: "nops" });
        return [nameOf(bit), it, { stop: "SIGTRAP", stopped: { eflags: word } }];
      }),
  );
});
