import { constants } from "node:os";
import type { CloneOutcome, Clones } from "./children.ts";
import { slot } from "./code.ts";
import { expectWord, type Judge, type JudgeTable, narrows, REFUSED, undecided } from "./judge.ts";
import { excuseClone } from "./kernels.ts";

const CSIGNAL = 0xffn;
const FLAGS = 0xffff_ff00n;
const HALF = 0xffff_ffffn;
const REFUSAL = "EINVAL";
const SIGCHLD = BigInt(constants.signals.SIGCHLD);
/** Of clone3 only: clone takes it for a part of the signal. */
const NEWTIME = 0x80n;

/** What this kernel may lack, or may deny to this user: namespaces; pidfds, before Linux 5.2 and in gVisor. */
const OPTIONAL = "NEWTIME NEWNS NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET PIDFD".split(" ");

/** Flags that the kernel accepts in any combination, and whose children have an exit signal. */
const HARMLESS = "VM FS FILES SYSVSEM PARENT_SETTID CHILD_SETTID CHILD_CLEARTID UNTRACED IO";

export function cloneJudges(clones: Clones): JudgeTable {
  return {
    encodeClone: cloneJudge(clones),
    cloneFlags: flagsJudge(clones),
    cloneExitSignal: exitSignalJudge(clones),
    encodeClone3: clone3Judge(clones),
  };
}

const effectOf = ({ errno, child }: CloneOutcome) => `${errno} ${child.join()}`;

/**
 * Whether the kernel refused a clone, by its errno. Ends the examination if it may have failed independently of its other
 * flags: because of an optional one, or with an errno other than EINVAL.
 *
 * @param errnoOf tries a clone with one flag
 */
function isRefused(
  clones: Clones,
  flags: bigint,
  errno: string,
  errnoOf: (flag: bigint) => string,
): boolean {
  if (errno === "") return false;
  for (const name of OPTIONAL) {
    const flag = name === "NEWTIME" ? NEWTIME : clones.flags(name);
    if ((flags & flag) === 0n || errnoOf(flag) !== errno) continue;
    undecided(
      `clone fails with ${errno} for CLONE_${name} alone: this kernel lacks it, or denies it to this user`,
    );
  }
  if (errno !== REFUSAL) undecided(`clone failed with ${errno}`);
  return true;
}

function cloneJudge(clones: Clones): Judge {
  const errnoOf = (word: bigint) => clones.clone(word, false).errno;
  const refuses = (flags: bigint, signal: bigint) => errnoOf(flags | signal) === REFUSAL;
  return {
    asked: "clone(flags | exit signal) in a stub: EINVAL or not, and what the child is",
    draw(random, input, enumerated) {
      if (random.chance(7, 8)) input.mask("exitSignal", CSIGNAL);
      if (narrows(random, enumerated)) input.mask("flags", FLAGS);
    },
    ask(input) {
      const flags = input.word("flags");
      const signal = BigInt(input.int("exitSignal"));
      if ((flags & CSIGNAL) !== 0n || signal < 0n || signal > CSIGNAL) {
        undecided("in the low byte of a word, flags cannot be distinguished from an exit signal");
      }
      const word = flags | signal;
      const refused = isRefused(clones, flags, errnoOf(word), (flag) => errnoOf(flag | SIGCHLD));
      return ({ result }) => {
        const isRefusal = result === REFUSED;
        if (refused !== isRefusal) excuseClone(clones, { flags, signal }, refused, refuses);
        expectWord("encodeClone", refused ? REFUSED : word, result, (each) =>
          effectOf(clones.clone(each & HALF)),
        );
      };
    },
  };
}

/** The outcome of a clone that the kernel must accept. */
function acceptedOutcome(clones: Clones, word: bigint, looks: boolean): CloneOutcome {
  const outcome = clones.clone(word, looks);
  if (outcome.errno !== "") undecided(`clone refuses the word: ${outcome.errno}`);
  return outcome;
}

/** A clone with the flags has the same effects as one with the flags of the word. */
function flagsJudge(clones: Clones): Judge {
  return {
    asked: "clone(the flags) and clone(the word without its low byte): what the children are",
    /** Mostly flags that the kernel accepts together: it refuses most sets. */
    draw(random, input, enumerated) {
      if (narrows(random, enumerated)) input.mask("word", clones.flags(HARMLESS) | CSIGNAL);
    },
    ask(input) {
      const word = input.word("word") & FLAGS;
      acceptedOutcome(clones, word, false);
      return ({ result }) =>
        expectWord("cloneFlags", word, result, (flags) => effectOf(clones.clone(flags)));
    },
  };
}

function exitSignalJudge(clones: Clones): Judge {
  return {
    asked: "clone(the word); the child's exit signal in /proc/PID/stat",
    /** Mostly flags that the kernel accepts and that do not affect the exit signal; all signals. */
    draw(random, input) {
      if (random.chance(1, 8)) return;
      const flags = input.word("word") & clones.flags(HARMLESS);
      input.put("word", flags | BigInt(random.below(256)));
    },
    ask(input) {
      const word = input.word("word") & HALF;
      if ((word & clones.flags("THREAD PARENT")) !== 0n)
        undecided("threads and siblings have another exit signal");
      const { exitSignal } = acceptedOutcome(clones, word, true);
      if (exitSignal !== undefined) return BigInt(exitSignal);
      return undecided("the end of the child killed the stub before the child was examined");
    },
  };
}

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
/** Errnos that clone3 returns only after all its other checks: bad addresses and descriptors. */
const LATE = ["EFAULT", "EBADF"];

function clone3Judge(clones: Clones): Judge {
  const errnoOf = (members: BigUint64Array) => clones.clone3(members, SIZE, false).errno;
  const alone = (flags: bigint) =>
    errnoOf(new BigUint64Array(NAMES.length).with(0, flags).with(EXIT_SIGNAL, SIGCHLD));
  const refuses = (meant: BigUint64Array): boolean => {
    // The kernel reads set_tid between its other checks, and no pid can be chosen here: the rest is tried without it.
    const rest = meant.with(SET_TID, 0n).with(SET_TID_SIZE, 0n);
    if (rest.some((word, i) => word !== meant[i])) {
      const refused = errnoOf(meant) === REFUSAL;
      if (refused || meant[SET_TID] === 0n) return refused;
    }
    const errno = errnoOf(rest);
    return !LATE.includes(errno) && isRefused(clones, rest[0] ?? 0n, errno, alone);
  };
  return {
    asked: "clone3(the struct) in a stub: EINVAL or not, and what the child is",
    /** Mostly valid members: invalid ones hide the effect of the flags. */
    draw(random, input) {
      if (random.chance(1, 4)) return;
      const stack = random.chance(1, 2) ? BigInt(random.next()) + 1n : 0n;
      input.put("exit_signal", random.pick([0n, 0n, SIGCHLD]));
      for (const name of ["stack", "stack_size"]) input.put(name, stack);
      for (const name of ["set_tid", "set_tid_size"]) input.put(name, 0n);
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
      change(POINTERS, (word) => slot("parentTid") + 8n * (word % 3n));
      change(["stack", "stack_size", "tls"], (word) => word & ADDRESS || 1n);
      change(["set_tid"], () => NOWHERE);
    },
    ask(input) {
      const meant = BigUint64Array.from(NAMES, (name) => input.word(name));
      const [flags = 0n] = meant;
      const refused = refuses(meant);
      const refusal = REFUSED & HALF;
      return (given) => {
        const [own, size] = [given.words("at").slice(), given.result];
        if (refused !== (size === refusal)) {
          excuseClone(clones, { flags, signal: 0n }, refused, (common) =>
            refuses(meant.with(0, common)),
          );
        }
        if (refused || size === refusal) return given.returns(refused ? refusal : SIZE);
        const i = meant.findIndex((word, member) => word !== own[member]);
        const [field, right, word] =
          i < 0 ? ["encodeClone3", SIZE, size] : [`at.${NAMES[i]}`, meant[i] ?? 0n, own[i] ?? 0n];
        // The kernel gets the size that the encoder returned.
        expectWord(field, right, word, (each) =>
          effectOf(each === right ? clones.clone3(meant, SIZE) : clones.clone3(own, size)),
        );
      };
    },
  };
}
