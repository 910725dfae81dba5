// __send_signal_locked, force_sig_info_to_task and dequeue_signal, kernel/signal.c: the signals that are pending, and the
// one that has stopped the task

import { MOST_STEPS } from "../fuzz/setup";
import { SI_KERNEL, SI_USER } from "../linux/siginfo";
import { SIGCONT, SIGSTOP, SIGTRAP } from "../linux/signal";
import { isIn, SYNCHRONOUS, TTY_STOPS } from "./actions";
import { use } from "./rule";
import { task } from "./task";

@unmanaged
class Siginfo {
  address: u64;
  signal: u32;
  code: i32;
}

const SIZE: usize = offsetof<Siginfo>();
/** In the order in which they were sent. A step sends one and raises two, at most. */
const queue = memory.data(16 * 3 * i32(MOST_STEPS), 8);
let length: u32 = 0;

function at(k: u32): Siginfo {
  return changetype<Siginfo>(queue + SIZE * k);
}

/** last_siginfo: the signal by which the task has stopped last. */
export let lastSignal: u32 = 0;
export let lastCode: i32 = 0;
export let lastAddress: u64 = 0;

export function setLastInfo(signal: u32, code: i32, address: u64): void {
  lastSignal = signal;
  lastCode = code;
  lastAddress = address;
}

/** Between two cases none is pending, and the task is at an INT3. */
export function startSignals(): void {
  length = 0;
  setLastInfo(SIGTRAP, SI_KERNEL, 0);
}

/**
 * SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU ({SIG_KERNEL_STOP_MASK}) remove {cont} (SIGCONT) from what is pending, and that
 * removes them.
 * @source prepare_signal, kernel/signal.c, 6.12
 */
export let R123: u32 = 0;
export let R123_SIG_KERNEL_STOP_MASK: u64 = (1 << (SIGSTOP - 1)) | TTY_STOPS;
export let R123_cont: u32 = SIGCONT;

function flushes(signal: u32, pending: u32): bool {
  if (signal == R123_cont) return isIn(pending, R123_SIG_KERNEL_STOP_MASK);
  return pending == R123_cont && isIn(signal, R123_SIG_KERNEL_STOP_MASK);
}

function prepareSignal(signal: u32): void {
  for (let k = length; k-- > 0; ) {
    if (flushes(signal, at(k).signal) && use(R123)) remove(k);
  }
}

function remove(k: u32): void {
  memory.copy(queue + SIZE * k, queue + SIZE * (k + 1), SIZE * (--length - k));
}

/**
 * A signal up to {last} that is pending is not queued again: the siginfo of the first one stays.
 * @source legacy_queue, kernel/signal.c: SIGRTMIN, 6.12
 */
export let R120: u32 = 0;
export let R120_last: u32 = 31;

export function sendSignal(signal: u32, code: i32, address: u64): void {
  prepareSignal(signal);
  for (let k: u32 = 0; k < length; k++) {
    if (at(k).signal == signal && signal <= R120_last && use(R120)) return;
  }
  const last = at(length++);
  last.signal = signal;
  last.code = code;
  last.address = address;
}

/**
 * A signal that an instruction or a single-step raises is not blocked any more.
 * @source force_sig_info_to_task, kernel/signal.c, 6.12
 */
export let R121: u32 = 0;

export function forceSignal(signal: u32, code: i32, address: u64): void {
  if (isIn(signal, task.blocked) && use(R121)) task.blocked &= ~(u64(1) << (signal - 1));
  sendSignal(signal, code, address);
}

/**
 * SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV and SIGSYS ({SYNCHRONOUS_MASK}), if the kernel raised them, are taken
 * before all other signals, in the order in which they were raised.
 * @source dequeue_synchronous_signal, kernel/signal.c: SYNCHRONOUS_MASK, 6.12
 */
export let R73: u32 = 0;
export let R73_SYNCHRONOUS_MASK: u64 = SYNCHRONOUS;

/**
 * Such a signal that is blocked is taken, too, if another one is pending that is not.
 * @source dequeue_synchronous_signal, kernel/signal.c, 6.12
 */
export let R65: u32 = 0;

/** The place of the next signal; `length` if none is pending that is not blocked. */
function dequeueSynchronousSignal(): u32 {
  for (let k: u32 = 0; k < length; k++) {
    const it = at(k);
    if (it.code <= SI_USER || !isIn(it.signal, R73_SYNCHRONOUS_MASK)) continue;
    if (!isIn(it.signal, task.blocked) || use(R65)) return k;
  }
  return length;
}

/** The same for the other signals: the lowest number, but synchronous ones first. */
function nextSignal(): u32 {
  let next = length;
  for (let k = length; k-- > 0; ) {
    const it = at(k);
    if (isIn(it.signal, task.blocked)) continue;
    if (next == length || rank(it.signal) <= rank(at(next).signal)) next = k;
  }
  return next;
}

function rank(signal: u32): u32 {
  return isIn(signal, SYNCHRONOUS) ? signal : signal + 64;
}

function hasOpenSynchronous(): bool {
  for (let k: u32 = 0; k < length; k++) {
    const signal = at(k).signal;
    if (isIn(signal, SYNCHRONOUS) && !isIn(signal, task.blocked)) return true;
  }
  return false;
}

/** Whether any is pending, even if it is blocked. */
export function hasPending(): bool {
  return length > 0;
}

/** dequeue_signal: takes the next signal; it is the last one then. Returns whether there was one. */
export function dequeueSignal(): bool {
  if (length == 0) return false;
  // One alone is taken however it is found.
  const ordered = length > 1 && hasOpenSynchronous() && use(R73);
  const found = ordered ? dequeueSynchronousSignal() : length;
  const k = found < length ? found : nextSignal();
  if (k == length) return false;
  const it = at(k);
  setLastInfo(it.signal, it.code, it.address);
  remove(k);
  return true;
}
