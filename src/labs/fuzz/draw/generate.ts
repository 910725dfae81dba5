import { InputError } from "../../../lib/errors.ts";
import { count, type Shape } from "../../../lib/shape.ts";
import { Batch } from "../case/batch.ts";
import type { Case } from "../case/case.ts";
import { fuzzModule } from "../case/module.ts";
import { CONSTANTS, SETUP_SIZE } from "../case/records.ts";
import { type KnownName, LISTS } from "../known/arch.ts";
import { rules } from "../predict/rules.ts";
import { PATHS, type Path } from "./arch.ts";

/** The version of what makes cases: another one makes others of the same seed. */
export const GENERATOR = 4;

/** A number of this version: a run that has another one had other cases. */
export const exactly =
  (own: number): Shape<number> =>
  (value, place) => {
    const theirs = count(Number.MAX_SAFE_INTEGER)(value, place);
    if (own === theirs) return own;
    throw new InputError(`${place}: this stublab has ${own}, and the run was made with ${theirs}`, {
      remedy: "use the version that began it",
    });
  };

/** Cases that are tried at once. */
export const CHUNK = 512;

interface GeneratorOptions {
  /** Default: ptrace. */
  readonly path?: Path;
  /** Bytes of NT_X86_XSTATE on this machine, and of the area in a frame; the components in XCR0. */
  readonly xstateLength?: number;
  readonly frameLength?: number;
  readonly xcr0?: number;
  /** What this machine has. Without "ia32" no case begins in a 32-bit call. */
  readonly features?: readonly string[];
  /** The id of a rule: most cases are near those that use it. "rare": one in eight is near a rule that few use. */
  readonly near?: string | undefined;
  /** Known deviations of this machine: cases that it cannot bear are not generated. */
  readonly known?: KnownName | undefined;
}

/** The one that the module of this thread draws for. */
let current: Generator | undefined;

/**
 * Generates cases: case `index` is a function of the seed and the index. The first are the seeds of seeds.jsonl; of the
 * others one half is drawn, and one half changes a seed. Cases for rt_sigreturn are drawn. A case near a rule is one of
 * the first 131,072 that uses it, with a small change; which they are depends on the model that the module has at the first call.
 * With `near` some groups of GROUP numbers have cases of several steps, each with a number; no case is in two groups.
 */
export class Generator {
  readonly #avoidsWatchpoints: boolean;
  readonly #begin: readonly number[];
  readonly #near: number | undefined;

  constructor(
    seed: bigint,
    {
      path = "ptrace",
      xstateLength = 832,
      frameLength = xstateLength,
      xcr0 = 7,
      features = ["ia32"],
      near,
      known,
    }: GeneratorOptions = {},
  ) {
    const halves = [seed, seed >> 32n].map((half) => Number(BigInt.asUintN(32, half)));
    const has32 = Number(features.includes("ia32"));
    this.#avoidsWatchpoints = known !== undefined && LISTS[known].avoidsWatchpoints;
    this.#begin = [...halves, PATHS.indexOf(path), xstateLength, frameLength, xcr0, has32];
    this.#near = near === undefined ? near : rules().findIndex(({ id }) => id === near) + 1;
  }

  /** Case `index`: that number's setup, with the steps before it. */
  at(index: number): Case {
    using group = new Batch(CONSTANTS.GROUP);
    const place = index % CONSTANTS.GROUP;
    this.generate(group, 0, index - place, place + 1);
    return group.at(place);
  }

  /** Writes cases `index` to `index + count - 1` to a batch, from its setup `i` on. */
  generate({ setups, capacity }: Batch, i: number, index: number, count = 1): void {
    if (i < 0 || count < 0 || i + count > capacity) {
      throw new RangeError(`${count} cases from setup ${i} on exceed the capacity of ${capacity}`);
    }
    const module = fuzzModule();
    module.global("avoidsWatchpoints").value = Number(this.#avoidsWatchpoints);
    if (current !== this) {
      current = this;
      module.begin(...this.#begin);
      if (this.#near !== undefined) module.survey(this.#near);
    }
    module.generate(setups.byteOffset + i * SETUP_SIZE, count, index);
  }
}
