import { type CloneOutcome, type Clones, REFUSAL } from "./clones.ts";
import { expect, type Judge, narrows, REFUSED, undecided, unsigned } from "./judge.ts";
import { excuseClone } from "./kernels.ts";

const CSIGNAL = 0xffn;
const FLAGS = 0xffff_ff00n;
const HALF = 0xffff_ffffn;
export const SIGCHLD = 17n;

/** What this kernel may lack, or may deny to this user: namespaces; pidfds, before Linux 5.2 and in gVisor. */
const OPTIONAL = "NEWNS NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET PIDFD".split(" ");

/** Ends an examination that needs clones with flags that cannot be tried here. */
export function expectTriable(clones: Clones, ...words: readonly bigint[]): void {
  const never = clones.flags("CLONE_VFORK CLONE_PTRACE");
  if (words.every((word) => (word & never) !== never)) return;
  undecided("a vforking parent waits for its child, which would wait for its tracer");
}

/**
 * Whether the kernel refused a clone, by its errno. Ends the examination if it may have failed independently of its other
 * flags: because of an optional one, or with an errno other than EINVAL.
 *
 * @param optional further optional flags, by name
 * @param alone tries a clone with one flag
 */
export function isRefused(
  clones: Clones,
  flags: bigint,
  errno: string,
  alone: (flag: bigint) => CloneOutcome,
  optional: Readonly<Record<string, bigint>> = {},
): boolean {
  if (errno === "") return false;
  const own = OPTIONAL.map((name) => [`CLONE_${name}`, clones.flags(`CLONE_${name}`)] as const);
  for (const [name, flag] of [...Object.entries(optional), ...own]) {
    if ((flags & flag) === 0n || alone(flag).errno !== errno) continue;
    undecided(
      `clone fails with ${errno} for ${name} alone: this kernel lacks it, or denies it to this user`,
    );
  }
  if (errno !== REFUSAL) undecided(`clone failed with ${errno}`);
  return true;
}

/** A word of a clone, and what it does. */
type Tried = readonly [word: bigint, outcome: CloneOutcome];

/** Compares the effects of a word with those of the word that an encoder has instead. */
export function compareEffects(field: string, [word, meant]: Tried, [own, seen]: Tried): never {
  const same = [...meant.effects].every(([name, effect]) => seen.effects.get(name) === effect);
  if (meant.errno !== seen.errno || !same) expect(field, word, own);
  return undecided("not the expected word, but its child differs in nothing that is examined");
}

/** The effects of a clone that the kernel must accept. */
function acceptedOutcome(clones: Clones, word: bigint): CloneOutcome {
  expectTriable(clones, word);
  const outcome = clones.clone(word & HALF, true);
  if (outcome.errno !== "") undecided(`clone refuses the word: ${outcome.errno}`);
  return outcome;
}

function expectHalf(flags: bigint): void {
  if (flags > HALF) undecided("clone ignores the upper half of its word");
}

export function cloneJudges(clones: Clones): Judge[] {
  return [cloneJudge(clones), flagsJudge(clones), exitSignalJudge(clones)];
}

function cloneJudge(clones: Clones): Judge {
  const alone = (flag: bigint) => clones.clone(flag | SIGCHLD);
  const refuses = (flags: bigint, signal: bigint) => clones.clone(flags | signal).errno === REFUSAL;
  const tried = (word: bigint): Tried => [word, clones.clone(word & HALF, true)];
  return {
    name: "encodeClone",
    asked: "clone(flags | exit signal) in a stub: EINVAL or not, and what the child is",
    draw(random, input, enumerated) {
      if (random.chance(7, 8)) input.mask("exitSignal", CSIGNAL);
      if (narrows(random, enumerated)) input.mask("flags", FLAGS);
    },
    judge(input, answered) {
      const flags = input.word("flags");
      const signal = BigInt(input.int("exitSignal"));
      expectHalf(flags);
      if ((flags & CSIGNAL) !== 0n || signal < 0n || signal > CSIGNAL) {
        undecided("in the low byte of a word, flags cannot be distinguished from an exit signal");
      }
      const word = flags | signal;
      expectTriable(clones, flags);
      const refused = isRefused(clones, flags, clones.clone(word).errno, alone);
      const meant = refused ? unsigned(REFUSED) : word;
      const answer = answered.result;
      if (answer === meant) return;
      if (refused || answer === unsigned(REFUSED)) {
        excuseClone(clones, { flags, signal }, refused, refuses);
        answered.returns(meant);
      }
      expectTriable(clones, answer);
      compareEffects("encodeClone", tried(word), tried(answer));
    },
  };
}

/** A clone with the flags has the same effects as one with the flags of the word. */
function flagsJudge(clones: Clones): Judge {
  return {
    name: "cloneFlags",
    asked: "clone(the flags) and clone(the word without its low byte): what the children are",
    /** Mostly flags that the kernel accepts together: it refuses most sets. */
    draw(random, input, enumerated) {
      if (narrows(random, enumerated)) input.mask("word", clones.flags(HARMLESS) | CSIGNAL);
    },
    judge(input, answered) {
      const word = input.word("word") & FLAGS;
      const flags = answered.result;
      expectHalf(flags);
      expectTriable(clones, flags);
      const outcome = acceptedOutcome(clones, word);
      if (flags === word) return;
      compareEffects("cloneFlags", [word, outcome], [flags, clones.clone(flags, true)]);
    },
  };
}

/** Flags that the kernel accepts in any combination, and whose children have an exit signal. */
const HARMLESS =
  "CLONE_VM CLONE_FS CLONE_FILES CLONE_SYSVSEM CLONE_PARENT_SETTID CLONE_CHILD_SETTID " +
  "CLONE_CHILD_CLEARTID CLONE_UNTRACED CLONE_IO";

function exitSignalJudge(clones: Clones): Judge {
  return {
    name: "cloneExitSignal",
    asked: "clone(the word); the child's exit signal in /proc/PID/stat",
    /** Mostly flags that the kernel accepts and that do not affect the exit signal; all signals. */
    draw(random, input) {
      if (random.chance(1, 8)) return;
      const flags = input.word("word") & clones.flags(HARMLESS);
      input.put("word", flags | BigInt(random.below(256)));
    },
    judge(input, answered) {
      const word = input.word("word");
      if ((word & clones.flags("CLONE_THREAD CLONE_PARENT")) !== 0n)
        undecided("threads and siblings have another exit signal");
      const signal = acceptedOutcome(clones, word).effects.get("exit signal");
      answered.returns(
        signal ?? undecided("the end of the child killed the stub before the child was examined"),
      );
    },
  };
}
