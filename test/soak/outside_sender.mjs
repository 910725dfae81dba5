// Sends signals to a host and its descendants until the host ends: `outside_sender.mjs PID SEED lethal|gentle`. Prints
// how many, as JSON. Each target is held by a pidfd, so that no signal reaches a later process with its pid. See
// outside.mjs.

import { readFileSync } from "node:fs";
import koffi from "koffi";
import { generator } from "./random.mjs";

const [host = 0, seed = 1] = process.argv.slice(2, 4).map(Number);
const lethal = process.argv[4] === "lethal";
const [SYS_pidfd_send_signal, SYS_pidfd_open] = [424, 434];
/** Linux 6.9. */
const PIDFD_SIGNAL_THREAD = 1;
const [SIGTRAP, SIGKILL, SIGCONT, SIGSTOP, SIGSYS, SI_QUEUE] = [5, 9, 18, 19, 31, -1];
/** One in this many signals to a stub is a SIGKILL. */
const KILLS = 2000;

/** This many signals are sent in a row, then none for a millisecond. */
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

/** The process group of a process; undefined if it has ended. */
function groupOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[2];
  } catch {
    return undefined;
  }
}

const own = groupOf(host);

/** The stubs among the children of the host, which have groups of their own. */
function stubsOfHost() {
  return childrenOf(host).filter((pid) => groupOf(pid) !== own);
}

/** Draws a target: the host, a master, or a stub of a master. */
function draw() {
  const which = random(8);
  if (which === 0) return { pid: host, parent: undefined };
  const masters = stubsOfHost();
  const master = masters[random(masters.length || 1)];
  if (master === undefined || which < 3) return { pid: master, parent: host };
  const stubs = childrenOf(master);
  return { pid: stubs[random(stubs.length || 1)], parent: master };
}

function drawSignal(pid) {
  if (pid !== host && lethal && random(KILLS) === 0) return SIGKILL;
  for (;;) {
    const signal = random(8) === 0 ? [SIGTRAP, SIGSYS][random(2)] : 1 + random(64);
    if (signal === SIGKILL || (pid === host && signal === SIGSTOP)) continue;
    // SIGCONT resumes a stub that has stopped itself and is not attached yet: it would run into its INT3.
    if (signal === SIGCONT && !lethal) continue;
    // glibc's own signals, and that of the tracer's timer.
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
  // If it is still a child of that parent, the pidfd belongs to that child.
  if (parent === undefined || childrenOf(parent).includes(pid)) {
    const signal = drawSignal(pid);
    // As sigqueue, tgkill or kill.
    const info = random(3) === 0 ? queued(signal) : null;
    const flags = random(2) === 0 ? PIDFD_SIGNAL_THREAD : 0;
    syscall(SYS_pidfd_send_signal, pidfd, signal, info, flags);
    signals++;
    if (signals % BURST === 0) Atomics.wait(pause, 0, 0, 1);
    // Stop the host, and continue it at once.
    if (pid === host && random(50) === 0) {
      syscall(SYS_pidfd_send_signal, pidfd, SIGSTOP, null, 0);
      syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, null, 0);
    }
  }
  close(pidfd);
}
console.log(JSON.stringify({ signals }));
