import type { PlatformOptions } from "../../core/platform/platform.ts";
import type { Cost, Group, Mechanism } from "./mechanism.ts";
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

type More = Partial<Omit<Mechanism, "group" | "name" | "title" | "cost">>;

/** A mechanism of the C side, unless `more` has a lane. */
function row(group: string, name: string, title: string, cost: Cost, more?: More): Mechanism {
  return { name, group, title, cost, ...more };
}

const APART = { apart: true } as const;
const by = (work: Work, options: PlatformOptions, more?: More): More => ({
  lane: { work, options },
  ...more,
});
const faithful = (work: Work, more?: More) => by(work, {}, more);
const fast = (work: Work, more?: More) => by(work, { lane: "fast" }, more);

/** Costs of the lane fast, on one processor and on two. */
const FAST_CALL = unstopped(1, TRIP, ["getpid", "futex"]);
const FAST_CALL_APART = unstopped(0, [], ["getpid"]);
const FAST_BATCH: Cost = { ...unstopped(1, TRIP, ["64 getpid", "futex"]), per: 64 };
/** The turn with the clone, and the first stop of its child. */
const FAST_BIRTH = oneStop([...TRIP, ...WAIT], ["clone", "futex"]);
const FAST_BIRTHS: Cost = { stops: 1, wakeups: 0, calls: WAIT, others: ["clone"] };
const FAST_SWITCH = unstopped(0, ["sched_yield"], ["getpid", "rt_sigreturn", "sched_yield"]);
const FAST_SWITCH_APART = unstopped(0, [], ["getpid", "rt_sigreturn"]);
const NO_CALLS = unstopped(0, []);
const NOTIFY = unstopped(2, ["ioctl", "ioctl"], ["getppid"]);
const DISPATCH = unstopped(0, ["getpid", "rt_sigreturn"]);
const EMPTYING = oneStop(INJECTION, ["munmap"]);
/** Whether it has ended meanwhile is asked when it is taken. */
const TAKEN_AGAIN = oneStop([...INJECTION, "PTRACE_GETSIGINFO"], ["munmap"]);

/** Every mechanism, the reference of each group first. */
export const MECHANISMS: readonly Mechanism[] = [
  row("call", "call-c", "faithful, in C: gVisor's sequence", oneStop(INJECTION)),
  row("call", "call-faithful", "faithful", oneStop(INJECTION), faithful("call")),
  row("call", "call-fast", "fast: from shared memory, woken by a futex", FAST_CALL, fast("call")),
  row("call", "call-apart", "fast, on two processors", FAST_CALL_APART, fast("call", APART)),
  row("batch", "batch-64", "fast, 64 calls a trip", FAST_BATCH, fast("batch")),
  row("birth", "birth-c", "grandchild, in C", GRANDCHILD, BIRTHS),
  row("birth", "birth-faithful", "grandchild", OWN_GRANDCHILD, faithful("birth", BIRTHS)),
  row("birth", "birth-fast", "fast, traced: no attach", FAST_BIRTH, fast("birth", BIRTHS)),
  row("birth", "births", "fast, many by one turn", FAST_BIRTHS, fast("births", BIRTHS)),
  row("pool", "pool-c", "an injected munmap, in C", EMPTYING),
  row("pool", "pool-faithful", "released, and taken again", TAKEN_AGAIN, faithful("pool")),
  row("switch", "switch-c", "faithful, with XSAVE, in C", oneStop(FULL_SWITCH)),
  row("switch", "switch-faithful", "faithful", oneStop(FULL_SWITCH), faithful("switch")),
  row("switch", "switch-fast", "fast: a signal handler in the stub", FAST_SWITCH, fast("switch")),
  row("switch", "switch-apart", "fast, on two", FAST_SWITCH_APART, fast("switch", APART)),
  row("switch", "notify", "seccomp user notification, in C", NOTIFY),
  row("switch", "dispatch", "Syscall User Dispatch in the same process, in C", DISPATCH),
  row("floor", FLOOR, "getpid in a loop", unstopped(0, ["getpid"])),
  row("floor", "spin", "a word in memory, both spinning, on two processors", NO_CALLS, APART),
];
