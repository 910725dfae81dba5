// The guest of the benchmarks: it makes one system call, for ever.

export const SYS_getpid = 39;

const PAGE = 0x10000;

const CODE = Uint8Array.of(
  ...[0xb8, SYS_getpid, 0, 0, 0], // again: mov eax, SYS_getpid
  ...[0x0f, 0x05], //        syscall
  ...[0xeb, 0xf7], //        jmp again
);

/** The guest in an address space of its own, before its first instruction. */
export function startGuest(platform) {
  const space = platform.newAddressSpace();
  space.mapAnonymous(PAGE, 4096, "rwx");
  space.write(PAGE, CODE);
  const context = platform.newContext();
  context.registers.set("rip", BigInt(PAGE));
  return { space, context };
}
