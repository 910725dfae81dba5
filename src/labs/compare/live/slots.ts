/** Byte offsets in the page that stubs under judgement write to; judged_ARCH.S has them as SLOT_*. */
export const SLOTS = {
  /** Where the code that writes registers down was entered. */
  start: 0,
  /** The general registers, in the order of their numbers in machine code: 16 on amd64, 31 on arm64. */
  general: 0x08,
  /** Of amd64: es, cs, ss, ds, fs, gs, a word each. */
  selectors: 0x88,
  eflags: 0xb8,
  /** Of arm64. */
  ...{ stackPointer: 0x100, flags: 0x108 },
  /** The end of what is written down. */
  end: 0x110,
  /** Results of rt_sigqueueinfo and of the read from a signalfd. */
  queued: 0x140,
  received: 0x148,
  /** What clone writes: a pidfd or the child's tid, and the child's tid. */
  parentTid: 0x180,
  childTid: 0x188,
  pidfd: 0x190,
  siginfo: 0x200,
  signalfd: 0x300,
  cloneArguments: 0x400,
  /** struct sock_fprog, and the program that it points to. */
  program: 0x600,
  stackEnd: 0x800,
  instructions: 0x800,
} as const;
