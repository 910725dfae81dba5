// genregs_set, arch/x86/kernel/ptrace.c

import { REG_cs, REG_ds, REG_eflags } from "../../amd64/registers";
import { bit, get, know, loadRegisters } from "../registers";
import { use } from "../rule";
import { putreg, W3_bits, W3_level } from "./putreg";
import { task } from "./task";

/**
 * Words are written one after the other, r15 first. At the first word that is refused the request ends; the words
 * before it stay written.
 * @source genregs_set, arch/x86/kernel/ptrace.c, 6.12
 */
export let W1: u32 = 0;

/** Writes the first `size` bytes of a block. Returns the errno. */
export function genregsSet(block: usize, size: i32): i32 {
  // putreg accepts any word of these.
  const plain = min(size, REG_cs);
  loadRegisters(block, 0, plain);
  know(bit(plain) - 1);
  let errno = 0;
  for (let register = plain; register < size; register += 8) {
    const word = load<u64>(block + register);
    // Most words are there already, and writing them changes nothing but TIF_FORCED_TF. But a program can load a
    // selector that is refused.
    const isForced = register == REG_eflags && task.forcedTf;
    const isLoaded = register >= REG_ds && word != 0 && (word & W3_bits) != W3_level;
    if (word == get(register) && !isForced && !isLoaded) continue;
    const refused = putreg(register, word);
    if (refused == 0) continue;
    errno = refused;
    if (use(W1)) break;
  }
  return errno;
}
