// The bootstrap convention of the stub code (shim/core/amd64/stub.S):
//
//   r15  the pid that getppid() must return, or the stub exits with status 1
//   rbx  1: the system call injected next is a clone, whose child starts the stub code over
//
// R15 and RBX, because system calls change neither.

import { Registers } from "./registers";

/** Makes `block` the frame of a cloning stub whose child must have `parent` as its parent. */
export function encodeBootstrap(block: usize, parent: i32): void {
  const registers = changetype<Registers>(block);
  registers.r15 = u32(parent);
  registers.rbx = 1;
}
