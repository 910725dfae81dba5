import type { Encoder } from "../../../../../core/encoder/abi.ts";
import {
  BlockAllocator,
  type RegisterBlock,
  registerLayout,
} from "../../../../../core/encoder/block.ts";
import { constantsOf, parseFlags, parseNumber } from "../../../../../core/encoder/names.ts";
import { hex } from "../../../../../lib/errors.ts";
import { ARGUMENTS } from "../../../amd64.ts";
import type { RegisterRow } from "../../../moment.ts";

/** Registers of a stub that rests where a call is injected: what is not named here is 0. */
const REST: Readonly<Record<string, bigint>> = {
  rip: 0x7fffffffe047n,
  orig_rax: 0xffffffffffffffffn,
  eflags: 0x202n,
  cs: 0x33n,
  ss: 0x2bn,
};

/** The bootstrap's parent: a pid. */
const MOST_PID = 2n ** 31n - 1n;

/** What the reader asks the encoder for. */
export interface Wanted {
  readonly call: string;
  readonly arguments: readonly string[];
  readonly flags: ReadonlySet<string>;
  /** The exit signal of a clone. */
  readonly signal: string;
  /** Whether a clone is under way, and the pid of its parent. */
  readonly marks: boolean;
  readonly parent: string;
}

/** What came of it. */
export interface Encoded {
  readonly rows: readonly RegisterRow[];
  /** Why nothing is encoded; null if it is. */
  readonly refusal: string | null;
  /** The field that the encoder cannot read. */
  readonly invalid: string | null;
  /** The argument that the flags make, as its index and its word; negative if the encoder refuses. */
  readonly flagged: { readonly argument: number; readonly word: bigint } | null;
}

/** Flags that a call takes in one of its arguments. */
export interface FlagSet {
  readonly argument: number;
  readonly title: string;
  readonly names: readonly (readonly [name: string, bit: bigint])[];
}

/** Two register blocks in the encoder's memory: it makes the one from the other. */
export class Bench {
  readonly calls: readonly string[];
  readonly signals: readonly string[];
  readonly #encoder: Encoder;
  readonly #names: readonly string[];
  readonly #initial: RegisterBlock;
  readonly #block: RegisterBlock;

  constructor(encoder: Encoder) {
    const blocks = new BlockAllocator(encoder);
    this.#encoder = encoder;
    this.#names = registerLayout(encoder).map(({ name }) => name);
    this.#initial = blocks.allocate();
    this.#block = blocks.allocate();
    for (const name of this.#names) this.#initial.set(name, REST[name] ?? 0n);
    const { constants } = encoder;
    this.calls = constantsOf("syscall", constants)
      .map(([name]) => name.slice("SYS_".length))
      .sort();
    this.signals = constantsOf("signal", constants).map(([name]) => name);
  }

  number(call: string): bigint {
    return this.#encoder.constants.get(`SYS_${call}`) ?? 0n;
  }

  /** The flags that a call takes; undefined if it takes none that the encoder encodes. */
  flagsOf(call: string): FlagSet | undefined {
    const { constants } = this.#encoder;
    if (call === "clone") {
      return {
        argument: 0,
        title: "Flags of clone",
        names: distinct(constantsOf("clone", constants)),
      };
    }
    if (call !== "wait4") return undefined;
    const named = [...constants].filter(([name]) => /^(__)?W[A-Z]+$/.test(name));
    return { argument: 2, title: "Options of wait4", names: distinct(named) };
  }

  encode(wanted: Wanted): Encoded {
    const encoder = this.#encoder;
    const flagged = this.#encodeFlags(wanted);
    const [words, invalid, why] = this.#read(wanted, flagged);
    const refused =
      flagged !== null && flagged.word < 0n
        ? `-EINVAL: the encoder refuses these flags of ${wanted.call}, as the kernel does`
        : why;
    this.#block.copyFrom(this.#initial);
    if (refused === null) {
      const [block, initial] = [this.#block.offset, this.#initial.offset];
      const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = words;
      encoder.encodeSyscall(block, initial, this.number(wanted.call), a, b, c, d, e, f);
      if (wanted.marks) encoder.encodeBootstrap(block, Number(parseNumber(wanted.parent.trim())));
    }
    const rows = this.#names.map((name) => {
      const [before, after] = [hex(this.#initial.get(name)), hex(this.#block.get(name))];
      return { name, before, after, changed: before !== after };
    });
    return { rows, refusal: refused, invalid, flagged };
  }

  #encodeFlags({ call, flags, signal }: Wanted): Encoded["flagged"] {
    const set = this.flagsOf(call);
    if (set === undefined) return null;
    const { argument, names } = set;
    const word = names.reduce((all, [name, bit]) => (flags.has(name) ? all | bit : all), 0n);
    const { constants, encodeClone, encodeWaitOptions } = this.#encoder;
    const encoded =
      call === "clone"
        ? encodeClone(word, Number(constants.get(signal) ?? 0n))
        : encodeWaitOptions(word);
    return { argument, word: encoded };
  }

  /** The words of the arguments; the first field that cannot be read, and why. */
  #read(wanted: Wanted, flagged: Encoded["flagged"]): [bigint[], string | null, string | null] {
    const words: bigint[] = [];
    for (const [i, text] of wanted.arguments.entries()) {
      try {
        const given = flagged?.argument === i ? flagged.word : undefined;
        const typed = text.trim() === "" ? "0" : text;
        words.push(given ?? parseFlags(typed, this.#encoder.constants));
      } catch (error) {
        const field = ARGUMENTS[i] ?? "";
        return [
          words,
          field,
          `${field}: ${error instanceof Error ? error.message : String(error)}`,
        ];
      }
    }
    const pid = parseNumber(wanted.parent.trim());
    if (!wanted.marks || (pid !== undefined && pid >= 0n && pid <= MOST_PID)) {
      return [words, null, null];
    }
    return [words, "parent", "the parent’s pid is a number from 0 to 2147483647"];
  }
}

/** Names with a bit of their own, without second names of the same. */
function distinct(named: readonly (readonly [string, bigint])[]): (readonly [string, bigint])[] {
  const seen = new Set<bigint>();
  return named.filter(([, bit]) => {
    const first = !seen.has(bit);
    seen.add(bit);
    return first;
  });
}

/** A word, or the error that stands for it: only -EINVAL is negative. */
export function tellWord(word: bigint): string {
  return word < 0n ? "-EINVAL" : hex(word);
}

/** Which bits are set and cleared: "+10 +4 −1"; of very many, how many. */
export function bitsOf({ before, after }: RegisterRow): string {
  const [old, now] = [BigInt(before), BigInt(after)];
  const isSet = (word: bigint, bit: number) => ((word >> BigInt(bit)) & 1n) === 1n;
  const changed = Array.from({ length: 64 }, (_, i) => 63 - i).filter((bit) =>
    isSet(old ^ now, bit),
  );
  if (changed.length > 12) return `${changed.length} bits`;
  return changed.map((bit) => `${isSet(now, bit) ? "+" : "−"}${bit}`).join(" ");
}
