import { type Fact, poke, setregs, setregset, tellOf } from "./fact.ts";

const tell = tellOf("eflags");

const REST = 0x202n;

/** Bits of eflags: which are written, and which stay as they are. */
const BITS: readonly (readonly [bit: number, name: string, written: boolean])[] = [
  [0, "CF", true],
  [2, "PF", true],
  [3, "bit 3", false],
  [4, "AF", true],
  [5, "bit 5", false],
  [6, "ZF", true],
  [7, "SF", true],
  [8, "TF", true],
  [10, "DF", true],
  [11, "OF", true],
  [12, "IOPL's low bit", false],
  [13, "IOPL's high bit", false],
  [14, "NT", true],
  [15, "bit 15", false],
  [16, "RF", true],
  [17, "VM", false],
  [18, "AC", true],
  [19, "VIF", false],
  [20, "VIP", false],
  [21, "ID", false],
  [22, "bit 22", false],
  [31, "bit 31", false],
  [32, "bit 32", false],
  [63, "bit 63", false],
];

function* facts(): Generator<Fact> {
  for (const [bit, name, written] of BITS) {
    const word = REST | (1n << BigInt(bit));
    const reads = { written: { eflags: written ? word : REST } };
    const what = written ? `${name} is written` : `${name} stays 0`;
    yield tell(`SETREGS: ${what}`, "W7", setregs({ eflags: word }), reads);
    yield tell(`POKEUSER: ${what}`, "W7", poke([["eflags", word]]), reads);
  }
  for (const [what, word] of [
    ["IF", REST & ~0x200n],
    ["the bit that is always set", REST & ~2n],
    ["both", 0n],
  ] as const) {
    const name = `SETREGS: ${what} stay${what === "both" ? "" : "s"} set`;
    yield tell(name, "W7", setregs({ eflags: word }), { written: { eflags: REST } });
  }
  const all = { eflags: -1n };
  yield tell("SETREGS: of all bits those of 0x54dd5 are written", "W7", setregs(all), {
    written: { eflags: 0x54fd7n },
  });
  yield tell("SETREGSET: of all bits those of 0x54dd5 are written", "W7", setregset(216, all), {
    written: { eflags: 0x54fd7n },
  });
  yield tell(
    "SETREGS: no word of eflags is refused",
    "W7",
    setregs({ eflags: 0xffff_ffff_fff8_0000n }),
    {
      written: { eflags: REST },
    },
  );
  for (const [bit, name, written] of BITS) {
    if (!written || name === "TF" || name === "RF") continue;
    const word = REST | (1n << BigInt(bit));
    yield tell(
      `${name} is there when instructions run, and when they have run`,
      "IRET, SDM volume 2",
      setregs({ eflags: word }, { on: "CONT", code: "nops" }),
      { stop: "SIGTRAP", stopped: { eflags: word } },
    );
  }
}

export const eflags: readonly Fact[] = [...facts()];
