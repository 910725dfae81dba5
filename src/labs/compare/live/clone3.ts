import { compareEffects, expectTriable, isRefused, SIGCHLD } from "./clone.ts";
import { type Clones, REFUSAL } from "./clones.ts";
import { addressOf, SLOTS } from "./code.ts";
import { type Judge, REFUSED } from "./judge.ts";
import { excuseClone } from "./kernels.ts";

/** The members of struct clone_args in their order (linux/sched.h), and its size. */
const MEMBERS =
  "flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup";
const NAMES = MEMBERS.split(" ");
const SIZE = 88n;
const [EXIT_SIGNAL, SET_TID, SET_TID_SIZE] = [4, 8, 9];

/** Addresses that the kernel writes to: one of three words of the data page, so that two may be the same. */
const POINTERS = ["pidfd", "child_tid", "parent_tid"];
/** An unmapped address. */
const NOWHERE = 8n;
/** A mask for stack, stack size and TLS: on every machine, the sum of two such words is in user space. */
const ADDRESS = 2n ** 45n - 1n;
const CLONE_NEWTIME = 0x80n;
/** Errnos that clone3 returns only after all its other checks: bad addresses and descriptors. */
const LATE = new Set(["EFAULT", "EBADF"]);

export function clone3Judge(clones: Clones): Judge {
  const errnoOf = (members: BigUint64Array) => clones.clone3(members, SIZE).errno;
  const alone = (flags: bigint) => {
    const members = new BigUint64Array(NAMES.length);
    members[0] = flags;
    members[EXIT_SIGNAL] = SIGCHLD;
    return clones.clone3(members, SIZE);
  };
  const refuses = (meant: BigUint64Array): boolean => {
    // The kernel reads set_tid between its other checks, and no pid can be chosen here: the rest is tried without it.
    if (meant[SET_TID] !== 0n && errnoOf(meant) === REFUSAL) return true;
    if (meant[SET_TID] === 0n && meant[SET_TID_SIZE] !== 0n) return errnoOf(meant) === REFUSAL;
    const rest = meant.slice();
    rest[SET_TID] = rest[SET_TID_SIZE] = 0n;
    const errno = errnoOf(rest);
    if (LATE.has(errno)) return false;
    return isRefused(clones, rest[0] ?? 0n, errno, alone, { CLONE_NEWTIME });
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
      const change = (names: readonly string[], fitted: (word: bigint) => bigint) => {
        for (const name of names) {
          const word = input.word(name);
          if (word !== 0n) input.put(name, fitted(word));
        }
      };
      change(POINTERS, (word) => addressOf(SLOTS.parentTid) + 8n * (word % 3n));
      change(["stack", "stack_size", "tls"], (word) => word & ADDRESS || 1n);
      change(["set_tid"], () => NOWHERE);
    },
    judge(input, answered) {
      const meant = BigUint64Array.from(NAMES, (name) => input.word(name));
      const [flags = 0n] = meant;
      expectTriable(clones, flags);
      const refused = refuses(meant);
      const isRefusal = BigInt.asIntN(32, answered.result) === REFUSED;
      if (refused !== isRefusal) {
        excuseClone(clones, { flags, signal: 0n }, refused, (common) =>
          refuses(meant.with(0, common)),
        );
      }
      if (refused || isRefusal) {
        answered.returns(refused ? BigInt.asUintN(32, REFUSED) : SIZE);
        return;
      }
      const own = answered.block("at").slice();
      const size = answered.result;
      const differing = NAMES.findIndex((_, i) => meant[i] !== own[i]);
      if (differing < 0 && size === SIZE) return;
      expectTriable(clones, own[0] ?? 0n);
      const isSize = differing < 0;
      // The kernel gets the size that the encoder returned.
      compareEffects(
        isSize ? "encodeClone3" : `at.${NAMES[differing]}`,
        [isSize ? SIZE : (meant[differing] ?? 0n), clones.clone3(meant, SIZE, true)],
        [isSize ? size : (own[differing] ?? 0n), clones.clone3(own, size, true)],
      );
    },
  };
}
