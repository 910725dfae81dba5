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
import { drawFilterQuestion, filterQuestions } from "./filter.ts";
import type { Field, RecordLayout } from "./record.ts";

type Constants = ReadonlyMap<string, bigint>;

/** Inputs that are all tried, in an order of their own: every second case is one of them. */
interface Enumeration {
  readonly count: number;
  /** How many of them come before anything is drawn. */
  readonly first?: number;
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

/** Events of status words: all that there are, and each bit above. */
export const STATUS_EVENTS: readonly number[] = [
  ...Array.from({ length: 9 }, (_, event) => event),
  ...Array.from({ length: 12 }, (_, bit) => 16 << bit),
];
const LOW_HALVES = 2 ** 16;
/** Low halves around each form of a status word: an exit, a death, a core, a stop, a continuation. */
const FORMS = [0, 0x100, 0xff00, 1, 0x7e, 0x80, 0x81, 0x89, 0x7f, 0x17f, 0x57f, 0x857f, 0x137f]
  .concat([0x147f, 0x157f, 0x167f, 0x407f, 0x417f, 0x937f, 0x85ff, 0xff, 0x5ff, 0xffff, 0xfffe])
  .concat([0x101, 0x580, 0x7f7f, 0xff7f, 0x807f, 0x7f80]);

/** Each form under each event; then each low half without an event; then each under the other events. */
const statuses: Enumeration = {
  first: FORMS.length * STATUS_EVENTS.length + LOW_HALVES,
  count: FORMS.length * STATUS_EVENTS.length + STATUS_EVENTS.length * LOW_HALVES,
  write(index, to, at) {
    const further = index - FORMS.length * STATUS_EVENTS.length;
    const low = further < 0 ? FORMS[index % FORMS.length] : Math.imul(further, 0x9e35) & 0xffff;
    const run = Math.floor(further < 0 ? index / FORMS.length : further / LOW_HALVES);
    // The events change places from case to case, but the first run has none of them.
    const others = STATUS_EVENTS.length - 1;
    const place = further < 0 || run === 0 ? run : 1 + ((run + further) % others);
    setWord(to, at, (((STATUS_EVENTS[place] ?? 0) << 16) | (low ?? 0)) >>> 0, 0);
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

/** Writes the inputs of one function's cases. */
export class InputGenerator {
  /** How many of the first cases are enumerated, before anything is drawn. */
  readonly first: number;
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
   * @param mixed whether every second case is drawn from the beginning
   */
  constructor(
    layout: RecordLayout,
    constants: Constants,
    random: Random,
    stream: number,
    mixed = false,
  ) {
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
    const ofAll =
      layout.name === "encodeSeccomp"
        ? filterQuestions(layout, constants)
        : both
          ? siginfoPairs(signal, code)
          : undefined;
    this.#enumeration = ofAll ?? first?.source.enumeration;
    this.first = mixed ? 0 : (this.#enumeration?.first ?? 0);
    this.#enumerated = ofAll === undefined ? (first?.field.at ?? 0) : 0;
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

  /** How many inputs are enumerated, and how many of them the first `cases` cases hold. */
  enumerated(cases: number): { seen: number; all: number } {
    const all = this.#enumeration?.count ?? 0;
    const { first } = this;
    return { seen: Math.min(all, cases, first + Math.ceil(Math.max(0, cases - first) / 2)), all };
  }

  /** Whether a case is an enumerated one. */
  isEnumerated(index: number): boolean {
    return this.#enumeratedAt(index) !== undefined;
  }

  /** Which of the enumerated inputs a case has. */
  #enumeratedAt(index: number): number | undefined {
    const { first } = this;
    if (index >= first && (index - first) % 2 !== 0) return undefined;
    const at = index < first ? index : first + (index - first) / 2;
    return at < (this.#enumeration?.count ?? 0) ? at : undefined;
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
    const enumerated = this.#enumeratedAt(index);
    if (enumerated !== undefined) {
      this.#enumeration?.write(enumerated, to, start + this.#enumerated);
    }
  }

  /** Puts boundaries into a few registers of a random block. */
  #surprise(to: Halves, first: number, words: number): void {
    for (let count = this.#random.below(4); count > 0; count--) {
      drawWord(this.#random, to, first + this.#random.below(words));
    }
  }
}
