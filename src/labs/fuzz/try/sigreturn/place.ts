/*
 * What a stub that tries setups by itself has in memory beside the pages of ../code.ts. It lies where no case points
 * by intention, above 4 GB, where code of 32 bits cannot reach, and below 0x7f_8000_0000, where User Mode Linux ends.
 *
 *   0x5a_6a00_0000  stack    rw-  where signals are handled
 *   0x5a_6b00_0000  loop     r-x  a page: the code of shim/fuzz/amd64/sigreturn.S
 *   0x5a_6c00_0000  records  rw-  what it shares with the host
 */

export const HANDLER_STACK = 0x5a_6a00_0000n;
/** A frame with all that AVX-512 and AMX have takes 12 kB. */
export const HANDLER_STACK_SIZE = 64 << 10;
export const LOOP = 0x5a_6b00_0000n;
export const RECORDS = 0x5a_6c00_0000n;
