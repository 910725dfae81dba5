import type { FunctionName } from "../../core/encoder/abi.ts";
import type { Random } from "../../lib/cases/random.ts";
import {
  drawInt,
  drawResult,
  drawWord,
  type Halves,
  RESULTS,
  setWord,
  WordTable,
} from "../../lib/cases/words.ts";
import { filterInputs } from "./filter.ts";
import { FlagSpace, flagBits } from "./flags.ts";
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

/** The pairs of a signal and a code, if a function has both as parameters. */
function siginfoPairs({ fields }: RecordLayout): Enumeration | undefined {
  const [signal, code] = ["signal", "code"].map((name) =>
    fields.find((each) => each.name === name),
  );
  if (signal === undefined || code === undefined) return undefined;
  return spread(SIGINFO.signals * SIGINFO.codes, (pair, to, start) => {
    setWord(to, start + signal.at, pair % SIGINFO.signals, 0);
    const own = Math.floor(pair / SIGINFO.signals) + SIGINFO.firstCode;
    setWord(to, start + code.at, own >>> 0, 0);
  });
}

const resultTable = new WordTable(RESULTS);
const results = spread(RESULTS.length, (index, to, at) => resultTable.copy(index, to, at));

/** An enumeration of one word of a record. */
function shifted(enumeration: Enumeration, by: number): Enumeration {
  return { ...enumeration, write: (index, to, at) => enumeration.write(index, to, at + by) };
}

/** Sets of flags, whose pairs are enumerated. @param groups bits that have a meaning together */
function pairs(names: ReadonlyMap<number, string>, groups: readonly number[][] = []): Source {
  const flags = new FlagSpace(names, groups);
  return {
    flags,
    draw: (random, to, at) => flags.draw(random, to, at),
    enumeration: spread(flags.pairs, (index, to, at) => flags.pair(index, to, at)),
  };
}

/** The first bits of a word, by number. */
function bits(count: number): Map<number, string> {
  return new Map(Array.from({ length: count }, (_, bit) => [bit, `${bit}`]));
}

/** Mostly one of the first numbers, else any. */
function small(count: number, offset = 0): Source {
  return {
    draw(random, to, at) {
      if (random.chance(3, 4)) setWord(to, at, (random.below(count) + offset) >>> 0, 0);
      else drawInt(random, to, at);
    },
    enumeration: spread(count, (index, to, at) => setWord(to, at, (offset + index) >>> 0, 0)),
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
      // Nothing, if only the low half is read.
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

/** Flags of clone that mean something together: a thread needs all three, and two addresses may be one. */
const TOGETHER = [
  ["CLONE_VM", "CLONE_SIGHAND", "CLONE_THREAD"],
  ["CLONE_PIDFD", "CLONE_PARENT_SETTID"],
];

/** What each parameter is made of: by its name, unless a function means something of its own by it. */
function sourcesOf(constants: Constants): (name: FunctionName, parameter: string) => Source {
  // The names that the headers have.
  const names = flagBits(constants, /^CLONE_/);
  const groups = TOGETHER.map((group) =>
    [...names].filter(([, name]) => group.includes(name)).map(([bit]) => bit),
  );
  const clone3 = pairs(names, groups);
  const clone = pairs(new Map([...names].filter(([bit]) => bit < 32)), groups);
  const byName: Readonly<Record<string, Source>> = {
    flags: clone,
    word: withExitSignal(clone),
    exitSignal: EXIT_SIGNAL,
    exit_signal: EXIT_SIGNAL,
    // All 32 bits, as most of them are refused.
    options: pairs(bits(32)),
    set: pairs(bits(64)),
    status: { enumeration: statuses, draw: drawStatus },
    signal: small(68, -2),
    code: small(24, -9),
    errno: small(640, -2),
    parent: small(512),
    result: { draw: drawResult, enumeration: results },
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
    return byName[parameter] ?? { draw: drawWord };
  };
}

type Draw = (random: Random, to: Halves, start: number) => void;

/** Draws into the registers that functions of results look at. */
function drawRegisters({ name, signature, fields }: RecordLayout, constants: Constants): Draw {
  const block = fields.findLast(({ kind }) => kind === "block");
  const isEntry = name === "decodeGuestSyscall";
  const isAbout = isEntry || ["result", "restart", "syscall"].includes(signature.operation);
  const register = (own: string) => {
    const offset = constants.get(`REG_${own}`);
    if (!isAbout || block === undefined || offset === undefined) return undefined;
    return block.at + Number(offset) / 8;
  };
  const result = register("rax") ?? register("x0");
  const original = register("orig_rax");
  return (random, to, start) => {
    if (result !== undefined && random.chance(3, 4)) {
      // At the entry of a call the kernel stores −ENOSYS.
      if (isEntry) setWord(to, start + result, -38 >>> 0, -1 >>> 0);
      else drawResult(random, to, start + result);
    }
    if (original !== undefined && random.chance(1, 2)) {
      const low = random.pick([-1 >>> 0, 62, 0, 1 << 31]);
      setWord(to, start + original, low, random.pick([0, -1 >>> 0]));
    }
  };
}

/** Writes the inputs of one function's cases. */
export class InputGenerator {
  /** How many of the first cases are enumerated, before anything is drawn. */
  readonly first: number;
  /** The parameters whose words are flags. */
  readonly flagFields: readonly { readonly field: Field; readonly flags: FlagSpace }[];
  readonly #memory: readonly Field[];
  readonly #draws: readonly Draw[];
  readonly #enumeration: Enumeration | undefined;
  readonly #random: Random;
  readonly #stream: number;

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
    this.#random = random;
    this.#stream = stream;
    this.#memory = layout.fields.filter(({ kind }) => ["block", "area", "guard"].includes(kind));
    const sourceOf = sourcesOf(constants);
    const sources = layout.fields
      .filter(({ kind }) => kind === "i32" || kind === "i64")
      .map((field) => ({ field, source: sourceOf(layout.name, field.name) }));
    this.flagFields = sources.flatMap(({ field, source: { flags } }) =>
      flags === undefined ? [] : [{ field, flags }],
    );
    const filter = layout.name === "encodeSeccomp" ? filterInputs(layout, constants) : undefined;
    this.#draws = [
      ...sources.map(({ field, source }): Draw => {
        return (from, to, start) => source.draw(from, to, start + field.at);
      }),
      filter?.draw ?? drawRegisters(layout, constants),
    ];
    const enumerated = sources.flatMap(({ field, source: { enumeration } }) =>
      enumeration === undefined ? [] : [shifted(enumeration, field.at)],
    );
    this.#enumeration = filter?.enumeration ?? siginfoPairs(layout) ?? enumerated[0];
    this.first = mixed ? 0 : (this.#enumeration?.first ?? 0);
  }

  /** How many inputs are enumerated, and how many of them the first `cases` cases hold. */
  enumerated(cases: number): { seen: number; all: number } {
    const all = this.#enumeration?.count ?? 0;
    const { first } = this;
    return { seen: Math.min(all, cases, first + Math.ceil(Math.max(0, cases - first) / 2)), all };
  }

  /** Which of the enumerated inputs a case has. */
  enumeratedAt(index: number): number | undefined {
    const { first } = this;
    if (index >= first && (index - first) % 2 !== 0) return undefined;
    const at = index < first ? index : first + (index - first) / 2;
    return at < (this.#enumeration?.count ?? 0) ? at : undefined;
  }

  /** Writes the inputs of case `index` as words from `start` on. */
  write(index: number, to: Halves, start: number): void {
    const random = this.#random;
    random.start(this.#stream, index);
    for (const { kind, at: first, words } of this.#memory) {
      const from = start + first;
      for (let at = 2 * from; at < 2 * (from + words); at++) to[at] = random.next();
      // Boundaries in a few registers.
      for (let count = kind === "block" ? random.below(4) : 0; count > 0; count--) {
        drawWord(random, to, from + random.below(words));
      }
    }
    for (const draw of this.#draws) draw(random, to, start);
    const enumerated = this.enumeratedAt(index);
    if (enumerated !== undefined) this.#enumeration?.write(enumerated, to, start);
  }
}
