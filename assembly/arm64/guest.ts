// A guest's registers at a stop and before a resume: the frame of its system call.

import { Arguments } from "../linux/arguments";
import { Registers } from "./registers";

/** Returns 0: no guest can single-step itself, and no register of a block names a call to restart. */
export function enterGuest(_block: usize, _initial: usize): i32 {
  return 0;
}

/** Returns the number of the system call that a guest stopped at, and writes its arguments to `at`. */
export function decodeGuestSyscall(block: usize, at: usize): i32 {
  const registers = changetype<Registers>(block);
  const args = changetype<Arguments>(at);
  args.arg0 = registers.x0;
  args.arg1 = registers.x1;
  args.arg2 = registers.x2;
  args.arg3 = registers.x3;
  args.arg4 = registers.x4;
  args.arg5 = registers.x5;
  return i32(registers.x8);
}

/** Sets the result of the call that a guest stopped at. */
export function encodeGuestResult(block: usize, result: u64): void {
  changetype<Registers>(block).x0 = result;
}
