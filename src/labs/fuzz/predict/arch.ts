import { HOST_ARCH } from "../../../core/machine/index.ts";
import type { Step } from "../case/case.ts";
import * as amd64 from "./amd64/same_words.ts";
import * as arm64 from "./arm64/same_words.ts";

/** How the words of a step may be written in another way: the exports of a module. */
interface SameWords {
  /** By the first way, which writes a block. */
  asBlock(it: Step): Step | undefined;
  /** Register by register. */
  asPokes(it: Step): Step | undefined;
  /** A step that writes nothing. */
  asNothing(it: Step): Step | undefined;
  /** Whether an offset is that of a register that can be written alone. */
  isRegister(offset: bigint): boolean;
}

const HOST: SameWords = { amd64, arm64 }[HOST_ARCH];

export const { asBlock, asNothing, asPokes, isRegister } = HOST;
