import { readFileSync } from "node:fs";
import koffi from "koffi";

// What tests do to their own process, where Node offers no call for it.

const libc = koffi.load(null);
const syscall = libc.func("long syscall(long, long, void *, void *, long)");
const prlimit = libc.func("int prlimit(int, int, void *, void *)");
const prctl = libc.func("int prctl(int, long, long, long, long)");
const signal = libc.func("void *signal(int, void *)");
const dlsym = libc.func("void *dlsym(void *, const char *)");

const SYS_RT_SIGPROCMASK = 14;
const SIG_SETMASK = 2;
const RLIMIT_NPROC = 6;
const PR_SET_DUMPABLE = 4;
const PR_SET_CHILD_SUBREAPER = 36;
const SIG_IGN = 1n;

/** An id that nobody has. */
const ORDINARY_USER = 54321;

/** Every signal but SIGKILL and SIGSTOP, and the two that glibc keeps for itself and refuses to others. */
const SIGNALS = Array.from({ length: 64 }, (_, i) => i + 1).filter(
  (number) => ![9, 19, 32, 33].includes(number),
);

const hardLimit = (() => {
  const limits = new BigUint64Array(2);
  prlimit(0, RLIMIT_NPROC, null, limits);
  return limits[1] ?? 0n;
})();

/** The signals of a thread or process, as /proc has them. */
export interface SignalSets {
  blocked: string;
  ignored: string;
  caught: string;
}

/** The signal sets of the main thread of a process. */
export function signalSets(pid: number): SignalSets {
  const status = readFileSync(`/proc/${pid}/task/${pid}/status`, "utf8");
  const set = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1] ?? "?";
  return { blocked: set("SigBlk"), ignored: set("SigIgn"), caught: set("SigCgt") };
}

/** Blocks these signals in this thread, and no others: bit n - 1 is signal n. */
export function block(signals: bigint): void {
  const set = new BigUint64Array([signals]);
  check(syscall(SYS_RT_SIGPROCMASK, SIG_SETMASK, set, null, set.byteLength));
}

export function ignoreAll(): void {
  for (const number of SIGNALS) signal(number, SIG_IGN);
}

/** Catches all, with a function of the C library that does no harm. */
export function catchAll(): void {
  const handler: unknown = dlsym(null, "abs");
  for (const number of SIGNALS) signal(number, handler);
}

/** Makes root an ordinary user, who can still trace its children. */
export function dropPrivileges(user = ORDINARY_USER): void {
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(user);
  process.setuid?.(user);
  check(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

/** Lets a process have no more children (or threads) than its user has already. */
export function forbidForks(pid: number): void {
  check(prlimit(pid, RLIMIT_NPROC, new BigUint64Array([1n, 1n]), null));
}

/** Lets the user of this process have so many processes and threads, until it is told otherwise. */
export function limitProcesses(most: number): void {
  const soft = Number.isFinite(most) ? BigInt(most) : hardLimit;
  check(prlimit(0, RLIMIT_NPROC, new BigUint64Array([soft, hardLimit]), null));
}

/** Makes the orphans of this process's descendants its own children. */
export function adoptOrphans(): void {
  check(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

function check(result: number): void {
  if (result !== 0) throw new Error(`the C library answered ${result}`);
}
