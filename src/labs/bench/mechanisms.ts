import type { Cost, Group, Mechanism } from "./mechanism.ts";

/** What always runs, as it shows whether a run is disturbed. */
export const FLOOR = "getpid";

export const GROUPS: readonly Group[] = [
  {
    name: "call",
    title: "a system call executed in a stub",
    why: "Each stop costs two context switches and four or five system calls; without a stop only the hand-over is left.",
    against: "call-c",
  },
  {
    name: "batch",
    title: "a system call executed in a stub, one of a batch",
    why: "A lane without a stop for each call makes one trip to the stub for all of them.",
    against: "call-c",
  },
  {
    name: "birth",
    title: "a stub, attached and ready",
    why: "A clone copies what its parent has mapped: a grandchild one page, a master the whole host.",
    against: "birth-c",
  },
  {
    name: "pool",
    title: "an address space released, emptied and handed out again",
    why: "One injected munmap empties it.",
    against: "pool-c",
  },
  {
    name: "switch",
    title: "a guest run until its next system call, which is answered",
    why: "Two context switches and the transfer of registers; a handler has no tracer, but a signal frame.",
    against: "switch-c",
  },
  {
    name: "floor",
    title: "what the kernel takes for less",
    why: "Two processes that hand over to each other cannot be faster than these.",
    against: "call-c",
  },
];

const WAIT = ["sched_yield", "wait4"];

/** A call by all registers: they are written, the stub runs to its INT3, they are read. */
const INJECTION = ["PTRACE_SETREGS", "PTRACE_CONT", ...WAIT, "PTRACE_GETREGS"];

/** A trip to a stub that serves a ring, on the same processor. */
const TRIP = ["futex", "sched_yield"];

const ATTACH = ["PTRACE_ATTACH", ...WAIT, "PTRACE_SETOPTIONS", "PTRACE_GETREGS"];

/** One process stops once for each operation, and is resumed. */
const oneStop = (calls: readonly string[], others: readonly string[] = ["getpid"]): Cost => ({
  stops: 1,
  wakeups: 1,
  calls,
  others,
});

/** No process is traced. */
const unstopped = (
  wakeups: number,
  calls: readonly string[],
  others: readonly string[] = [],
): Cost => ({ stops: 0, wakeups, calls, others });

const FULL_SWITCH = [
  ...["PTRACE_SETREGS", "PTRACE_SETREGSET", "PTRACE_SYSEMU"],
  ...[...WAIT, "PTRACE_GETREGS", "PTRACE_GETREGSET"],
];

/** The clone, the parent's wait, after which its SIGCHLD stops it once more, and the attach. */
const GRANDCHILD: Cost = {
  stops: 4,
  wakeups: 5,
  calls: [...INJECTION, ...INJECTION, "PTRACE_CONT", ...WAIT, ...ATTACH],
  others: ["clone", "wait4", "prctl", "getppid", "getpid", "kill"],
};

/** stublab also looks whether both are of one session. */
const OWN_GRANDCHILD: Cost = {
  ...GRANDCHILD,
  calls: [...GRANDCHILD.calls.slice(0, -ATTACH.length), "getsid", "getsid", ...ATTACH],
};

/** The clone, and the first stop of its child. */
const TRACED: Cost = {
  stops: 2,
  wakeups: 1,
  calls: [...INJECTION, ...WAIT],
  others: ["clone"],
};

/** Milliseconds after which the processes of a batch are gone. */
const REST = 20;

/** The most births of a batch. */
const BIRTHS = { most: 200, rest: REST } as const;

/** Every mechanism, the reference of each group first. */
export const MECHANISMS: readonly Mechanism[] = [
  {
    name: "call-c",
    group: "call",
    title: "faithful, in C: gVisor's sequence",
    cost: oneStop(INJECTION),
  },
  {
    name: "call-faithful",
    group: "call",
    title: "faithful",
    lane: { work: "call", options: {} },
    cost: oneStop(INJECTION),
  },
  {
    name: "call-fast",
    group: "call",
    title: "fast: from shared memory, the stub sleeps until it is woken",
    lane: { work: "call", options: { lane: "fast" } },
    cost: unstopped(1, TRIP, ["getpid", "futex"]),
  },
  {
    name: "call-apart",
    group: "call",
    title: "fast, on two processors: both look for the other's progress",
    lane: { work: "call", options: { lane: "fast" } },
    apart: true,
    cost: unstopped(0, [], ["getpid"]),
  },
  {
    name: "batch-64",
    group: "batch",
    title: "fast, 64 calls a trip",
    lane: { work: "batch", options: { lane: "fast" }, calls: 64 },
    cost: { ...unstopped(1, TRIP, ["64 getpid", "futex"]), per: 64 },
  },
  { name: "birth-c", group: "birth", title: "grandchild, in C", ...BIRTHS, cost: GRANDCHILD },
  {
    name: "birth-faithful",
    group: "birth",
    title: "grandchild",
    lane: { work: "birth", options: {} },
    ...BIRTHS,
    cost: OWN_GRANDCHILD,
  },
  {
    name: "birth-fast",
    group: "birth",
    title: "fast, by CLONE_PTRACE and CLONE_PARENT: no attach",
    lane: { work: "birth", options: { lane: "fast" } },
    ...BIRTHS,
    cost: TRACED,
  },
  {
    name: "births",
    group: "birth",
    title: "fast, many by one turn of their parent",
    lane: { work: "births", options: { lane: "fast" } },
    ...BIRTHS,
    cost: { stops: 1, wakeups: 0, calls: WAIT, others: ["clone"] },
  },
  {
    name: "pool-c",
    group: "pool",
    title: "an injected munmap, in C",
    cost: oneStop(INJECTION, ["munmap"]),
  },
  {
    name: "pool-faithful",
    group: "pool",
    title: "released into the pool, and taken from it",
    lane: { work: "pool", options: {} },
    cost: oneStop(INJECTION, ["munmap"]),
  },
  {
    name: "switch-c",
    group: "switch",
    title: "faithful, with XSAVE, in C",
    cost: oneStop(FULL_SWITCH),
  },
  {
    name: "switch-faithful",
    group: "switch",
    title: "faithful",
    lane: { work: "switch", options: {} },
    cost: oneStop(FULL_SWITCH),
  },
  {
    name: "switch-fast",
    group: "switch",
    title: "fast: no tracer, a signal handler in the stub",
    lane: { work: "switch", options: { lane: "fast" } },
    cost: unstopped(0, ["sched_yield"], ["getpid", "rt_sigreturn", "sched_yield"]),
  },
  {
    name: "switch-apart",
    group: "switch",
    title: "fast, on two processors",
    lane: { work: "switch", options: { lane: "fast" } },
    apart: true,
    cost: unstopped(0, [], ["getpid", "rt_sigreturn"]),
  },
  {
    name: "switch-patched",
    group: "switch",
    title: "fast, patches: the system call jumps to the stub's own code",
    lane: { work: "switch", options: { lane: "fast", patches: true } },
    cost: unstopped(0, ["sched_yield"], ["sched_yield"]),
  },
  {
    name: "patched-apart",
    group: "switch",
    title: "fast, patches, on two processors",
    lane: { work: "switch", options: { lane: "fast", patches: true } },
    apart: true,
    cost: unstopped(0, [], []),
  },
  {
    name: "notify",
    group: "switch",
    title: "seccomp user notification, in C",
    cost: unstopped(2, ["ioctl", "ioctl"], ["getppid"]),
  },
  {
    name: "dispatch",
    group: "switch",
    title: "Syscall User Dispatch, a SIGSYS handler in the same process, in C",
    cost: unstopped(0, ["getpid", "rt_sigreturn"]),
  },
  {
    name: FLOOR,
    group: "floor",
    title: "getpid in a loop",
    cost: unstopped(0, ["getpid"]),
  },
  {
    name: "spin",
    group: "floor",
    title: "a word in memory, both spinning, on two processors",
    apart: true,
    cost: unstopped(0, []),
  },
];
