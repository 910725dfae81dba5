import type { Cost, Group, Lane, Mechanism } from "./mechanism.ts";
import type { Work } from "./work.ts";

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

/** The most births of a batch, and the milliseconds after which its processes are gone. */
const BIRTHS = { most: 200, rest: 20 } as const;

type More = Pick<Mechanism, "apart" | "most" | "rest">;

const inC = (
  group: string,
  name: string,
  title: string,
  cost: Cost,
  more: More = {},
): Mechanism => ({ name, group, title, cost, ...more });

/** What stublab does, by a lane. */
const own = (
  group: string,
  name: string,
  title: string,
  lane: Lane,
  cost: Cost,
  more: More = {},
): Mechanism => ({ name, group, title, lane, cost, ...more });

const faithful = (work: Work): Lane => ({ work, options: {} });
const fast = (work: Work): Lane => ({ work, options: { lane: "fast" } });
const PATCHED: Lane = { work: "switch", options: { lane: "fast", patches: true } };
const APART = { apart: true } as const;

/** Costs of the lane fast, on one processor and on two. */
const FAST_CALL = unstopped(1, TRIP, ["getpid", "futex"]);
const FAST_CALL_APART = unstopped(0, [], ["getpid"]);
const FAST_BATCH: Cost = { ...unstopped(1, TRIP, ["64 getpid", "futex"]), per: 64 };
/** The turn with the clone, and the first stop of its child. */
const FAST_BIRTH: Cost = {
  stops: 1,
  wakeups: 1,
  calls: [...TRIP, ...WAIT],
  others: ["clone", "futex"],
};
const FAST_BIRTHS: Cost = { stops: 1, wakeups: 0, calls: WAIT, others: ["clone"] };
const FAST_SWITCH = unstopped(0, ["sched_yield"], ["getpid", "rt_sigreturn", "sched_yield"]);
const FAST_SWITCH_APART = unstopped(0, [], ["getpid", "rt_sigreturn"]);
const PATCHED_SWITCH = unstopped(0, ["sched_yield"], ["sched_yield"]);
const NO_CALLS = unstopped(0, []);
const NOTIFY = unstopped(2, ["ioctl", "ioctl"], ["getppid"]);
const DISPATCH = unstopped(0, ["getpid", "rt_sigreturn"]);
const EMPTYING = oneStop(INJECTION, ["munmap"]);

/** Every mechanism, the reference of each group first. */
export const MECHANISMS: readonly Mechanism[] = [
  inC("call", "call-c", "faithful, in C: gVisor's sequence", oneStop(INJECTION)),
  own("call", "call-faithful", "faithful", faithful("call"), oneStop(INJECTION)),
  own("call", "call-fast", "fast: from shared memory, woken by a futex", fast("call"), FAST_CALL),
  own("call", "call-apart", "fast, on two processors", fast("call"), FAST_CALL_APART, APART),
  own("batch", "batch-64", "fast, 64 calls a trip", fast("batch"), FAST_BATCH),
  inC("birth", "birth-c", "grandchild, in C", GRANDCHILD, BIRTHS),
  own("birth", "birth-faithful", "grandchild", faithful("birth"), OWN_GRANDCHILD, BIRTHS),
  own("birth", "birth-fast", "fast, traced: no attach", fast("birth"), FAST_BIRTH, BIRTHS),
  own("birth", "births", "fast, many by one turn", fast("births"), FAST_BIRTHS, BIRTHS),
  inC("pool", "pool-c", "an injected munmap, in C", EMPTYING),
  own("pool", "pool-faithful", "released, and taken again", faithful("pool"), EMPTYING),
  inC("switch", "switch-c", "faithful, with XSAVE, in C", oneStop(FULL_SWITCH)),
  own("switch", "switch-faithful", "faithful", faithful("switch"), oneStop(FULL_SWITCH)),
  own("switch", "switch-fast", "fast: a signal handler in the stub", fast("switch"), FAST_SWITCH),
  own("switch", "switch-apart", "fast, on two", fast("switch"), FAST_SWITCH_APART, APART),
  own("switch", "switch-patched", "fast, patches: no signal", PATCHED, PATCHED_SWITCH),
  own("switch", "patched-apart", "fast, patches, on two processors", PATCHED, NO_CALLS, APART),
  inC("switch", "notify", "seccomp user notification, in C", NOTIFY),
  inC("switch", "dispatch", "Syscall User Dispatch in the same process, in C", DISPATCH),
  inC("floor", FLOOR, "getpid in a loop", unstopped(0, ["getpid"])),
  inC("floor", "spin", "a word in memory, both spinning, on two processors", NO_CALLS, APART),
];
