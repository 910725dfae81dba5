// Sends signals to a process as fast as it can, by kill, tgkill and sigqueue in turn, until it is killed itself:
// `sender PID`. Real-time signals are omitted, as tens of thousands would remain queued.

import { loadShim } from "../../src/core/shim/shim.ts";
import { queue } from "../support/libc.ts";

const [pid = 0] = process.argv.slice(2).map(Number);
const [SIGKILL, SIGSTOP, SIGCONT] = [9, 19, 18];
const signals = Array.from({ length: 31 }, (_, i) => i + 1).filter(
  (signal) => ![SIGKILL, SIGSTOP, SIGCONT].includes(signal),
);
const { tgkill } = loadShim();

console.log("sending");
for (let i = 0; ; i++) {
  const signal = signals[i % signals.length] ?? 1;
  if (i % 3 === 0) tgkill(pid, pid, signal);
  else if (i % 3 === 1) queue(pid, signal, i);
  else process.kill(pid, signal);
}
