import { readFileSync } from "node:fs";
import koffi from "koffi";
import { HOST_MACHINE } from "../../src/core/machine/index.ts";
import {
  assembleBpf,
  type BpfInstruction,
  DATA_NUMBER,
  JUMP_EQUAL,
  LOAD_WORD,
  RETURN,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
} from "../../src/core/stub/filter.ts";
import { openEncoder } from "../../src/labs/compare/encoders/open.ts";

// What tests do to their own process and Node.js has no function for.

const libc = koffi.load(null);
const syscall = libc.func("long syscall(long, long, void *, void *, long)");
const rseq = libc.func("long syscall(long, void *, long, long, long)");
const archPrctl = libc.func("long syscall(long, long, long)");
const prlimit = libc.func("int prlimit(int, int, void *, void *)");
const prctl = libc.func("int prctl(int, long, long, long, long)");
const sockFprog = koffi.struct({ len: "uint16_t", filter: "void *" });
const setFilter = libc.func("prctl", "int", [
  ...["int", "long", koffi.pointer(sockFprog), "long", "long"],
]);
const signal = libc.func("void *signal(int, void *)");
const sigqueue = libc.func("int sigqueue(int, int, uint64_t)");
const setTimer = libc.func("int setitimer(int, void *, void *)");
const setScheduler = libc.func("int sched_setscheduler(int, int, void *)");
const setAffinity = libc.func("int sched_setaffinity(int, size_t, void *)");
const dlsym = libc.func("void *dlsym(void *, const char *)");

const SIG_SETMASK = 2;
const RLIMIT_NPROC = 6;
const RLIMIT_NOFILE = 7;
const PR_SET_DUMPABLE = 4;
const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_FILTER = 2;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_CHILD_SUBREAPER = 36;
const SIG_IGN = 1n;

const { constants } = openEncoder("assembly");

/** The number of a system call. */
export function callNumber(name: string): number {
  return Number(constants.get(`SYS_${name}`));
}

/** Lets this process, and those that it forks from now on, use the tiles of AMX. Returns whether it may. */
export function requestTiles(): boolean {
  const [ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA] = [0x1023, 18];
  return archPrctl(callNumber("arch_prctl"), ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) === 0;
}

/** An id that no user has. */
const ORDINARY_USER = 54321;

/** Whether the C library is musl, which registers no area for rseq. */
export const hasMusl = /\/ld-musl-|-linux-musl\//.test(readFileSync("/proc/self/maps", "utf8"));

/** Every signal except SIGKILL and SIGSTOP, and the two that glibc reserves. */
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
  check(syscall(callNumber("rt_sigprocmask"), SIG_SETMASK, set, null, set.byteLength));
}

export function ignoreAll(): void {
  for (const number of SIGNALS) signal(number, SIG_IGN);
}

/** Catches all signals, with a harmless function of the C library. */
export function catchAll(): void {
  const handler: unknown = dlsym(null, "abs");
  for (const number of SIGNALS) signal(number, handler);
}

/** Has the kernel send SIGALRM to this process, which catches it, at this interval in microseconds; 0 ends that. */
export function alarm(microseconds: number): void {
  const ITIMER_REAL = 0;
  const SIGALRM = 14;
  signal(SIGALRM, dlsym(null, "abs"));
  const interval = BigInt(microseconds);
  check(setTimer(ITIMER_REAL, new BigUint64Array([0n, interval, 0n, interval]), null));
}

/** Makes root an ordinary user, who can still trace its children. */
export function dropPrivileges(user = ORDINARY_USER): void {
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(user);
  process.setuid?.(user);
  check(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

/** Limits a process to the children (or threads) that its user already has. */
export function forbidForks(pid: number): void {
  check(prlimit(pid, RLIMIT_NPROC, new BigUint64Array([1n, 1n]), null));
}

/**
 * Has the kernel refuse calls to this thread, and to what it forks, from now on, as the seccomp profiles of some
 * containers do. Of two filters that deny a call, the later one determines the errno.
 */
export function forbidCalls(numbers: readonly number[], errno: number): void {
  const refusals = numbers.map(
    (number, i): BpfInstruction => [JUMP_EQUAL, number, numbers.length - i, 0],
  );
  const filter = assembleBpf(
    [LOAD_WORD, DATA_NUMBER],
    ...refusals,
    [RETURN, SECCOMP_RET_ALLOW],
    [RETURN, SECCOMP_RET_ERRNO | errno],
  );
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  check(setFilter(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, { len: filter.length / 8, filter }, 0, 0));
}

/** A registered area is in use as long as its thread lives. */
let rseqArea: Uint8Array | undefined;

/** Registers an rseq area of this size, a power of two, for this thread. */
export function registerRseq(length: number): void {
  const bytes = new Uint8Array(2 * length);
  const address = Number(koffi.address(bytes));
  rseqArea = bytes.subarray((length - (address % length)) % length);
  check(rseq(callNumber("rseq"), rseqArea, length, 0, HOST_MACHINE.rseqSignature));
}

/** Sets the limit on processes and threads for the user of this process. */
export function limitProcesses(most: number): void {
  const soft = Number.isFinite(most) ? BigInt(most) : hardLimit;
  check(prlimit(0, RLIMIT_NPROC, new BigUint64Array([soft, hardLimit]), null));
}

/** Sets the soft limit on the descriptors of this process. */
export function limitFiles(most: number): void {
  const limits = new BigUint64Array(2);
  check(prlimit(0, RLIMIT_NOFILE, null, limits));
  limits[0] = BigInt(most);
  check(prlimit(0, RLIMIT_NOFILE, limits, null));
}

/** Makes orphaned descendants of this process its children. */
export function adoptOrphans(): void {
  check(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

/** sigqueue(3): sends a signal with a value. */
export function queue(pid: number, signal: number, value: number): void {
  sigqueue(pid, signal, value);
}

/** Pins this process and its descendants to one processor. */
export function pinToProcessor(processor: number): void {
  check(setAffinity(0, 8, new BigUint64Array([1n << BigInt(processor)])));
}

/** Lets a thread and its clones run only while their processor is idle (SCHED_IDLE). */
export function runLast(tid: number): void {
  const SCHED_IDLE = 5;
  check(setScheduler(tid, SCHED_IDLE, new Int32Array(1)));
}

function check(result: number): void {
  if (result !== 0) throw new Error(`the C library returned ${result}`);
}
