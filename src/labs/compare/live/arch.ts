import { HOST_ARCH } from "../../../core/machine/index.ts";
import * as amd64 from "./amd64.ts";
import * as arm64 from "./arm64.ts";
import type { View } from "./view.ts";

/** What judges have to know about an architecture: the exports of its module. */
interface LiveArch {
  /** Where the data of stubs under judgement lies, and bytes of it and of their code. */
  readonly DATA: bigint;
  readonly PART: number;
  /** The registers that the code at `clone` and `queue` looks at: whether a child exits, and its status or a file. */
  readonly LEAVES: string;
  readonly KEPT: string;
  /** The register that marks a clone in the bootstrap convention. */
  readonly MARK: string;
  /** si_code of a breakpoint. */
  readonly TRAP_CODE: number;
  /** The registers that tell that no call is in progress. */
  readonly IDLE: Readonly<Record<string, bigint>>;
  /** The errno with which the kernel refuses registers. */
  readonly REFUSES: string;
  /** The registers that the code writes down, and the slots of each. */
  readonly STORED: readonly (readonly [register: string, slot: number])[];
  /** The registers that no program can see. */
  readonly UNSEEN: readonly string[];
  /** Changes registers into valid ones, but for the address of the code. */
  fit(view: View, trap: boolean): void;
  /** The order of the arguments of clone(2). */
  cloneArguments(word: bigint, parentTid: bigint, childTid: bigint): readonly bigint[];
}

const MODULES: Readonly<Record<typeof HOST_ARCH, LiveArch>> = { amd64, arm64 };

export const {
  DATA,
  PART,
  LEAVES,
  KEPT,
  MARK,
  TRAP_CODE,
  IDLE,
  REFUSES,
  STORED,
  UNSEEN,
  fit,
  cloneArguments,
} = MODULES[HOST_ARCH];
