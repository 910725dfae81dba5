import type { Batch } from "../case/batch.ts";
import { fuzzModule } from "../case/module.ts";
import { SetupList } from "../case/setup_list.ts";
import { SETUP_SIZE } from "../case/setups.ts";
import { type KnownName, LISTS } from "../known/arch.ts";
import { PATHS, type Path } from "./arch.ts";

interface GeneratorOptions {
  /** Default: ptrace. */
  readonly path?: Path;
  /** Bytes of NT_X86_XSTATE on this machine, and of the area in a frame; the components in XCR0. */
  readonly xstateLength?: number;
  readonly frameLength?: number;
  readonly xcr0?: number;
  /** What this machine has. Without "ia32" no case begins in a 32-bit call. */
  readonly features?: readonly string[];
  /** Setups that most cases are near to. It must not change during a round. */
  readonly focus?: SetupList;
  /** Known deviations of this machine: cases that it cannot bear are not generated. */
  readonly known?: KnownName | undefined;
}

/**
 * Generates cases: case `index` is a function of the seed, the index and the corpus only. The first are the seeds of
 * seeds.jsonl; of the others one half is drawn, and one half mutates a seed or a case of the corpus. Cases for rt_sigreturn
 * are drawn, or mutate a case of the corpus. With a focus, most cases are one small step from a setup of it.
 */
export class Generator {
  readonly #corpus: SetupList;
  readonly #focus: SetupList | undefined;
  readonly #avoidsWatchpoints: boolean;
  /** The arguments of the module's function that are always the same. */
  readonly #always: readonly number[];

  /** @param corpus must not change during a round */
  constructor(
    seed: bigint,
    corpus = new SetupList(),
    {
      path = "ptrace",
      xstateLength = 832,
      frameLength = xstateLength,
      xcr0 = 7,
      features = ["ia32"],
      focus,
      known,
    }: GeneratorOptions = {},
  ) {
    this.#corpus = corpus;
    this.#focus = focus;
    const halves = [seed, seed >> 32n].map((half) => Number(BigInt.asUintN(32, half)));
    const has32 = Number(features.includes("ia32"));
    this.#avoidsWatchpoints = known !== undefined && LISTS[known].avoidsWatchpoints;
    const xstate = [xstateLength, frameLength, xcr0];
    this.#always = [...halves, PATHS.indexOf(path), ...xstate, has32];
  }

  /** Writes cases `index` to `index + count - 1` to a batch, from its setup `i` on. */
  generate({ setups, capacity }: Batch, i: number, index: number, count = 1): void {
    if (i < 0 || count < 0 || i + count > capacity) {
      throw new RangeError(`${count} cases from setup ${i} on exceed the capacity of ${capacity}`);
    }
    const at = setups.byteOffset + i * SETUP_SIZE;
    const { address, length } = this.#corpus;
    const focus = [this.#focus?.address ?? 0, this.#focus?.length ?? 0];
    fuzzModule().avoidWatchpoints(this.#avoidsWatchpoints);
    fuzzModule().generate(at, count, index, ...this.#always, address, length, ...focus);
  }
}
