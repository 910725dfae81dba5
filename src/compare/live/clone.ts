import { type CloneOutcome, type Clones, REFUSAL } from "./clones.ts";
import {
  HELD,
  type Judge,
  type Judgement,
  narrows,
  REFUSED,
  undecided,
  unsigned,
} from "./judge.ts";
import { cloneDifference } from "./kernels.ts";

const CSIGNAL = 0xffn;
const FLAGS = 0xffff_ff00n;
const HALF = 0xffff_ffffn;

/** What this kernel may lack, or may deny to this user: namespaces; pidfds, before Linux 5.2 and in gVisor. */
export const OPTIONAL_FLAGS = [
  "CLONE_NEWNS",
  "CLONE_NEWCGROUP",
  "CLONE_NEWUTS",
  "CLONE_NEWIPC",
  "CLONE_NEWUSER",
  "CLONE_NEWPID",
  "CLONE_NEWNET",
  "CLONE_PIDFD",
];

/** Why clones with these flags cannot be tried here; undefined if they can. */
export function untried(clones: Clones, flags: bigint): string | undefined {
  const never = clones.flag("CLONE_VFORK") | clones.flag("CLONE_PTRACE");
  if ((flags & never) !== never) return undefined;
  return "a vforking parent waits for its child, which would wait for its tracer";
}

/** Why a clone may have failed independently of its other flags: one of these flags, or an errno other than EINVAL. */
export function excuse(
  flags: bigint,
  errno: string,
  optional: ReadonlyMap<string, bigint>,
  alone: (flag: bigint) => CloneOutcome,
): string | undefined {
  if (errno === "") return undefined;
  for (const [name, flag] of optional) {
    if ((flags & flag) !== 0n && alone(flag).errno === errno) {
      return `clone fails with ${errno} for ${name} alone: this kernel lacks it, or denies it to this user`;
    }
  }
  return errno === REFUSAL ? undefined : `clone failed with ${errno}`;
}

/** Compares the effects of two clones that should do the same. */
export function compareEffects(
  field: string,
  meant: { word: bigint; outcome: CloneOutcome },
  answered: { word: bigint; outcome: CloneOutcome },
): Judgement {
  const failed = { verdict: "failed", field, meant: meant.word, seen: answered.word } as const;
  if (meant.outcome.errno !== answered.outcome.errno) return failed;
  for (const [name, effect] of meant.outcome.effects) {
    if (answered.outcome.effects.get(name) !== effect) return failed;
  }
  return undecided("not the expected word, but its child differs in nothing that is examined");
}

export function cloneJudges(clones: Clones): Judge[] {
  return [cloneJudge(clones), flagsJudge(clones), exitSignalJudge(clones)];
}

function cloneJudge(clones: Clones): Judge {
  const optional = new Map(OPTIONAL_FLAGS.map((name) => [name, clones.flag(name)] as const));
  const alone = (flag: bigint) => clones.clone(flag | SIGCHLD);
  const refuses = (flags: bigint, signal: bigint) => clones.clone(flags | signal).errno === REFUSAL;
  return {
    name: "encodeClone",
    asked: "clone(flags | exit signal) in a stub: EINVAL or not, and what the child is",
    draw(random, input, enumerated) {
      if (random.chance(7, 8)) input.mask("exitSignal", CSIGNAL);
      if (narrows(random, enumerated)) input.mask("flags", FLAGS);
    },
    judge(input, answered) {
      const flags = input.word("flags");
      const signal = input.int("exitSignal");
      if (flags > HALF) return undecided("clone ignores the upper half of its word");
      if ((flags & CSIGNAL) !== 0n || signal < 0 || signal > 0xff) {
        return undecided(
          "in the low byte of a word, flags cannot be distinguished from an exit signal",
        );
      }
      const word = flags | BigInt(signal);
      const answer = answered.result;
      const why = untried(clones, flags);
      if (why !== undefined) return undecided(why);
      const { errno } = clones.clone(word);
      const excused = excuse(flags, errno, optional, alone);
      if (excused !== undefined) return undecided(excused);
      const refused = errno === REFUSAL;
      const isRefusal = answer === unsigned(REFUSED);
      if (refused !== isRefusal) {
        const asked = { flags, signal: BigInt(signal) };
        const difference = cloneDifference(clones, asked, refused, refuses);
        if (difference !== undefined) return undecided(difference);
      }
      if (refused || isRefusal) return answered.returns(refused ? unsigned(REFUSED) : word);
      if (answer === word) return HELD;
      const unseen = untried(clones, answer);
      if (unseen !== undefined) return undecided(unseen);
      const meant = { word, outcome: clones.clone(word, true) };
      const outcome = clones.clone(answer & HALF, true);
      return compareEffects("encodeClone", meant, { word: answer, outcome });
    },
  };
}

const SIGCHLD = 17n;

/** A clone with the flags has the same effects as one with the flags of the word. */
function flagsJudge(clones: Clones): Judge {
  return {
    name: "cloneFlags",
    asked: "clone(the flags) and clone(the word without its low byte): what the children are",
    /** Mostly flags that the kernel accepts together: it refuses most sets. */
    draw(random, input, enumerated) {
      if (narrows(random, enumerated)) input.mask("word", harmlessFlags(clones) | CSIGNAL);
    },
    judge(input, answered) {
      const word = input.word("word") & FLAGS;
      const flags = answered.result;
      if (flags > HALF) return undecided("clone ignores the upper half of its word");
      const why = untried(clones, word) ?? untried(clones, flags);
      if (why !== undefined) return undecided(why);
      const meant = { word, outcome: clones.clone(word, true) };
      const { errno } = meant.outcome;
      if (errno !== "") return undecided(`clone refuses the word: ${errno}`);
      if (flags === word) return HELD;
      const outcome = clones.clone(flags, true);
      return compareEffects("cloneFlags", meant, { word: flags, outcome });
    },
  };
}

/** Flags that the kernel accepts in any combination, and whose children have an exit signal. */
function harmlessFlags(clones: Clones): bigint {
  const names = ["CLONE_VM", "CLONE_FS", "CLONE_FILES", "CLONE_SYSVSEM", "CLONE_PARENT_SETTID"];
  const more = ["CLONE_CHILD_SETTID", "CLONE_CHILD_CLEARTID", "CLONE_UNTRACED", "CLONE_IO"];
  return [...names, ...more].reduce((set, name) => set | clones.flag(name), 0n);
}

function exitSignalJudge(clones: Clones): Judge {
  return {
    name: "cloneExitSignal",
    asked: "clone(the word); the child's exit signal in /proc/PID/stat",
    /** Mostly flags that the kernel accepts and that do not affect the exit signal; all signals. */
    draw(random, input) {
      if (random.chance(1, 8)) return;
      const flags = input.word("word") & harmlessFlags(clones);
      input.put("word", flags | BigInt(random.below(256)));
    },
    judge(input, answered) {
      const word = input.word("word");
      const without = clones.flag("CLONE_THREAD") | clones.flag("CLONE_PARENT");
      if ((word & without) !== 0n)
        return undecided("threads and siblings have another exit signal");
      const why = untried(clones, word);
      if (why !== undefined) return undecided(why);
      const { errno, effects } = clones.clone(word & HALF, true);
      if (errno !== "") return undecided(`clone refuses the word: ${errno}`);
      const signal = effects.get("exit signal");
      return signal === undefined
        ? undecided("the end of the child killed the stub before the child was examined")
        : answered.returns(signal);
    },
  };
}
