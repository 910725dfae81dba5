/** Where the guest of benchmarks and soaks is mapped. */
export const GUEST_ADDRESS = 0x10000;

/** Its code: it calls getpid in an endless loop. */
export const GUEST_CODE = Uint8Array.of(
  ...[0xb8, 39, 0, 0, 0], // again: mov eax, SYS_getpid
  ...[0x0f, 0x05], //        syscall
  ...[0xeb, 0xf7], //        jmp again
);
