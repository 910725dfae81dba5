// The machine code of a system call that can be patched, and of its patch: only on amd64 are there guests without a tracer.

/** Bytes of `mov $number, %eax; syscall`. */
export const SITE_LENGTH = 7;

/** The upper half of these addresses is a SYSCALL: as the operand of a jump it may stay what it is. */
export const LOWEST_TABLE = 0x050f_0000;
export const TABLES = 16;

/** `mov $number, %eax` */
export function encodeMove(number: number): Uint8Array {
  const bytes = Uint8Array.of(0xb8, 0, 0, 0, 0);
  new DataView(bytes.buffer).setUint32(1, number, true);
  return bytes;
}

/** `jmp *address` before a SYSCALL that is the upper half of the address. */
export function encodeJump(address: number): Uint8Array {
  return Uint8Array.of(0xff, 0x24, 0x25, address & 0xff, (address >> 8) & 0xff);
}

/** The number in `mov $number, %eax; syscall`; undefined if the bytes are other instructions. */
export function decodeSite(bytes: Uint8Array): number | undefined {
  const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true);
  return bytes[0] === 0xb8 && bytes[5] === 0x0f && bytes[6] === 0x05 ? number : undefined;
}
