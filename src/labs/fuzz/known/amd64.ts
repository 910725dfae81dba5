/* The deviations on amd64. */

export const QEMU_TCG = {
  changes: [
    // IRET keeps null selectors in fs and gs, and all bits of rip, and is not refused because of it: the next fetch is.
    ...["R63.set=0x3", "R28", "R62", "R112"],
    // 64-bit code has INTO.
    "R106",
    // Segments have no limits and no rights, accesses no alignment and no end, and one by rsp is like others.
    ...["R57", "R69", "R113", "R116", "R50", "R49", "R107"],
    // SSE raises no exception, and does not see denormals; mxcsr accepts all bits.
    ...["R102", "R101.denormal=0", "S12"],
    // The control and status words of x87 are those that were written.
    ...["S18.set=0", "S18.mask=0xffff", "S18.flags=0"],
  ],
  // RF: set by a page fault that the kernel mends, and cleared late.
  ignoredFlags: 0x1_0000,
  // With TF they end in a loop.
  avoidsWatchpoints: true,
  facts: [
    "ds, es, fs and gs = 3, a null selector, read 0 at the next stop: fs = 3",
    "ds, es, fs and gs = 3, a null selector, read 0 at the next stop: gs = 3",
    "A rip above 4 GB with cs = 0x23 is SIGSEGV, SI_KERNEL",
    "A rip above 4 GB with cs = 0x23 is cut to 32 bits",
    "32-bit code needs a data segment: with ds = 0 a load is SIGSEGV",
    "In 32-bit code a push below 0 is SIGBUS",
    "Where accesses wrap, a load by ds = 0x7b across 4 GB is SIGSEGV without an address",
    "rt_sigreturn does not load a reserved bit of mxcsr: the frame is refused, SIGSEGV",
    "A push to an address that is not canonical: SIGBUS, SI_KERNEL, si_addr 0",
    "With AC an unaligned load: SIGBUS, BUS_ADRALN, si_addr 0, mapped or not",
  ],
};
