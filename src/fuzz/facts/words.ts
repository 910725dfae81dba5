import { type Fact, poke, setregs, show, tellOf } from "./fact.ts";

const tell = tellOf("unchecked words");

/** Registers that take any word. */
const ANY = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip rsp".split(" ");

const RULE = "putreg, arch/x86/kernel/ptrace.c";

function* facts(): Generator<Fact> {
  for (const register of ANY) {
    for (const word of [0n, 0x8000_0000_0000_0000n]) {
      const name = `SETREGS: ${register} takes ${show(word)}, and reads so`;
      yield tell(name, RULE, setregs({ [register]: word }), { written: { [register]: word } });
    }
    const word = 0xfedc_ba98_7654_3210n;
    const name = `POKEUSER: ${register} takes any word, and reads so`;
    yield tell(name, RULE, poke([[register, word]]), { written: { [register]: word } });
  }
}

export const words: readonly Fact[] = [...facts()];
