import { Random } from "../../cases/random.ts";
import { BASELINE } from "../baseline.ts";
import { drawIndex, drawPlace, drawRegister } from "../interest.ts";
import { SetupList } from "../setup_list.ts";
import {
  type Batch,
  FROMS,
  indexOf,
  ONS,
  REGISTERS,
  SETUP,
  SETUP_SIZE,
  setupAt,
  WAYS,
  wordAt,
} from "../setups.ts";
import { tame } from "../tame.ts";

/** Stream of a seed's numbers: another than that of ../generate.ts, so that both see different cases. */
const STREAM = 1;
/** One case in so many changes many registers at once. */
const CROWDED = 32;
/** One case in so many could be left by SYSRET, which needs RCX and R11 as SYSCALL leaves them. */
const FAST = 8;
const FEW = Uint8Array.of(0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5);

/** UC_FP_XSTATE 1, UC_SIGCONTEXT_SS 2, UC_STRICT_RESTORE_SS 4 (asm/ucontext.h), and what is none. */
const UC_FLAGS = Uint32Array.of(7, 7, 6, 6, 3, 3, 2, 4, 1, 0, 8, 0xffff_fffb, 0xffff_ffff);

const TRAP_FLAG = 0x100;
const HALVES = SETUP_SIZE / 4;
/** A setup of the baseline. */
const PLAIN = new Uint32Array(HALVES);
PLAIN.set(new Uint32Array(BigUint64Array.from(BASELINE).buffer), SETUP.words);
const CONT = ONS.indexOf("CONT");
const [SETREGS, SIGRETURN] = [WAYS.indexOf("SETREGS"), WAYS.indexOf("SIGRETURN")];
const PTRACE = FROMS.indexOf("signal") | (SETREGS << 8) | (CONT << 16);
const RETURN = FROMS.indexOf("signal") | (SIGRETURN << 8) | (CONT << 16);
const RIP = indexOf("rip");
const RCX = indexOf("rcx");
const R11 = indexOf("r11");
const EFLAGS = indexOf("eflags");

/** Makes cases of the way SIGRETURN: case `index` is a function of the seed, the index and the corpus. */
export class SigreturnGenerator {
  readonly #random: Random;
  readonly #corpus: SetupList;

  /** @param corpus setups of any way that has registers; it must not change as long as the cases are to be those of one round */
  constructor(seed: bigint, corpus = new SetupList()) {
    this.#random = new Random(seed);
    this.#corpus = corpus;
  }

  /** Writes case `index` into setup `i` of a batch. */
  generate({ setups }: Pick<Batch, "setups">, i: number, index: number): void {
    const random = this.#random;
    random.start(STREAM, index);
    const at = setupAt(i);
    if (this.#corpus.length > 0 && random.below(2) === 0) this.#change(setups, i);
    else this.#draw(setups, i);
    if (random.below(FAST) === 0) leaveBySysret(setups, at);
    // What is taken out of a case of ptrace is to be taken out of these, too.
    setups[at + SETUP.kinds] = PTRACE;
    tame(setups, i, false);
    const on = ((setups[at + SETUP.kinds] ?? 0) >>> 16) & 0xff;
    const flags = at + SETUP.words + 2 * EFLAGS;
    if (on !== CONT) setups[flags] = (setups[flags] ?? 0) | TRAP_FLAG;
    setups[at + SETUP.kinds] = RETURN;
    setups[at + SETUP.signal] = 0;
  }

  #draw(setups: Uint32Array, i: number): void {
    const random = this.#random;
    const [at, words] = [setupAt(i), wordAt(i)];
    for (let k = 0; k < HALVES; k++) setups[at + k] = PLAIN[k] ?? 0;
    drawPlace(random, setups, words + RIP);
    const crowded = random.below(CROWDED) === 0;
    const count = crowded ? random.below(REGISTERS.length) : (FEW[random.below(FEW.length)] ?? 0);
    this.#drawWords(setups, words, count, crowded);
    this.#drawFrame(setups, at);
  }

  #change(setups: Uint32Array, i: number): void {
    const random = this.#random;
    this.#corpus.copy(random.below(this.#corpus.length), setups, i);
    if (!hasBlock(setups, setupAt(i))) {
      this.#draw(setups, i);
      return;
    }
    // What lies elsewhere tells of elsewhere again, and is seldom predicted.
    if (random.below(4) > 0) drawPlace(random, setups, wordAt(i) + RIP);
    this.#drawWords(setups, wordAt(i), 1 + random.below(3), false);
    if (random.below(4) === 0) this.#drawFrame(setups, setupAt(i));
  }

  #drawWords(setups: Uint32Array, words: number, count: number, evenly: boolean): void {
    const random = this.#random;
    for (let n = 0; n < count; n++) {
      const register = evenly ? random.below(REGISTERS.length) : drawIndex(random);
      drawRegister(random, register, setups, words + register);
    }
  }

  #drawFrame(setups: Uint32Array, at: number): void {
    const random = this.#random;
    setups[at + SETUP.ucFlags] = UC_FLAGS[random.below(UC_FLAGS.length)] ?? 0;
    setups[at + SETUP.fpstate] = random.below(8) === 0 ? 1 : 0;
  }
}

function hasBlock(setups: Uint32Array, at: number): boolean {
  const way = ((setups[at + SETUP.kinds] ?? 0) >>> 8) & 0xff;
  return way === SETREGS || way === SIGRETURN;
}

function leaveBySysret(setups: Uint32Array, at: number): void {
  const words = at + SETUP.words;
  for (let half = 0; half < 2; half++) {
    setups[words + 2 * RCX + half] = setups[words + 2 * RIP + half] ?? 0;
    setups[words + 2 * R11 + half] = setups[words + 2 * EFLAGS + half] ?? 0;
  }
}
