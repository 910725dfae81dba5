import { REGISTERS } from "../../../case/amd64/registers.ts";
import { by, type Expectation, each, REFUSED_POKE, type Row, setupFacts } from "../../fact.ts";
import { poke } from "../setups.ts";
import { ARCH_PTRACE, SET_DEBUGREG } from "../sources.ts";

/** Words that no register refuses: RPL 3 for selectors. */
const wordOf = (register: string): bigint => (register === "eflags" ? 0x203n : 0x33n);

/** A check for each offset, and one word that is written to it. */
const at = (offsets: readonly (number | bigint)[], word: bigint, expected: Expectation): Row[] =>
  offsets.map((offset) => [`offset ${offset}`, poke([offset, word]), expected]);

const debugregs = (...numbers: number[]) => numbers.map((n) => 848 + 8 * n);

export const pokeuser = setupFacts("POKEUSER offsets", {
  "The first 27 words of struct user are the registers in the order of SETREGS": [
    "struct user, arch/x86/include/asm/user_64.h",
    ...REGISTERS.flatMap((register, i) =>
      at([8 * i], wordOf(register), { written: { [register]: wordOf(register) } }),
    ),
  ],
  "POKEUSER at an offset that is not a multiple of 8 is EIO": [
    by(ARCH_PTRACE, "W10"),
    ...at([1, 2, 4, 7, 12, 215], 1n, REFUSED_POKE),
  ],
  "POKEUSER between the registers and the debug registers is EIO": [
    by(ARCH_PTRACE, "W12"),
    ...at([216, 224, 288, 544, 840], 1n, REFUSED_POKE),
  ],
  "POKEUSER after the debug registers is EIO": [
    by(ARCH_PTRACE, "W12"),
    ...at([912, 920, 928, 4096, 1n << 32n, 1n << 63n, (1n << 64n) - 8n], 0n, REFUSED_POKE),
  ],
  "Debug registers 4 and 5 do not exist: POKEUSER is EIO": [
    by(SET_DEBUGREG, "W13"),
    ...at(debugregs(4, 5), 0n, REFUSED_POKE),
  ],
  "Debug register 6 accepts any word": [
    by(SET_DEBUGREG, "W38"),
    ...each("%", [0n, (1n << 64n) - 1n], (word) => [poke([896, word]), {}]),
  ],
  "Debug registers 0 to 3 accept addresses of user space": [
    SET_DEBUGREG,
    ...at(debugregs(0, 1, 2, 3), 0x1000n, {}),
  ],
  "Debug registers 0 to 3 refuse addresses of the kernel with EINVAL": [
    by("arch_check_bp_in_kernelspace, arch/x86/kernel/hw_breakpoint.c", "W39"),
    ...at(debugregs(0, 1, 2, 3), 1n << 63n, { error: "EINVAL", refusedAt: 0 }),
  ],
  "Debug register 7 can be set to 0": [by(SET_DEBUGREG, "W62"), ...at(debugregs(7), 0n, {})],
  "POKEUSER at a refused offset keeps the words written before": [
    by(ARCH_PTRACE, "W14"),
    [
      "",
      poke(["r15", 5n], [216, 1n], ["r14", 3n]),
      { error: "EIO", refusedAt: 1, written: { r15: 5n, r14: 0n } },
    ],
  ],
});
