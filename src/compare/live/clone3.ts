import type { Random } from "../../cases/random.ts";
import { compareEffects, excuse, OPTIONAL_FLAGS, untried } from "./clone.ts";
import { type CloneOutcome, type Clones, REFUSAL } from "./clones.ts";
import { DATA, SLOTS } from "./code.ts";
import { FunctionJudge } from "./function_judge.ts";
import { expect, HELD, type Judgement, REFUSED, undecided } from "./judge.ts";
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

/** encodeClone3: the struct is passed to clone3. */
export class Clone3Judge extends FunctionJudge<Clones> {
  readonly name = "encodeClone3";
  readonly asked = "clone3(the struct) in a stub: EINVAL or not, and what the child is";

  /** Mostly valid members: invalid ones hide the effect of the flags. */
  draw(random: Random, input: BigUint64Array): void {
    if (random.chance(1, 4)) return;
    const set = (name: string, word: bigint) => this.put(input, name, word);
    const stack = random.chance(1, 2) ? BigInt(random.next()) + 1n : 0n;
    set("exit_signal", random.pick([0n, 0n, SIGCHLD]));
    set("stack", stack);
    set("stack_size", stack);
    set("set_tid", 0n);
    set("set_tid_size", 0n);
    set("cgroup", BigInt(random.below(2 ** 31)));
  }

  /** Replaces addresses by addresses of the stub, except 0. */
  fit(input: BigUint64Array): void {
    const change = (name: string, fitted: (word: bigint) => bigint) => {
      const word = this.word(input, name);
      if (word !== 0n) this.put(input, name, fitted(word));
    };
    for (const name of POINTERS) {
      change(name, (word) => DATA + BigInt(SLOTS.parentTid) + 8n * (word % 3n));
    }
    for (const name of ["stack", "stack_size", "tls"]) change(name, (word) => word & ADDRESS || 1n);
    change("set_tid", () => NOWHERE);
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const meant = BigUint64Array.from(MEMBERS, (name) => this.word(input, name));
    const why = untried(this.kernel, meant[0] ?? 0n);
    if (why !== undefined) return undecided(why);
    const refused = this.#refuses(meant);
    if (typeof refused === "string") return undecided(refused);
    const size = this.result(answered);
    const refuses = BigInt.asIntN(32, size) === REFUSED;
    if (refused !== refuses) {
      const difference = this.#difference(meant, refused);
      if (difference !== undefined) return undecided(difference);
    }
    if (refused || refuses) {
      return expect(this.name, refused ? BigInt.asUintN(32, REFUSED) : SIZE, size);
    }
    const { at, words } = this.layout.field("at");
    const own = answered.slice(at, at + words);
    return this.#compare(meant, own, size);
  }

  /** Whether the kernel refuses the members, or why that cannot be determined. */
  #refuses(meant: BigUint64Array): boolean | string {
    // The kernel reads set_tid between its other checks, and no pid can be chosen here: the rest is tried without it.
    if (meant[SET_TID] !== 0n && this.#errno(meant) === REFUSAL) return true;
    if (meant[SET_TID] === 0n && meant[SET_TID_SIZE] !== 0n) return this.#errno(meant) === REFUSAL;
    const rest = meant.slice();
    rest[SET_TID] = rest[SET_TID_SIZE] = 0n;
    const errno = this.#errno(rest);
    if (LATE.has(errno)) return false;
    return this.#excuse(rest[0] ?? 0n, errno) ?? errno === REFUSAL;
  }

  #difference(meant: BigUint64Array, refused: boolean): string | undefined {
    const asked = { flags: meant[0] ?? 0n, signal: 0n };
    return cloneDifference(this.kernel, asked, refused, (flags) => {
      const common = meant.slice();
      common[0] = flags;
      return this.#refuses(common) !== false;
    });
  }

  #errno(members: BigUint64Array): string {
    return this.kernel.clone3(members, SIZE).errno;
  }

  #excuse(flags: bigint, errno: string): string | undefined {
    const optional = new Map([
      ["CLONE_NEWTIME", CLONE_NEWTIME],
      ...OPTIONAL_FLAGS.map((name) => [name, this.kernel.flag(name)] as const),
    ]);
    return excuse(flags, errno, optional, (flag) => this.#alone(flag));
  }

  #alone(flags: bigint): CloneOutcome {
    const members = new BigUint64Array(MEMBERS.length);
    members[0] = flags;
    members[EXIT_SIGNAL] = SIGCHLD;
    return this.kernel.clone3(members, SIZE);
  }

  #compare(meant: BigUint64Array, own: BigUint64Array, size: bigint): Judgement {
    const differing = MEMBERS.findIndex((_, i) => meant[i] !== own[i]);
    const name = MEMBERS[differing];
    if (name === undefined && size === SIZE) return HELD;
    const why = untried(this.kernel, own[0] ?? 0n);
    if (why !== undefined) return undecided(why);
    // The kernel gets the size that the encoder returned.
    return compareEffects(
      name === undefined ? this.name : `at.${name}`,
      { word: meant[differing] ?? SIZE, outcome: this.kernel.clone3(meant, SIZE, true) },
      { word: own[differing] ?? size, outcome: this.kernel.clone3(own, size, true) },
    );
  }
}
