import { Random } from "../cases/random.ts";
import { BASELINE } from "./baseline.ts";
import { drawIndex, drawPlace, drawRegister } from "./interest.ts";
import { drawFatal, drawFrom, drawOn, drawSignal, drawWay } from "./kinds.ts";
import { mutate } from "./mutate.ts";
import { drawLength, drawPairs, drawWords } from "./other_ways.ts";
import { SEEDS } from "./seeds.ts";
import { SetupList } from "./setup_list.ts";
import {
  type Batch,
  indexOf,
  ONS,
  REGISTERS,
  SETUP,
  SETUP_SIZE,
  setupAt,
  WAYS,
  wordAt,
} from "./setups.ts";
import { SigreturnGenerator } from "./sigreturn/generate.ts";
import { tame } from "./tame.ts";

/** One case in so many may end its stub: a new one takes as long as twenty cases. */
const KILLING = 512;
/** One case in so many changes many registers at once. */
const CROWDED = 64;

const FEW = Uint8Array.of(0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5);

const RIP = indexOf("rip");
const [SETREGS, SETREGSET] = [WAYS.indexOf("SETREGS"), WAYS.indexOf("SETREGSET")];
const SIGRETURN = WAYS.indexOf("SIGRETURN");
const CONT = ONS.indexOf("CONT");
const HALVES = SETUP_SIZE / 4;
/** A setup of the baseline. */
const PLAIN = new Uint32Array(HALVES);
PLAIN.set(new Uint32Array(BigUint64Array.from(BASELINE).buffer), SETUP.words);

/** How cases come to their registers. */
export const PATHS = ["ptrace", "sigreturn", "both"] as const;
export type Path = (typeof PATHS)[number];

/** With both paths, so many neighbours have the same one: changing over takes as long as a case. */
const NEIGHBOURS = 64;
/** One lot of them in so many is by rt_sigreturn. */
const LOTS = 8;

export interface GeneratorOptions {
  /** Default: ptrace. */
  readonly path?: Path;
  /** Bytes of the XSAVE area on this machine. */
  readonly xstateLength?: number;
}

/**
 * Makes cases: case `index` is a function of the seed, the index and the corpus, whatever was made before it. The first
 * are the seeds of seeds.ts as they are; of the others a half is drawn, and a half changes a seed or what the corpus has.
 */
export class Generator {
  readonly #random: Random;
  readonly #seeds = new SetupList(SEEDS);
  readonly #corpus: SetupList;
  readonly #xstateLength: number;
  readonly #path: Path;
  readonly #sigreturn: SigreturnGenerator;

  /** @param corpus must not change as long as the cases are to be those of one round */
  constructor(
    seed: bigint,
    corpus = new SetupList(),
    { path = "ptrace", xstateLength = 832 }: GeneratorOptions = {},
  ) {
    this.#random = new Random(seed);
    this.#corpus = corpus;
    this.#xstateLength = xstateLength;
    this.#path = path;
    this.#sigreturn = new SigreturnGenerator(seed, corpus);
  }

  /** Writes case `index` into setup `i` of a batch. */
  generate(batch: Pick<Batch, "setups">, i: number, index: number): void {
    if (this.#isReturn(index)) this.#sigreturn.generate(batch, i, index);
    else this.#trace(batch.setups, i, index);
  }

  #isReturn(index: number): boolean {
    if (this.#path !== "both") return this.#path === "sigreturn";
    return Math.floor(index / NEIGHBOURS) % LOTS === LOTS - 1;
  }

  #trace(setups: Uint32Array, i: number, index: number): void {
    const random = this.#random;
    if (index < this.#seeds.length) {
      this.#seeds.copy(index, setups, i);
      tame(setups, i, true);
      return;
    }
    random.start(0, index);
    const mayKill = random.below(KILLING) === 0;
    const kind = random.below(8);
    if (kind < 4) this.#draw(setups, i);
    else {
      const parents = kind < 6 && this.#corpus.length > 0 ? this.#corpus : this.#seeds;
      parents.copy(random.below(parents.length), setups, i);
      asTraced(setups, setupAt(i));
      const others = random.below(2) === 0 && this.#corpus.length > 0 ? this.#corpus : this.#seeds;
      mutate(random, setups, i, others, this.#xstateLength);
    }
    if (mayKill) this.#kill(setups, i);
    tame(setups, i, mayKill);
  }

  #draw(setups: Uint32Array, i: number): void {
    const random = this.#random;
    const at = setupAt(i);
    const way = drawWay(random);
    const block = way === SETREGS || way === SETREGSET;
    for (let k = 0; k < HALVES; k++) setups[at + k] = block ? (PLAIN[k] ?? 0) : 0;
    setups[at + SETUP.kinds] = drawFrom(random) | (way << 8) | (drawOn(random) << 16);
    setups[at + SETUP.signal] = drawSignal(random);
    setups[at + SETUP.length] = drawLength(random, way, this.#xstateLength);
    if (block) this.#drawBlock(setups, wordAt(i));
    else if (!drawPairs(random, way, setups, i, this.#xstateLength)) {
      drawWords(random, way, setups, wordAt(i));
    }
  }

  #drawBlock(setups: Uint32Array, words: number): void {
    const random = this.#random;
    drawPlace(random, setups, words + RIP);
    const crowded = random.below(CROWDED) === 0;
    const count = crowded ? random.below(REGISTERS.length) : (FEW[random.below(FEW.length)] ?? 0);
    for (let n = 0; n < count; n++) {
      const register = crowded ? random.below(REGISTERS.length) : drawIndex(random);
      drawRegister(random, register, setups, words + register);
    }
  }

  /** The case is to go on with a signal, most of which end a stub. */
  #kill(setups: Uint32Array, i: number): void {
    const at = setupAt(i);
    const kinds = setups[at + SETUP.kinds] ?? 0;
    if (((kinds >>> 16) & 0xff) === 0) setups[at + SETUP.kinds] = kinds | (CONT << 16);
    setups[at + SETUP.signal] = drawFatal(this.#random);
  }
}

/** What rt_sigreturn takes, ptrace can write as well. */
function asTraced(setups: Uint32Array, at: number): void {
  const kinds = setups[at + SETUP.kinds] ?? 0;
  if (((kinds >>> 8) & 0xff) !== SIGRETURN) return;
  setups[at + SETUP.kinds] = (kinds & ~0xff00) | (SETREGS << 8);
  setups[at + SETUP.ucFlags] = 0;
  setups[at + SETUP.fpstate] = 0;
}
