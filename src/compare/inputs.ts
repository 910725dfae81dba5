import { FlagSpace, flagBits } from "../cases/flags.ts";
import type { Random } from "../cases/random.ts";
import {
  drawInt,
  drawResult,
  drawWord,
  type Halves,
  RESULTS,
  setWord,
  WordTable,
} from "../cases/words.ts";
import type { FunctionName } from "../encoder/abi.ts";
import { drawFilterQuestion } from "./filter.ts";
import type { Field, RecordLayout } from "./record.ts";

type Constants = ReadonlyMap<string, bigint>;

/** The values of one word that are all tried, in an order of its own, before anything is drawn. */
interface Enumeration {
  readonly count: number;
  write(index: number, to: Halves, at: number): void;
}

/** Signals of a siginfo and codes that may be theirs, all with each other. */
const SIGINFO = { signals: 36, codes: 28, firstCode: -9 } as const;

/** Where the words of one parameter come from. */
interface Source {
  draw(random: Random, to: Halves, at: number): void;
  readonly enumeration?: Enumeration;
  /** The bits of which pairs are covered. */
  readonly flags?: FlagSpace;
}

/** Status words whose low half is everything, under each event that there is and each bit above. */
const EVENTS = [
  ...Array.from({ length: 9 }, (_, event) => event),
  ...Array.from({ length: 12 }, (_, bit) => 16 << bit),
];
const LOW_HALVES = 2 ** 16;

/** Events of status words, by their number. */
export const STATUS_EVENTS: readonly number[] = EVENTS;

const statuses: Enumeration = {
  count: EVENTS.length * LOW_HALVES,
  write(index, to, at) {
    // Each run of 2^16 has every low half once, spread out, and the events change places from run to run.
    const event = EVENTS[(index + Math.floor(index / LOW_HALVES)) % EVENTS.length] ?? 0;
    setWord(to, at, ((event << 16) | (Math.imul(index, 0x9e35) & 0xffff)) >>> 0, 0);
  },
};

/** A status word of the forms that wait4 stores, with a slip in some. */
function drawStatus(random: Random, to: Halves, at: number): void {
  const low = random.pick([0, 0x7f, 0x7f, 0xff, random.below(128), 128 + random.below(128)]);
  const high = random.pick([0, 5, 0x85, 19, 0xff, random.below(65), random.below(256)]);
  const event = random.pick([0, 0, 0, random.below(9), 128, random.below(2 ** 16)]);
  setWord(to, at, ((event << 16) | (high << 8) | low) >>> 0, 0);
}

/** An enumeration of which each beginning is spread over the whole. */
function spread(count: number, write: Enumeration["write"]): Enumeration {
  const stride = strideOf(count);
  return { count, write: (index, to, at) => write((index * stride) % count, to, at) };
}

/** The number nearest above the golden section of `count` that has no factor in common with it. */
function strideOf(count: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let stride = Math.max(1, Math.floor(count * 0.618));
  while (divisor(stride, count) !== 1) stride++;
  return stride;
}

/** The pairs of two parameters of encodeSiginfo and siginfoForm. */
function siginfoPairs(signal: Field, code: Field): Enumeration {
  return spread(SIGINFO.signals * SIGINFO.codes, (pair, to, start) => {
    setWord(to, start + signal.at, pair % SIGINFO.signals, 0);
    const own = Math.floor(pair / SIGINFO.signals) + SIGINFO.firstCode;
    setWord(to, start + code.at, own >>> 0, 0);
  });
}

/** The whole numbers from `first` on, as 32 bits. */
function range(first: number, count: number): Enumeration {
  return spread(count, (index, to, at) => setWord(to, at, (first + index) >>> 0, 0));
}

function table(words: readonly bigint[]): Enumeration {
  const known = new WordTable(words);
  return spread(words.length, (index, to, at) => known.copy(index, to, at));
}

function pairs(flags: FlagSpace): Source {
  return {
    flags,
    draw: (random, to, at) => flags.draw(random, to, at),
    enumeration: spread(flags.pairs, (index, to, at) => flags.pair(index, to, at)),
  };
}

/** Mostly one of the first numbers, else any. */
function small(count: number, offset = 0): Source {
  return {
    draw(random, to, at) {
      if (random.chance(3, 4)) setWord(to, at, (random.below(count) + offset) >>> 0, 0);
      else drawInt(random, to, at);
    },
    enumeration: range(offset, count),
  };
}

/**
 * What clone3 is given besides flags: mostly nothing, for what is refused for one member hides the others; else
 * a number around a limit, or any word.
 */
function seldom(limit: number): Source {
  return {
    draw(random, to, at) {
      const kind = random.below(16);
      if (kind < 12) setWord(to, at, 0, 0);
      else if (kind < 14) setWord(to, at, limit - 2 + random.below(4), random.below(2));
      // Nothing, to who looks at the low half alone.
      else if (kind < 15) setWord(to, at, 0, 1 + random.below(2));
      else drawWord(random, to, at);
    },
  };
}

/** An exit signal: mostly one that clone takes. */
const EXIT_SIGNAL: Source = {
  draw(random, to, at) {
    const kind = random.below(8);
    if (kind < 4) setWord(to, at, random.pick([0, 17, 9]), 0);
    else if (kind < 6) setWord(to, at, (random.below(68) - 1) >>> 0, 0);
    else if (kind < 7) setWord(to, at, random.pick([127, 128, 254, 255, 256, 257]), 0);
    else drawInt(random, to, at);
  },
};

/** Flags, and a signal in the low byte of most: a word as clone takes it. */
function withExitSignal(flags: Source): Source {
  return {
    ...flags,
    draw(random, to, at) {
      flags.draw(random, to, at);
      if (random.chance(3, 4)) to[2 * at] = (to[2 * at] ?? 0) | random.below(256);
    },
  };
}

const WORD: Source = { draw: drawWord };

/** Flags of clone that mean something together: a thread needs all three, and two addresses may be one. */
const TOGETHER = [
  ["CLONE_VM", "CLONE_SIGHAND", "CLONE_THREAD"],
  ["CLONE_PIDFD", "CLONE_PARENT_SETTID"],
];

/** Sources of the flags of an architecture's encoders, made of the names that its headers have. */
function flagSources(constants: Constants) {
  const names = flagBits(constants, /^CLONE_/);
  const groups = TOGETHER.map((group) =>
    [...names].filter(([, name]) => group.includes(name)).map(([bit]) => bit),
  );
  const clone3 = new FlagSpace(names, groups);
  const clone = new FlagSpace(new Map([...names].filter(([bit]) => bit < 32)), groups);
  // All 32 bits, for most of them are refused.
  const options = new FlagSpace(new Map(Array.from({ length: 32 }, (_, bit) => [bit, `${bit}`])));
  const signals = new FlagSpace(
    new Map(Array.from({ length: 64 }, (_, bit) => [bit, `${bit + 1}`])),
  );
  return {
    clone: pairs(clone),
    clone3: pairs(clone3),
    options: pairs(options),
    signals: pairs(signals),
  };
}

/** What each parameter is made of: by its name, unless a function means something of its own by it. */
function sourcesOf(constants: Constants): (name: FunctionName, parameter: string) => Source {
  const { clone, clone3, options, signals } = flagSources(constants);
  const byName: Readonly<Record<string, Source>> = {
    flags: clone,
    word: withExitSignal(clone),
    exitSignal: EXIT_SIGNAL,
    exit_signal: EXIT_SIGNAL,
    options,
    set: signals,
    status: { enumeration: statuses, draw: drawStatus },
    signal: small(68, -2),
    code: small(24, -9),
    errno: small(640, -2),
    parent: small(512),
    result: { draw: drawResult, enumeration: table(RESULTS) },
    pidfd: seldom(4),
    parent_tid: seldom(4),
    stack: seldom(4096),
    stack_size: seldom(4096),
    set_tid: seldom(4096),
    set_tid_size: seldom(33),
    cgroup: seldom(2 ** 31),
  };
  return (name, parameter) => {
    if (name === "encodeClone3" && parameter === "flags") return clone3;
    return byName[parameter] ?? WORD;
  };
}

/** Which enumerated case a case is: every second one is, and the others are drawn. */
function enumeratedAt(index: number): number | undefined {
  return index % 2 === 0 ? index / 2 : undefined;
}

/** Writes the inputs of one function's cases. */
export class InputGenerator {
  readonly #layout: RecordLayout;
  readonly #sources: readonly { readonly field: Field; readonly source: Source }[];
  readonly #enumeration: Enumeration | undefined;
  readonly #enumerated: number;
  readonly #result: number | undefined;
  readonly #original: number | undefined;
  readonly #random: Random;
  readonly #stream: number;
  readonly #constants: Constants;

  /**
   * @param constants the names and the layout of the architecture
   * @param stream a number of the function's own, so that functions draw apart
   */
  constructor(layout: RecordLayout, constants: Constants, random: Random, stream: number) {
    this.#layout = layout;
    this.#random = random;
    this.#stream = stream;
    this.#constants = constants;
    const sourceOf = sourcesOf(constants);
    this.#sources = layout.fields
      .filter(({ kind }) => kind === "i32" || kind === "i64")
      .map((field) => ({ field, source: sourceOf(layout.name, field.name) }));
    const first = this.#sources.find(({ source }) => source.enumeration !== undefined);
    const [signal, code] = ["signal", "code"].map((name) =>
      layout.fields.find((field) => field.name === name),
    );
    const both = signal !== undefined && code !== undefined;
    this.#enumeration = both ? siginfoPairs(signal, code) : first?.source.enumeration;
    this.#enumerated = both ? 0 : (first?.field.at ?? 0);
    const { operation } = layout.signature;
    const telling = operation === "result" || operation === "restart" || operation === "syscall";
    const block = layout.fields.findLast(({ kind }) => kind === "block");
    const register = (name: string) => {
      const offset = constants.get(`REG_${name}`);
      if (!telling || block === undefined || offset === undefined) return undefined;
      return block.at + Number(offset) / 8;
    };
    this.#result = register("rax") ?? register("x0");
    this.#original = register("orig_rax");
  }

  get #enumerationCount(): number {
    return this.#enumeration?.count ?? 0;
  }

  /** How many inputs are enumerated, and how many of them the first `cases` cases hold. */
  enumerated(cases: number): { seen: number; all: number } {
    const all = this.#enumerationCount;
    return { seen: Math.min(all, Math.ceil(cases / 2)), all };
  }

  /** Whether a case is an enumerated one. */
  isEnumerated(index: number): boolean {
    return (enumeratedAt(index) ?? this.#enumerationCount) < this.#enumerationCount;
  }

  /** The parameters whose words are flags. */
  get flagFields(): { field: Field; flags: FlagSpace }[] {
    return this.#sources.flatMap(({ field, source: { flags } }) =>
      flags === undefined ? [] : [{ field, flags }],
    );
  }

  /** Writes the inputs of case `index` as words from `start` on. */
  write(index: number, to: Halves, start: number): void {
    const random = this.#random;
    random.start(this.#stream, index);
    for (const field of this.#layout.fields) {
      if (field.kind === "block" || field.kind === "area" || field.kind === "guard") {
        for (let at = 2 * (start + field.at), end = at + 2 * field.words; at < end; at++) {
          to[at] = random.next();
        }
        if (field.kind === "block") this.#surprise(to, start + field.at, field.words);
      }
    }
    for (const { field, source } of this.#sources) source.draw(random, to, start + field.at);
    const enumerated = enumeratedAt(index);
    if (enumerated !== undefined && this.isEnumerated(index)) {
      this.#enumeration?.write(enumerated, to, start + this.#enumerated);
    }
    if (this.#result !== undefined && random.chance(3, 4)) {
      drawResult(random, to, start + this.#result);
    }
    if (this.#original !== undefined && random.chance(1, 2)) {
      setWord(
        to,
        start + this.#original,
        random.pick([-1 >>> 0, 62, 0, 1 << 31]),
        random.pick([0, -1 >>> 0]),
      );
    }
    if (this.#layout.name === "encodeSeccomp") {
      drawFilterQuestion(random, this.#layout, this.#constants, to, start);
    }
  }

  /** Puts boundaries into a few registers of a random block. */
  #surprise(to: Halves, first: number, words: number): void {
    for (let count = this.#random.below(4); count > 0; count--) {
      drawWord(this.#random, to, first + this.#random.below(words));
    }
  }
}
