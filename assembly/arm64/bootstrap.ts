// The bootstrap convention of the stub code on arm64:
//
//   x7  the pid that getppid() must return, or the stub exits with status 1
//   x9  1: the system call injected next is a clone, whose child starts the stub code over
//
// x7 and x9, because system calls change neither and take neither as an argument.

import { Registers } from "./registers";

/** Makes `block` the frame of a cloning stub whose child must have `parent` as its parent. */
export function encodeBootstrap(block: usize, parent: i32): void {
  const registers = changetype<Registers>(block);
  registers.x7 = u32(parent);
  registers.x9 = 1;
}
