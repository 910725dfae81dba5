import { compareEffects, excuse, OPTIONAL_FLAGS, untried } from "./clone.ts";
import { type Clones, REFUSAL } from "./clones.ts";
import { DATA, SLOTS } from "./code.ts";
import { type Fields, HELD, type Judge, type Judgement, REFUSED, undecided } from "./judge.ts";
import { cloneDifference } from "./kernels.ts";

/** The members of struct clone_args in their order (linux/sched.h), and its size. */
const MEMBERS = [
  "flags",
  "pidfd",
  "child_tid",
  "parent_tid",
  "exit_signal",
  "stack",
  "stack_size",
  "tls",
  "set_tid",
  "set_tid_size",
  "cgroup",
] as const;
const SIZE = 88n;
const [SET_TID, SET_TID_SIZE, EXIT_SIGNAL] = [8, 9, 4];

/** Addresses that the kernel writes to: one of three words of the data page, so that two may be the same. */
const POINTERS = ["pidfd", "child_tid", "parent_tid"];
/** An unmapped address. */
const NOWHERE = 8n;
/** A mask for stack, stack size and TLS: on every machine, the sum of two such words is in user space. */
const ADDRESS = 2n ** 45n - 1n;
const CLONE_NEWTIME = 0x80n;
const SIGCHLD = 17n;
/** Errnos that clone3 returns only after all its other checks: bad addresses and descriptors. */
const LATE = new Set(["EFAULT", "EBADF"]);

export function clone3Judge(clones: Clones): Judge {
  const errnoOf = (members: BigUint64Array) => clones.clone3(members, SIZE).errno;
  const optional = new Map([
    ["CLONE_NEWTIME", CLONE_NEWTIME],
    ...OPTIONAL_FLAGS.map((name) => [name, clones.flag(name)] as const),
  ]);
  const alone = (flags: bigint) => {
    const members = new BigUint64Array(MEMBERS.length);
    members[0] = flags;
    members[EXIT_SIGNAL] = SIGCHLD;
    return clones.clone3(members, SIZE);
  };
  /** Whether the kernel refuses the members, or why that cannot be determined. */
  const refuses = (meant: BigUint64Array): boolean | string => {
    // The kernel reads set_tid between its other checks, and no pid can be chosen here: the rest is tried without it.
    if (meant[SET_TID] !== 0n && errnoOf(meant) === REFUSAL) return true;
    if (meant[SET_TID] === 0n && meant[SET_TID_SIZE] !== 0n) return errnoOf(meant) === REFUSAL;
    const rest = meant.slice();
    rest[SET_TID] = rest[SET_TID_SIZE] = 0n;
    const errno = errnoOf(rest);
    if (LATE.has(errno)) return false;
    return excuse(rest[0] ?? 0n, errno, optional, alone) ?? errno === REFUSAL;
  };
  const refusesWith = (meant: BigUint64Array, flags: bigint) => {
    const common = meant.slice();
    common[0] = flags;
    return refuses(common) !== false;
  };
  return {
    name: "encodeClone3",
    asked: "clone3(the struct) in a stub: EINVAL or not, and what the child is",
    /** Mostly valid members: invalid ones hide the effect of the flags. */
    draw(random, input) {
      if (random.chance(1, 4)) return;
      const stack = random.chance(1, 2) ? BigInt(random.next()) + 1n : 0n;
      input.put("exit_signal", random.pick([0n, 0n, SIGCHLD]));
      input.put("stack", stack);
      input.put("stack_size", stack);
      input.put("set_tid", 0n);
      input.put("set_tid_size", 0n);
      input.put("cgroup", BigInt(random.below(2 ** 31)));
    },
    /** Replaces addresses by addresses of the stub, except 0. */
    fit(input) {
      const change = (name: string, fitted: (word: bigint) => bigint) => {
        const word = input.word(name);
        if (word !== 0n) input.put(name, fitted(word));
      };
      for (const name of POINTERS) {
        change(name, (word) => DATA + BigInt(SLOTS.parentTid) + 8n * (word % 3n));
      }
      for (const name of ["stack", "stack_size", "tls"]) {
        change(name, (word) => word & ADDRESS || 1n);
      }
      change("set_tid", () => NOWHERE);
    },
    judge(input, answered) {
      const meant = BigUint64Array.from(MEMBERS, (name) => input.word(name));
      const why = untried(clones, meant[0] ?? 0n);
      if (why !== undefined) return undecided(why);
      const refused = refuses(meant);
      if (typeof refused === "string") return undecided(refused);
      const isRefusal = BigInt.asIntN(32, answered.result) === REFUSED;
      if (refused !== isRefusal) {
        const asked = { flags: meant[0] ?? 0n, signal: 0n };
        const difference = cloneDifference(clones, asked, refused, (flags) =>
          refusesWith(meant, flags),
        );
        if (difference !== undefined) return undecided(difference);
      }
      if (refused || isRefusal) {
        return answered.returns(refused ? BigInt.asUintN(32, REFUSED) : SIZE);
      }
      return compareStructs(clones, meant, answered);
    },
  };
}

function compareStructs(clones: Clones, meant: BigUint64Array, answered: Fields): Judgement {
  const own = answered.block("at").slice();
  const size = answered.result;
  const differing = MEMBERS.findIndex((_, i) => meant[i] !== own[i]);
  const name = MEMBERS[differing];
  if (name === undefined && size === SIZE) return HELD;
  const why = untried(clones, own[0] ?? 0n);
  if (why !== undefined) return undecided(why);
  // The kernel gets the size that the encoder returned.
  return compareEffects(
    name === undefined ? "encodeClone3" : `at.${name}`,
    { word: meant[differing] ?? SIZE, outcome: clones.clone3(meant, SIZE, true) },
    { word: own[differing] ?? size, outcome: clones.clone3(own, size, true) },
  );
}
