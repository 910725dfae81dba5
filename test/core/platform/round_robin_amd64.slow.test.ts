import type { Context } from "../../../src/index.ts";
import * as code from "../../support/amd64_code.ts";

const SEED = 0x5eed_0011n;
const SPACES = 100;
const SWITCHES = 100_000;

const MAX = 2n ** 64n - 1n;
const INDICES = Array.from({ length: 16 }, (_, i) => i);

// The data page: the initial vector registers of a guest; the words at fs:0 and gs:0; where it
// finally stores everything.
const SLOTS = DATA + 1024n;
const SLOT_COUNT = 64;
const STORE = DATA + 2048n;

/** Where the loop and the storing begin in the code page. */
const LOOP = CODE + 0x200n;
const STORING = CODE + 0xa00n;

/** Without AVX2 only the XMM registers are used. */
const wide = hasFeature("avx2");
const VECTOR_WORDS = wide ? 4 : 2;

/** A constant is added to each of these in each round; the system call itself changes rax, rcx and r11. */
const { ARGUMENTS, KEPT } = code;
const CONSTANTS = new Map(KEPT.map((name, i) => [name, 0x0123_4567 * (i % 2 === 0 ? 1 : -1) + i]));

const BEGIN = INDICES.map((i) => (wide ? code.loadYmm : code.loadVector)(i, 8 * VECTOR_WORDS * i));
const ROUND = code.loop(
  code.RAX_FROM_RBX_R12,
  code.SYSCALL,
  ...KEPT.map((name) => code.add(name, CONSTANTS.get(name) ?? 0)),
  code.ADD_RBX_FS,
  code.ADD_R12_GS,
  ...INDICES.map((i) => (wide ? code.addYmm : code.addVector)(i, (i + 1) % 16)),
);
const STORE_ALL = [
  ...KEPT.map((name, i) => code.storeAtBase(name, 8 * i)),
  ...INDICES.map((i) => (wide ? code.storeYmm : code.storeVector)(i, 128 + 8 * VECTOR_WORDS * i)),
  code.SYSCALL,
];

/** The expected registers of a guest: the same program in TypeScript. */
class Model {
  readonly context: Context;
  readonly general = new Map<string, bigint>();
  /** VECTOR_WORDS words of each vector register. */
  readonly vectors: BigUint64Array;
  readonly slots: readonly bigint[];
  #fs = 0;
  #gs = 0;

  constructor(context: Context, space: Subprocess, random: () => bigint) {
    this.context = context;
    this.vectors = BigUint64Array.from({ length: 16 * VECTOR_WORDS }, random);
    this.slots = Array.from({ length: SLOT_COUNT }, random);
    writeWords(space, DATA, [...this.vectors]);
    writeWords(space, SLOTS, this.slots);
    for (const name of KEPT) this.#set(name, random());
  }

  #set(name: string, word: bigint): void {
    this.general.set(name, word);
    this.context.registers.set(name, word);
  }

  get fsBase(): bigint {
    return SLOTS + BigInt(8 * this.#fs);
  }

  get gsBase(): bigint {
    return SLOTS + BigInt(8 * this.#gs);
  }

  /** Sets the bases that the guest uses next, as a host that emulates arch_prctl does. */
  moveBases(random: bigint): void {
    this.#fs = Number(random & 63n);
    this.#gs = Number((random >> 6n) & 63n);
    this.context.registers.set("fs_base", this.fsBase);
    this.context.registers.set("gs_base", this.gsBase);
  }

  /** What the guest does between two system calls. */
  advance(): void {
    for (const [name, constant] of CONSTANTS) this.#add(name, BigInt(constant));
    this.#add("rbx", this.slots[this.#fs] ?? 0n);
    this.#add("r12", this.slots[this.#gs] ?? 0n);
    for (let i = 0; i < 16 * VECTOR_WORDS; i++) {
      const from = (i + VECTOR_WORDS) % (16 * VECTOR_WORDS);
      this.vectors[i] = (this.vectors[i] ?? 0n) + (this.vectors[from] ?? 0n);
    }
  }

  #add(name: string, summand: bigint): void {
    this.general.set(name, ((this.general.get(name) ?? 0n) + summand) & MAX);
  }

  /** The first register that is not as it should be. */
  mismatch(number: number, args: readonly bigint[]): string | undefined {
    const { registers } = this.context;
    const get = (name: string) => this.general.get(name) ?? 0n;
    const rax = get("rbx") ^ get("r12");
    if (number !== Number(BigInt.asIntN(32, rax))) return `number ${number}`;
    for (const [i, name] of ARGUMENTS.entries()) if (args[i] !== get(name)) return `argument ${i}`;
    for (const name of KEPT) if (registers.get(name) !== get(name)) return name;
    const rip = LOOP + BigInt(code.RAX_FROM_RBX_R12.length + code.SYSCALL.length);
    if (registers.get("rip") !== rip) return "rip";
    if (registers.get("rcx") !== rip) return "rcx";
    if (registers.get("r11") !== registers.get("eflags")) return "r11";
    if (registers.get("rax") !== rax) return "rax";
    if (registers.get("fs_base") !== this.fsBase) return "fs_base";
    if (registers.get("gs_base") !== this.gsBase) return "gs_base";
    return this.#vectorMismatch();
  }

  #vectorMismatch(): string | undefined {
    const { xstate } = this.context;
    const [low, high] = [
      code.vectorWords(xstate),
      wide ? code.ymmHighWords(xstate) : new BigUint64Array(),
    ];
    for (const i of INDICES) {
      for (let k = 0; k < VECTOR_WORDS; k++) {
        const word = k < 2 ? low[2 * i + k] : high[2 * i + k - 2];
        if (word !== this.vectors[i * VECTOR_WORDS + k]) return `word ${k} of vector register ${i}`;
      }
    }
    return undefined;
  }
}

const roundRobin = suite("round robin on amd64");

roundRobin("a hundred address spaces switched 100,000 times keep every register", () => {
  using platform = openPlatform();
  const random = randomWords(SEED);
  const guests = Array.from({ length: SPACES }, () => {
    const { space, context } = load(platform, ...BEGIN, code.SYSCALL);
    space.write(LOOP, code.program(ROUND));
    space.write(STORING, code.program(...STORE_ALL));
    const model = new Model(context, space, random);
    context.registers.set("rax", DATA);
    syscallOf(context.switch(space));
    context.registers.set("rip", LOOP);
    model.moveBases(random());
    return { space, context, model };
  });

  for (let i = 0; i < SWITCHES; i++) {
    const { space, context, model } = guests[i % SPACES] as (typeof guests)[number];
    const { number, args } = syscallOf(context.switch(space));
    const wrong = model.mismatch(number, args);
    if (wrong !== undefined) assert.unreachable(`switch ${i}, seed ${SEED}: ${wrong} differs`);
    context.setResult(random());
    model.moveBases(random());
    model.advance();
  }

  // The guest checks its registers itself: what it has, not what the kernel reports.
  for (const { space, context, model } of guests) {
    syscallOf(context.switch(space));
    context.registers.set("rip", STORING);
    context.setResult(STORE);
    syscallOf(context.switch(space));
    assert.equal(readWords(space, STORE, KEPT.length), [...model.general.values()]);
    assert.equal(readWords(space, STORE + 128n, 16 * VECTOR_WORDS), [...model.vectors]);
  }
});

if (HOST_ARCH === "amd64") roundRobin.run();
