import type { Batch } from "../case/batch.ts";
import { fuzzModule } from "../case/module.ts";
import { SetupList } from "../case/setup_list.ts";
import { SETUP_SIZE } from "../case/setups.ts";

/** How the registers of cases are written, in the order of assembly/fuzz/index.ts. */
export const PATHS = ["ptrace", "sigreturn", "both"] as const;
export type Path = (typeof PATHS)[number];
export const DEFAULT_PATH: Path = "both";

export interface GeneratorOptions {
  /** Default: ptrace. */
  readonly path?: Path;
  /** Bytes of the XSAVE area on this machine. */
  readonly xstateLength?: number;
  /** What this machine has. Without "ia32" no case begins in a 32-bit call. */
  readonly features?: readonly string[];
  /** Setups that most cases are near to. It must not change during a round. */
  readonly focus?: SetupList;
}

/**
 * Generates cases: case `index` is a function of the seed, the index and the corpus only. The first are the seeds of
 * seeds.ts; of the others one half is drawn, and one half mutates a seed or a case of the corpus. Cases for rt_sigreturn
 * are drawn, or mutate a case of the corpus. With a focus, most cases are one small step from a setup of it.
 */
export class Generator {
  readonly #module = fuzzModule();
  readonly #low: number;
  readonly #high: number;
  readonly #corpus: SetupList;
  readonly #path: number;
  readonly #xstateLength: number;
  readonly #has32: boolean;
  readonly #focus: SetupList | undefined;

  /** @param corpus must not change during a round */
  constructor(
    seed: bigint,
    corpus = new SetupList(),
    { path = "ptrace", xstateLength = 832, features = ["ia32"], focus }: GeneratorOptions = {},
  ) {
    this.#low = Number(BigInt.asUintN(32, seed));
    this.#high = Number(BigInt.asUintN(32, seed >> 32n));
    this.#corpus = corpus;
    this.#path = PATHS.indexOf(path);
    this.#xstateLength = xstateLength;
    this.#has32 = features.includes("ia32");
    this.#focus = focus;
  }

  /** Writes cases `index` to `index + count - 1` to a batch, from its setup `i` on. */
  generate({ setups, capacity }: Batch, i: number, index: number, count = 1): void {
    if (i < 0 || count < 0 || i + count > capacity) {
      throw new RangeError(`${count} cases from setup ${i} on exceed the capacity of ${capacity}`);
    }
    this.#module.generate(
      setups.byteOffset + i * SETUP_SIZE,
      count,
      index,
      this.#low,
      this.#high,
      this.#path,
      this.#xstateLength,
      Number(this.#has32),
      this.#corpus.address,
      this.#corpus.length,
      this.#focus?.address ?? 0,
      this.#focus?.length ?? 0,
    );
  }
}
