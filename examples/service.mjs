// A service: runs a program of each of its clients in worker threads, within limits. A client that goes away ends its
// program. The programs are machine code: one exits with 7, one jumps to itself, and so never ends by itself.

import { GuestPool } from "stublab";

const exits = Uint8Array.of(0xbf, 7, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05); // mov $7, %edi; mov $60, %eax; syscall
const spins = Uint8Array.of(0xeb, 0xfe); //                                      jmp .

const guests = new GuestPool({ workers: 2 });

async function answer(client, code, options) {
  try {
    const { result } = await guests.run({ code }, options);
    console.log(`${client}: ${result.kind} ${result.status ?? result.reason}`);
  } catch (error) {
    console.log(`${client}: ${error.message}`);
  }
}

try {
  await answer("the first", exits);
  await answer("the second", spins, { time: 20 });
  await answer("the third", spins, { deadline: 20 });
  const gone = new AbortController();
  setTimeout(() => gone.abort(new Error("has gone away")), 20);
  await answer("the fourth", spins, { signal: gone.signal });
} finally {
  await guests.close();
}
