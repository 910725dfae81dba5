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
    name: "space",
    title: "a new address space, empty and ready to map",
    why: "It is a birth: the grandchild has nothing but its stub code.",
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

/** A trip to a stub that serves a ring. */
const RING = ["PTRACE_CONT", ...WAIT];
const FUTEX = ["futex", "sched_yield"];

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

const SWITCH = ["PTRACE_SETREGS", "PTRACE_SYSEMU", ...WAIT, "PTRACE_GETREGS"];
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

/** A fork, its stop, the attach, whose stop comes first, and one munmap. */
const FORK: Cost = {
  stops: 4,
  wakeups: 4,
  calls: [
    ...["getpid", "rt_sigprocmask", "clone", "rt_sigprocmask", "wait4", ...ATTACH],
    ...["PTRACE_SETREGS", "PTRACE_CONT", ...WAIT, "PTRACE_CONT", ...WAIT, "PTRACE_GETREGS"],
  ],
  others: ["setsid", "62 rt_sigaction", "rt_sigprocmask", "prctl", "getppid", "getpid", "kill"],
};

/** A vfork, the execve, the stop, the attach and two munmaps. */
const EXECUTED: Cost = {
  stops: 5,
  wakeups: 6,
  calls: [
    ...["rt_sigprocmask", "clone", "rt_sigprocmask", "wait4", ...ATTACH],
    ...["PTRACE_SETREGS", "PTRACE_CONT", ...WAIT, "PTRACE_CONT", ...WAIT, "PTRACE_GETREGS"],
    ...INJECTION,
  ],
  others: [...FORK.others, "execveat"],
};

/** The calls of a batch, executed by a lane in one trip. */
function batchOf(calls: number, injections: "ring" | "futex" | "spin"): Mechanism {
  const own = `${calls} getpid`;
  const trips: Readonly<Record<typeof injections, Cost>> = {
    ring: oneStop(RING, [own]),
    futex: unstopped(1, FUTEX, [own, "futex"]),
    spin: unstopped(0, [], [own]),
  };
  return {
    name: `batch-${injections}-${calls}`,
    group: "batch",
    title: `${injections}, ${calls} calls a trip`,
    lane: { work: "batch", options: { injections }, calls },
    ...(injections === "spin" && { apart: true }),
    cost: { ...trips[injections], per: calls },
  };
}

/** Milliseconds after which the processes of a batch are gone. */
const REST = 20;

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
    name: "call-ring",
    group: "call",
    title: "ring: from shared memory, one stop for each trip",
    lane: { work: "call", options: { injections: "ring" } },
    cost: oneStop(RING),
  },
  {
    name: "call-futex",
    group: "call",
    title: "futex: from shared memory, the stub sleeps until it is woken",
    lane: { work: "call", options: { injections: "futex" } },
    cost: unstopped(1, FUTEX, ["getpid", "futex"]),
  },
  {
    name: "call-spin",
    group: "call",
    title: "spin: from shared memory, both look for the other's progress",
    lane: { work: "call", options: { injections: "spin" } },
    apart: true,
    cost: unstopped(0, [], ["getpid"]),
  },
  {
    name: "call-poke",
    group: "call",
    title: "only the number written, two words read, in C",
    cost: oneStop([
      ...["PTRACE_POKEUSER", "PTRACE_CONT", ...WAIT, "PTRACE_PEEKUSER", "PTRACE_PEEKUSER"],
    ]),
  },
  {
    name: "call-trace",
    group: "call",
    title: "seccomp RET_TRACE, PTRACE_SET_SYSCALL_INFO, in C",
    cost: oneStop([
      ...["PTRACE_SET_SYSCALL_INFO", "PTRACE_CONT", ...WAIT, "PTRACE_GET_SYSCALL_INFO"],
    ]),
  },
  {
    name: "call-apart",
    group: "call",
    title: "faithful, in C, tracer and stub on two processors",
    apart: true,
    cost: oneStop(INJECTION),
  },
  {
    name: "batch-faithful",
    group: "batch",
    title: "faithful: one trip for each call",
    lane: { work: "batch", options: {} },
    cost: oneStop(INJECTION),
  },
  batchOf(8, "ring"),
  batchOf(64, "ring"),
  batchOf(512, "ring"),
  batchOf(64, "futex"),
  batchOf(64, "spin"),
  {
    name: "birth-c",
    group: "birth",
    title: "grandchild, in C",
    most: 200,
    rest: REST,
    cost: GRANDCHILD,
  },
  {
    name: "birth-faithful",
    group: "birth",
    title: "grandchild",
    lane: { work: "birth", options: {} },
    most: 200,
    rest: REST,
    cost: OWN_GRANDCHILD,
  },
  {
    name: "birth-traced",
    group: "birth",
    title: "grandchild by CLONE_PTRACE and CLONE_PARENT: no attach",
    lane: { work: "birth", options: { births: "traced" } },
    most: 200,
    rest: REST,
    cost: TRACED,
  },
  {
    name: "master-50",
    group: "birth",
    title: "master, forked from a host with 50 MB touched, in C",
    most: 50,
    rest: REST,
    cost: FORK,
  },
  {
    name: "master-100",
    group: "birth",
    title: "master, forked from a host with 100 MB touched, in C",
    most: 50,
    rest: REST,
    cost: FORK,
  },
  {
    name: "master-exec",
    group: "birth",
    title: "master, by vfork and execve from a host with 100 MB touched, in C",
    most: 50,
    rest: REST,
    cost: EXECUTED,
  },
  {
    name: "space-faithful",
    group: "space",
    title: "new",
    lane: { work: "space", options: {} },
    most: 200,
    rest: REST,
    cost: OWN_GRANDCHILD,
  },
  {
    name: "space-traced",
    group: "space",
    title: "new, traced when it begins",
    lane: { work: "space", options: { births: "traced" } },
    most: 200,
    rest: REST,
    cost: TRACED,
  },
  {
    name: "prefill",
    group: "space",
    title: "made for the pool, by platform.prefill",
    lane: { work: "prefill", options: {} },
    most: 200,
    rest: REST,
    cost: OWN_GRANDCHILD,
  },
  {
    name: "prefill-traced",
    group: "space",
    title: "the same, traced when they begin: one stop of the master for all",
    lane: { work: "prefill", options: { births: "traced" } },
    most: 200,
    rest: REST,
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
    name: "switch-lazy",
    group: "switch",
    title: "lazy: only changed registers written, XSAVE only when touched",
    lane: { work: "switch", options: { switches: "lazy" } },
    cost: oneStop(["PTRACE_POKEUSER", "PTRACE_SYSEMU", ...WAIT, "PTRACE_GETREGS"]),
  },
  {
    name: "switch-handler",
    group: "switch",
    title: "handler: no tracer, a signal handler in the stub",
    lane: { work: "switch", options: { switches: "handler" } },
    cost: unstopped(0, ["sched_yield"], ["getpid", "rt_sigreturn", "sched_yield"]),
  },
  {
    name: "switch-spin",
    group: "switch",
    title: "spin: the same on two processors",
    lane: { work: "switch", options: { switches: "spin" } },
    apart: true,
    cost: unstopped(0, [], ["getpid", "rt_sigreturn"]),
  },
  {
    name: "switch-patched",
    group: "switch",
    title: "handler, patches: the system call jumps to the stub's own code",
    lane: { work: "switch", options: { switches: "handler", patches: true } },
    cost: unstopped(0, ["sched_yield"], ["sched_yield"]),
  },
  {
    name: "patched-apart",
    group: "switch",
    title: "spin, patches: the same on two processors",
    lane: { work: "switch", options: { switches: "spin", patches: true } },
    apart: true,
    cost: unstopped(0, [], []),
  },
  {
    name: "switch-plain",
    group: "switch",
    title: "without XSAVE, in C",
    cost: oneStop(SWITCH),
  },
  {
    name: "notify",
    group: "switch",
    title: "seccomp user notification, in C",
    cost: unstopped(2, ["ioctl", "ioctl"], ["getppid"]),
  },
  {
    name: "notify-sync",
    group: "switch",
    title: "the same with SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, in C",
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
    name: "registers",
    group: "floor",
    title: "PTRACE_SETREGS and PTRACE_GETREGS of a resting stub",
    cost: unstopped(0, ["PTRACE_SETREGS", "PTRACE_GETREGS"]),
  },
  {
    name: "signal",
    group: "floor",
    title: "a signal to itself, and its handler",
    cost: unstopped(0, ["tgkill", "rt_sigreturn"]),
  },
  {
    name: "pipe",
    group: "floor",
    title: "a byte to another process and back, through pipes",
    cost: unstopped(2, ["write", "read"], ["read", "write"]),
  },
  {
    name: "futex",
    group: "floor",
    title: "a futex wake to another process and back",
    cost: unstopped(2, ["futex", "futex"], ["futex", "futex"]),
  },
  {
    name: "futex-apart",
    group: "floor",
    title: "the same on two processors",
    apart: true,
    cost: unstopped(2, ["futex", "futex"], ["futex", "futex"]),
  },
  {
    name: "yield",
    group: "floor",
    title: "sched_yield to another process and back",
    cost: unstopped(0, ["sched_yield"], ["sched_yield"]),
  },
  {
    name: "spin",
    group: "floor",
    title: "a word in memory, both spinning, on two processors",
    apart: true,
    cost: unstopped(0, []),
  },
];
