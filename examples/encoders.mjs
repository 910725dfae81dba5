// Encodes the same system call with three encoders, and compares the register blocks. They should not differ.

import { ENCODERS, openEncoder, registerLayout } from "stublab";

const blocks = ENCODERS.map((name) => {
  const encoder = openEncoder(name);
  const size = Number(encoder.constants.get("REGISTERS_SIZE"));
  const initial = Math.ceil(encoder.heap / 8) * 8;
  const block = initial + size;
  const number = encoder.constants.get("SYS_wait4");
  const options = encoder.constants.get("__WALL") | encoder.constants.get("WUNTRACED");
  encoder.encodeSyscall(block, initial, number, 1234n, 0n, options, 0n, 0n, 0n);
  return { name, words: new BigUint64Array(encoder.buffer, block, size / 8), encoder };
});

for (const { name: register, offset } of registerLayout(blocks[0].encoder)) {
  const words = blocks.map(({ words }) => words[offset / 8]);
  if (words.every((word) => word === 0n)) continue;
  const same = words.every((word) => word === words[0]);
  console.log(`${register.padEnd(9)} 0x${words[0].toString(16)} ${same ? "in all" : "DIFFERS"}`);
}
