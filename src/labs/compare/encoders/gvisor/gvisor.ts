import type { PartialEncoder } from "../../../../core/encoder/abi.ts";
import type { Arch } from "../../../../core/machine/index.ts";
import { MACHINES } from "../script/arch.ts";
import { blockFinder, indexOf } from "../script/blocks.ts";
import { Memory } from "../script/memory.ts";
import { openScriptEncoder } from "../script/script.ts";
import { clamp, DECISIONS } from "./decisions.ts";

/** Opens the encoder `script` with gVisor's decisions, and a sign-extended pid of the parent. */
export function openGvisorEncoder(arch: Arch): PartialEncoder {
  const memory = new Memory();
  const machine = MACHINES[arch];
  const model = openScriptEncoder(arch, memory);
  const find = blockFinder(memory, machine);
  const parentAt = indexOf(machine, machine.parent);
  const encodeBootstrap: typeof model.encodeBootstrap = (block, parent) => {
    model.encodeBootstrap(block, parent);
    memory.setHalves(find(block) + parentAt, parent, parent >> 31);
  };
  const decided = { ...model, ...DECISIONS, encodeBootstrap };
  if (machine.called === undefined) return decided;
  const called = indexOf(machine, machine.called);
  const originalAt = (block: number) => find(block) + called;
  return {
    ...decided,
    // Both leave orig_rax as it is.
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
