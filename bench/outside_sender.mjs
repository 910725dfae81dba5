// Sends signals to a host and all that come from it until the host ends: `outside_sender.mjs PID SEED lethal|gentle`.
// It prints how many, as JSON. A process is held by a pidfd, so that none is hit that has its pid later. See outside.mjs.

import { readFileSync } from "node:fs";
import koffi from "koffi";
import { generator } from "./random.mjs";

const [host = 0, seed = 1] = process.argv.slice(2, 4).map(Number);
const lethal = process.argv[4] === "lethal";
const [SYS_pidfd_send_signal, SYS_pidfd_open] = [424, 434];
/** Linux 6.9. */
const PIDFD_SIGNAL_THREAD = 1;
const [SIGKILL, SIGCONT, SIGSTOP, SI_QUEUE] = [9, 18, 19, -1];
/** One signal to a stub in so many is a SIGKILL. */
const KILLS = 2000;

/** So many signals are sent one after another, and then none for a millisecond. */
const BURST = 20;
const pause = new Int32Array(new SharedArrayBuffer(4));

const libc = koffi.load(null);
const syscall = libc.func("long syscall(long, long, long, void *, long)");
const close = libc.func("int close(int)");

const random = generator(seed);

function childrenOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.split(" ").map(Number).filter(Boolean);
  } catch {
    return [];
  }
}

/** A process of the host's family: the host, a master, or a stub of a master. */
function draw() {
  const which = random(8);
  if (which === 0) return { pid: host, parent: undefined };
  const masters = childrenOf(host);
  const master = masters[random(masters.length || 1)];
  if (master === undefined || which < 3) return { pid: master, parent: host };
  const stubs = childrenOf(master);
  return { pid: stubs[random(stubs.length || 1)], parent: master };
}

function drawSignal(pid) {
  if (pid !== host && lethal && random(KILLS) === 0) return SIGKILL;
  for (;;) {
    const signal = 1 + random(64);
    if (signal === SIGKILL || (pid === host && signal === SIGSTOP)) continue;
    // It lets a stub run on that has stopped itself and is not attached yet, into its INT3.
    if (signal === SIGCONT && !lethal) continue;
    // glibc's own, and the tracer's timer: not for the host.
    if (pid === host && [32, 33, 34, 64].includes(signal)) continue;
    return signal;
  }
}

/** siginfo_t of sigqueue(3): signal, errno, code, pid, uid, value. */
function queued(signal) {
  const info = Buffer.alloc(128);
  info.writeInt32LE(signal, 0);
  info.writeInt32LE(SI_QUEUE, 8);
  info.writeInt32LE(host, 16);
  return info;
}

const alive = syscall(SYS_pidfd_open, host, 0, null, 0);
let signals = 0;
while (syscall(SYS_pidfd_send_signal, alive, 0, null, 0) === 0) {
  const { pid, parent } = draw();
  if (pid === undefined) continue;
  const pidfd = syscall(SYS_pidfd_open, pid, 0, null, 0);
  if (pidfd < 0) continue;
  // It is still the child that the list named, so the pidfd is that child's.
  if (parent === undefined || childrenOf(parent).includes(pid)) {
    const signal = drawSignal(pid);
    // As sigqueue, as tgkill, as kill.
    const info = random(3) === 0 ? queued(signal) : null;
    const flags = random(2) === 0 ? PIDFD_SIGNAL_THREAD : 0;
    syscall(SYS_pidfd_send_signal, pidfd, signal, info, flags);
    signals++;
    if (signals % BURST === 0) Atomics.wait(pause, 0, 0, 1);
    // A host that is stopped goes on at once.
    if (pid === host && random(50) === 0) {
      syscall(SYS_pidfd_send_signal, pidfd, SIGSTOP, null, 0);
      syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, null, 0);
    }
  }
  close(pidfd);
}
console.log(JSON.stringify({ signals }));
