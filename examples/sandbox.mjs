// A sandbox: runs an untrusted program in an empty address space, and counts its system calls. The program is machine
// code. It writes a greeting and calls getpid, three times, and exits.

import { Platform, runGuest } from "stublab";

const code = [
  "bb 03 00 00 00", //          mov   $3, %ebx
  "b8 01 00 00 00", //       1: mov   $1, %eax           write
  "bf 01 00 00 00", //          mov   $1, %edi
  "48 8d 35 1b 00 00 00", //    lea   text(%rip), %rsi
  "ba 17 00 00 00", //          mov   $23, %edx
  "0f 05", //                   syscall
  "b8 27 00 00 00", //          mov   $39, %eax          getpid
  "0f 05", //                   syscall
  "ff cb", //                   dec   %ebx
  "75 dd", //                   jnz   1b
  "31 ff", //                   xor   %edi, %edi
  "b8 e7 00 00 00", //          mov   $231, %eax         exit_group
  "0f 05", //                   syscall
].flatMap((instruction) => instruction.split(" ").map((byte) => Number.parseInt(byte, 16)));
const text = new TextEncoder().encode("hello from the sandbox\n");

const platform = Platform.open();
try {
  const { result, calls, switches } = runGuest(
    platform,
    { code: Uint8Array.of(...code, ...text) },
    { deadline: 1000, output: (_, bytes) => process.stdout.write(bytes) },
  );
  for (const [name, count] of Object.entries(calls)) console.log(`${name} ${count}`);
  console.log(`${result.kind} after ${switches} switches`);
} finally {
  platform.close();
}
