import type { GuestFunctions } from "./architecture.ts";
import { blockIn, indexOf } from "./arm64.ts";
import type { Memory } from "./memory.ts";

const X0 = indexOf("x0");
const X8 = indexOf("x8");
/** x0 to x5 (syscall(2)). */
const ARGUMENTS = 6;

/** The functions for guests of arm64, which has no vsyscalls. */
export function arm64GuestFunctions(memory: Memory): Omit<GuestFunctions, "rewindVsyscall"> {
  return {
    // A guest cannot step itself, and no word of the block makes the kernel restart a call.
    enterGuest(block, initial) {
      blockIn(memory, block);
      blockIn(memory, initial);
      return 0;
    },

    // The kernel reads the number as 32 bits.
    decodeGuestSyscall(block, at) {
      const first = blockIn(memory, block);
      const to = memory.indexOf(at, 8 * ARGUMENTS);
      for (let i = 0; i < ARGUMENTS; i++) memory.set(to + i, memory.get(first + X0 + i));
      return memory.low(first + X8);
    },

    encodeGuestResult: (block, result) => memory.set(blockIn(memory, block) + X0, result),
  };
}
