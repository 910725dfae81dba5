import type { PartialEncoder } from "../../../../core/encoder/encoder.ts";
import { blockIn, ORIG_RAX, PARENT } from "../script/amd64.ts";
import { scriptAmd64 } from "../script/arch.ts";
import { Memory } from "../script/memory.ts";
import { clamp, DECISIONS } from "./decisions.ts";

/** The encoder `script` with gVisor's decisions, a sign-extended pid of the parent, and an unchanged orig_rax. */
export function openAmd64(): PartialEncoder {
  const memory = new Memory();
  const model = scriptAmd64(memory);
  const originalAt = (block: number) => blockIn(memory, block) + ORIG_RAX;
  return {
    ...model,
    ...DECISIONS,
    encodeBootstrap(block, parent) {
      model.encodeBootstrap(block, parent);
      memory.setHalves(blockIn(memory, block) + PARENT, parent, parent >> 31);
    },
    encodeSyscall(block, initial, ...words) {
      const carried = memory.get(originalAt(initial));
      model.encodeSyscall(block, initial, ...words);
      memory.set(originalAt(block), carried);
    },
    enterGuest(block, initial) {
      const kept = memory.get(originalAt(block));
      const stepping = model.enterGuest(block, initial);
      memory.set(originalAt(block), kept);
      return stepping;
    },
    decodeGuestSyscall(block, at) {
      model.decodeGuestSyscall(block, at);
      return clamp(memory.get(originalAt(block)));
    },
  };
}
