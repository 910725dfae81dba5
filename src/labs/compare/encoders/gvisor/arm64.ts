import type { PartialEncoder } from "../../../../core/encoder/encoder.ts";
import { scriptArm64 } from "../script/arch.ts";
import { blockIn, PARENT } from "../script/arm64.ts";
import { Memory } from "../script/memory.ts";
import { DECISIONS } from "./decisions.ts";

/** The encoder `script` with gVisor's decisions and a sign-extended pid of the parent. */
export function openArm64(): PartialEncoder {
  const memory = new Memory();
  const model = scriptArm64(memory);
  return {
    ...model,
    ...DECISIONS,
    encodeBootstrap(block, parent) {
      model.encodeBootstrap(block, parent);
      memory.setHalves(blockIn(memory, block) + PARENT, parent, parent >> 31);
    },
  };
}
