import { type Expectation, type Fact, type Need, poke, setregs, show, tellOf } from "./fact.ts";

const tell = tellOf("bases");

/** TASK_SIZE_MAX with four and with five levels of page tables. */
const [FOUR, FIVE] = [(1n << 47n) - 4096n, (1n << 56n) - 4096n];

const TAKEN: readonly (readonly [word: bigint, ...Need[]])[] = [
  [1n],
  [0x1000_0000n],
  [FOUR - 1n],
  [FOUR, "LA57"],
  [FIVE - 1n, "LA57"],
];
const REFUSED: readonly (readonly [word: bigint, ...Need[]])[] = [
  [FOUR, "no LA57"],
  [1n << 47n, "no LA57"],
  [FIVE - 1n, "no LA57"],
  [FIVE],
  [1n << 63n],
  [0xffff_8000_0000_0000n],
  [(1n << 64n) - 1n],
];

function* facts(): Generator<Fact> {
  for (const register of ["fs_base", "gs_base"]) {
    for (const [word, ...needs] of TAKEN) {
      const name = `SETREGS: ${register} takes ${show(word)}${where(needs)}`;
      const it = setregs({ [register]: word });
      yield tell(
        name,
        "putreg, arch/x86/kernel/ptrace.c",
        it,
        { written: { [register]: word } },
        ...needs,
      );
    }
    for (const [word, ...needs] of REFUSED) {
      const name = `SETREGS: ${register} refuses ${show(word)} with EIO${where(needs)}`;
      const expectation: Expectation = { error: "EIO", written: { [register]: 0n } };
      const rule = needs.includes("no LA57") ? "W5" : "putreg, arch/x86/kernel/ptrace.c";
      yield tell(name, rule, setregs({ [register]: word }), expectation, ...needs);
    }
    const kept = poke([
      [register, 0x1234n],
      [register.slice(0, 2), 0x2bn],
    ]);
    yield tell(
      `POKEUSER: writing ${register.slice(0, 2)} leaves ${register} alone`,
      "set_segment_reg, arch/x86/kernel/ptrace.c",
      kept,
      {
        written: { [register]: 0x1234n, [register.slice(0, 2)]: 0x2bn },
      },
    );
    const lost = poke([[register, 1n << 63n]]);
    yield tell(
      `POKEUSER: ${register} refuses an address of the kernel with EIO`,
      "putreg, arch/x86/kernel/ptrace.c",
      lost,
      {
        error: "EIO",
        refusedAt: 0,
      },
    );
  }
  const together = { fs_base: 0x1111n, gs_base: 0x2222n };
  yield tell(
    "The bases that were written are those that RDFSBASE and RDGSBASE read",
    "R59",
    setregs(together, { on: "CONT", code: "bases" }),
    { stop: "SIGTRAP", stopped: { rax: 0x1111n, rbx: 0x2222n, ...together } },
    "FSGSBASE",
  );
  for (const selector of [0n, 3n, 0x2bn, 0x63n, 0xffffn]) {
    yield tell(
      `The bases stay where fs and gs are ${show(selector)}`,
      "x86_fsgsbase_load, arch/x86/kernel/process_64.c",
      setregs({ ...together, fs: selector, gs: selector }, { on: "CONT", code: "nops" }),
      { stop: "SIGTRAP", stopped: together },
      "FSGSBASE",
    );
  }
}

function where(needs: readonly Need[]): string {
  if (needs.includes("LA57")) return ", with five levels of page tables";
  return needs.includes("no LA57") ? ", with four levels of page tables" : "";
}

export const bases: readonly Fact[] = [...facts()];
