import { REGISTERS } from "../case/setups.ts";
import { type Fact, poke, tellOf, type Words } from "./fact.ts";

const tell = tellOf("POKEUSER offsets");

/** Words that no register refuses: RPL 3 for selectors. */
const word = (register: string): bigint => (register === "eflags" ? 0x203n : 0x33n);

function* facts(): Generator<Fact> {
  for (const [i, register] of REGISTERS.entries()) {
    const neighbours: Words = { [register]: word(register) };
    const name = `POKEUSER: offset ${8 * i} is ${register}`;
    yield tell(
      name,
      "struct user, arch/x86/include/asm/user_64.h",
      poke([[8 * i, word(register)]]),
      {
        written: neighbours,
      },
    );
  }
  for (const offset of [1, 2, 4, 7, 12, 215]) {
    yield tell(
      `POKEUSER: offset ${offset}, no multiple of 8, is EIO`,
      "W10",
      poke([[offset, 1n]]),
      {
        error: "EIO",
        refusedAt: 0,
      },
    );
  }
  for (const offset of [216, 224, 288, 544, 840]) {
    const name = `POKEUSER: offset ${offset}, between the registers and the debug registers, is EIO`;
    yield tell(name, "W12", poke([[offset, 1n]]), { error: "EIO", refusedAt: 0 });
  }
  for (const offset of [880, 888]) {
    const name = `POKEUSER: offset ${offset}, the debug register ${(offset - 848) / 8}, is EIO`;
    yield tell(name, "W13", poke([[offset, 0n]]), { error: "EIO", refusedAt: 0 });
  }
  for (const offset of [848, 856, 864, 872, 896, 904]) {
    const name = `POKEUSER: offset ${offset}, the debug register ${(offset - 848) / 8}, takes 0`;
    yield tell(name, "ptrace_set_debugreg, arch/x86/kernel/ptrace.c", poke([[offset, 0n]]), {});
  }
  for (const offset of [912, 4096, 1n << 32n, 1n << 63n, (1n << 64n) - 8n]) {
    const name = `POKEUSER: offset ${offset}, behind struct user, is EIO`;
    yield tell(name, "W11", poke([[offset, 1n]]), { error: "EIO", refusedAt: 0 });
  }
  yield tell(
    "POKEUSER: a word before a bad offset stays",
    "W14",
    poke([
      ["r15", 5n],
      [216, 1n],
    ]),
    {
      error: "EIO",
      refusedAt: 1,
      written: { r15: 5n },
    },
  );
}

export const offsets: readonly Fact[] = [...facts()];
