import type { Random } from "../../cases/random.ts";
import { type CloneOutcome, type Clones, REFUSAL } from "./clones.ts";
import { FunctionJudge } from "./function_judge.ts";
import { expect, HELD, type Judgement, narrows, REFUSED, undecided } from "./judge.ts";
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

/** encodeClone: the word is passed to clone. */
export class CloneJudge extends FunctionJudge<Clones> {
  readonly name = "encodeClone";
  readonly asked = "clone(flags | exit signal) in a stub: EINVAL or not, and what the child is";

  draw(random: Random, input: BigUint64Array, enumerated: boolean): void {
    if (random.chance(7, 8)) this.mask(input, "exitSignal", CSIGNAL);
    if (narrows(random, enumerated)) this.mask(input, "flags", FLAGS);
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const flags = this.word(input, "flags");
    const signal = this.int(input, "exitSignal");
    if (flags > HALF) return undecided("clone ignores the upper half of its word");
    if ((flags & CSIGNAL) !== 0n || signal < 0 || signal > 0xff) {
      return undecided(
        "in the low byte of a word, flags cannot be distinguished from an exit signal",
      );
    }
    const why = untried(this.kernel, flags);
    if (why !== undefined) return undecided(why);
    const word = flags | BigInt(signal);
    const { errno } = this.kernel.clone(word);
    const excused = this.#excuse(flags, errno);
    if (excused !== undefined) return undecided(excused);
    const answer = BigInt.asIntN(64, this.result(answered));
    const refused = errno === REFUSAL;
    if (refused !== (answer === REFUSED)) {
      const difference = cloneDifference(
        this.kernel,
        { flags, signal: BigInt(signal) },
        refused,
        (flags, signal) => this.kernel.clone(flags | signal).errno === REFUSAL,
      );
      if (difference !== undefined) return undecided(difference);
    }
    if (refused || answer === REFUSED) return this.#expect(refused ? REFUSED : word, answer);
    return answer === word ? HELD : this.#compare(word, answer);
  }

  #expect(meant: bigint, answer: bigint): Judgement {
    return expect(this.name, BigInt.asUintN(64, meant), BigInt.asUintN(64, answer));
  }

  #compare(word: bigint, answer: bigint): Judgement {
    const seen = BigInt.asUintN(64, answer);
    const why = untried(this.kernel, seen);
    if (why !== undefined) return undecided(why);
    const meant = { word, outcome: this.kernel.clone(word, true) };
    return compareEffects(this.name, meant, {
      word: seen,
      outcome: this.kernel.clone(seen & HALF, true),
    });
  }

  #excuse(flags: bigint, errno: string): string | undefined {
    const optional = new Map(OPTIONAL_FLAGS.map((name) => [name, this.kernel.flag(name)] as const));
    return excuse(flags, errno, optional, (flag) => this.kernel.clone(flag | SIGCHLD));
  }
}

const SIGCHLD = 17n;

/** cloneFlags: a clone with these flags has the same effects as one with the flags of the word. */
export class CloneFlagsJudge extends FunctionJudge<Clones> {
  readonly name = "cloneFlags";
  readonly asked =
    "clone(the flags) and clone(the word without its low byte): what the children are";

  /** Mostly flags that the kernel accepts together: it refuses most sets. */
  draw(random: Random, input: BigUint64Array, enumerated: boolean): void {
    if (narrows(random, enumerated)) {
      this.mask(input, "word", harmlessFlags(this.kernel) | CSIGNAL);
    }
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const word = this.word(input, "word");
    const flags = this.result(answered);
    if (flags > HALF) return undecided("clone ignores the upper half of its word");
    for (const each of [word & FLAGS, flags]) {
      const why = untried(this.kernel, each);
      if (why !== undefined) return undecided(why);
    }
    const meant = { word: word & FLAGS, outcome: this.kernel.clone(word & FLAGS, true) };
    const { errno } = meant.outcome;
    if (errno !== "") return undecided(`clone refuses the word: ${errno}`);
    const outcome = this.kernel.clone(flags, true);
    const judged = compareEffects(this.name, meant, { word: flags, outcome });
    return judged.verdict === "undecided" && flags === meant.word ? HELD : judged;
  }
}

/** Flags that the kernel accepts in any combination, and whose children have an exit signal. */
function harmlessFlags(clones: Clones): bigint {
  const names = ["CLONE_VM", "CLONE_FS", "CLONE_FILES", "CLONE_SYSVSEM", "CLONE_PARENT_SETTID"];
  const more = ["CLONE_CHILD_SETTID", "CLONE_CHILD_CLEARTID", "CLONE_UNTRACED", "CLONE_IO"];
  return [...names, ...more].reduce((set, name) => set | clones.flag(name), 0n);
}

/** cloneExitSignal: /proc shows the exit signal of a child cloned with the word. */
export class CloneExitSignalJudge extends FunctionJudge<Clones> {
  readonly name = "cloneExitSignal";
  readonly asked = "clone(the word); the child's exit signal in /proc/PID/stat";

  /** Mostly flags that the kernel accepts and that do not affect the exit signal; all signals. */
  draw(random: Random, input: BigUint64Array): void {
    if (random.chance(1, 8)) return;
    const flags = this.word(input, "word") & harmlessFlags(this.kernel);
    this.put(input, "word", flags | BigInt(random.below(256)));
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const word = this.word(input, "word");
    const without = this.kernel.flag("CLONE_THREAD") | this.kernel.flag("CLONE_PARENT");
    if ((word & without) !== 0n) return undecided("threads and siblings have another exit signal");
    const why = untried(this.kernel, word);
    if (why !== undefined) return undecided(why);
    const { errno, effects } = this.kernel.clone(word & HALF, true);
    if (errno !== "") return undecided(`clone refuses the word: ${errno}`);
    const signal = effects.get("exit signal");
    if (signal === undefined)
      return undecided("the end of the child killed the stub before the child was examined");
    return this.expectResult(signal, answered);
  }
}
