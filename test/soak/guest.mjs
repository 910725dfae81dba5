// The guest of benchmarks and soaks: it makes one system call in an endless loop, and counts in rbx.

export const SYS_getpid = 39;

/** The address of the guest's code. */
export const GUEST_CODE = 0x10000;

const CODE = Uint8Array.of(
  ...[0x48, 0xff, 0xc3], // again: inc rbx
  ...[0xb8, SYS_getpid, 0, 0, 0], // mov eax, SYS_getpid
  ...[0x0f, 0x05], //        syscall
  ...[0xeb, 0xf4], //        jmp again
);

/** Maps the guest into a subprocess; returns its context, before its first instruction. */
export function startGuest(platform, space) {
  space.mapAnonymous(GUEST_CODE, 4096, "rwx");
  space.write(GUEST_CODE, CODE);
  const context = platform.newContext();
  context.registers.set("rip", BigInt(GUEST_CODE));
  return context;
}
