import { BASELINE, baselineWith } from "../case/baseline.ts";
import { BLOCK_SIZE } from "../case/case_members.ts";
import { indexOf, REGISTERS } from "../case/setups.ts";
import { type Fact, poke, setregs, setregset, show, tellOf, type Words } from "./fact.ts";

const tell = tellOf("write order");

/** Words other than those of the baseline, all of which are taken. */
const OTHERS: Words = {
  ...Object.fromEntries(REGISTERS.map((name, i) => [name, BigInt(0x1000 + i)])),
  cs: 0x23n,
  ss: 0x33n,
  eflags: 0x202n | 0x8c5n,
  ds: 0x2bn,
  es: 0x33n,
  fs: 0x23n,
  gs: 0xffffn,
};

/** Words that are refused, and the errno is EIO. */
const REFUSED: readonly (readonly [register: string, word: bigint])[] = [
  ["cs", 0x10n],
  ["ss", 0n],
  ["fs_base", 1n << 63n],
  ["gs_base", 1n << 63n],
  ["ds", 0x10n],
  ["es", 1n],
  ["fs", 0x30n],
  ["gs", 0xfffcn],
];

/** What was written up to a register, and the baseline from it on. */
function upTo(register: string): Words {
  const words = baselineWith(OTHERS);
  return Object.fromEntries(
    REGISTERS.map((name, i) => [name, (i < indexOf(register) ? words[i] : BASELINE[i]) ?? 0n]),
  );
}

function* facts(): Generator<Fact> {
  const all = { error: undefined, written: OTHERS };
  yield tell(
    "SETREGS writes all 27 words",
    "genregs_set, arch/x86/kernel/ptrace.c",
    setregs(OTHERS),
    {
      written: all.written,
    },
  );
  yield tell(
    "SETREGSET writes all 27 words",
    "genregs_set, arch/x86/kernel/ptrace.c",
    setregset(BLOCK_SIZE, OTHERS),
    {
      written: all.written,
    },
  );
  for (const [register, word] of REFUSED) {
    const words = { ...OTHERS, [register]: word };
    const expectation = { error: "EIO", written: upTo(register) } as const;
    const what = `${register} ${show(word)} is refused with EIO, and what came before it stays`;
    yield tell(`SETREGS: ${what}`, "W1", setregs(words), expectation);
    yield tell(`SETREGSET: ${what}`, "W1", setregset(BLOCK_SIZE, words), expectation);
    const refused = poke([
      ["r15", 7n],
      [register, word],
      ["r14", 9n],
    ]);
    yield tell(`POKEUSER: ${what}, and what would come after it is not written`, "W14", refused, {
      error: "EIO",
      refusedAt: 1,
      written: { r15: 7n, r14: 0n },
    });
  }
  yield tell(
    "SETREGS: of two words that are refused the first ends it",
    "W1",
    setregs({ ...OTHERS, cs: 0n, ds: 0x10n }),
    { error: "EIO", written: upTo("cs") },
  );
  yield tell(
    "SETREGSET: a word behind its length is not looked at",
    "W9",
    setregset(8 * indexOf("cs"), { ...OTHERS, cs: 0n }),
    { written: upTo("cs") },
  );
  yield tell(
    "POKEUSER: the same word twice, and the last stays",
    "arch_ptrace, arch/x86/kernel/ptrace.c",
    poke([
      ["r15", 1n],
      ["r15", 2n],
    ]),
    {
      written: { r15: 2n },
    },
  );
}

export const writeOrder: readonly Fact[] = [...facts()];
