import { by, each, setupFacts, trap } from "../../fact.ts";
import { poke, setregs, setregset } from "../setups.ts";

/** IF, and the bit that is always set. */
const REST = 0x202n;
/** CF PF AF ZF SF TF DF OF NT RF AC: FLAG_MASK. */
const WRITABLE: Readonly<Record<number, string>> = {
  ...{ 0: "CF", 2: "PF", 4: "AF", 6: "ZF", 7: "SF", 8: "TF", 10: "DF", 11: "OF" },
  ...{ 14: "NT", 16: "RF", 18: "AC" },
};

const bits = Array.from({ length: 64 }, (_, bit) => {
  return [WRITABLE[bit] ?? `bit ${bit}`, REST | (1n << BigInt(bit)), bit in WRITABLE] as const;
});
const writable = bits.filter(([, , isWritable]) => isWritable);
const kept = bits.filter(([, word, isWritable]) => !isWritable && word !== REST);
const lasting = writable.filter(([name]) => !["TF", "RF"].includes(name));

const set = (eflags: bigint) => setregs({ eflags });
const reads = (eflags: bigint) => ({ written: { eflags } });
const SOURCE = "set_flags, arch/x86/kernel/ptrace.c";

export const eflags = setupFacts("eflags", {
  "Eleven flags are written: CF PF AF ZF SF TF DF OF NT RF AC": [
    by(SOURCE, "W7"),
    ...writable.flatMap((flag) => [
      ...each("SETREGS: %", [flag], ([, word]) => [set(word), reads(word)]),
      ...each("POKEUSER: %", [flag], ([, word]) => [poke(["eflags", word]), reads(word)]),
    ]),
  ],
  "All other bits of eflags keep their value, and no word is refused": [
    by(SOURCE, "W7"),
    ...each("%", kept, ([, word]) => [set(word), reads(REST)]),
    ["IF = 0", set(2n), reads(REST)],
    ["bit 1 = 0", set(0x200n), reads(REST)],
    ["0", set(0n), reads(REST)],
    ["SETREGS: all bits", set(-1n), reads(0x54fd7n)],
    ["SETREGSET: all bits", setregset(216, { eflags: -1n }), reads(0x54fd7n)],
  ],
  "Written flags are in effect when instructions run": [
    "IRET, SDM volume 2",
    ...each("%", lasting, ([, eflags]) => [
      setregs({ eflags }, { on: "CONT", code: "nops" }),
      trap({ eflags }),
    ]),
  ],
});
