import type { JudgedMachine } from "./machine.ts";

/** N, Z, C and V of pstate: all that every processor shows. */
const FLAGS = 0xf000_0000n;

export const arm64: JudgedMachine = {
  // 64 kB after the code: the largest size of a page.
  data: 0x1001_0000n,
  part: 0x1_0000,
  kept: "x19",
  queued: "x20",
  mark: "x9",
  // TRAP_BRKPT, at the BRK.
  breakpoint: { code: 1, length: 0n },
  idle: {},
  begun: "x8",
  restarts: [],
  entered: [],
  vsyscalls: [],
  fit: (block) => block.put("pstate", block.get("pstate") & FLAGS),
  // The TLS comes before the address of the child's tid.
  cloneArguments: (word, parentTid, childTid) => [word, 0n, parentTid, 0n, childTid],
};
