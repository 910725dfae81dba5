import type { RecordLayout } from "./record.ts";

type Constants = ReadonlyMap<string, bigint>;

/** A named part of a record: a register, a member of a struct, a parameter or the result. */
export interface Place {
  /** "block.r10", "at.si_pid", "flags", "encodeClone"; "outside" for bytes that no function may write. */
  readonly name: string;
  /** Its offset in the record, and its size. */
  readonly byte: number;
  readonly bytes: 4 | 8;
}

/** The members of the union of a siginfo_t by form, SIGINFO_KILL to SIGINFO_SYS, in the order of encodeSiginfo. */
export const FORM_MEMBERS: readonly (readonly string[])[] = [
  ["si_pid", "si_uid"],
  ["si_timerid", "si_overrun", "si_value"],
  ["si_band", "si_fd"],
  ["si_addr"],
  ["si_pid", "si_uid", "si_status"],
  ["si_pid", "si_uid", "si_value"],
  ["si_call_addr", "si_syscall", "si_arch"],
];
const WORD_MEMBERS = new Set(["si_value", "si_band", "si_addr", "si_call_addr"]);

/** The names of the parts of a function's records, by the layout of the headers. */
export class Places {
  readonly #layout: RecordLayout;
  readonly #registers: ReadonlyMap<number, string>;
  readonly #members: ReadonlyMap<number, string>;
  readonly #constants: Constants;

  constructor(layout: RecordLayout, constants: Constants) {
    this.#layout = layout;
    this.#constants = constants;
    this.#registers = byOffset(constants, "REG_");
    this.#members = byOffset(constants, "CLONE3_");
  }

  /**
   * The part that a byte of a record belongs to.
   *
   * @param result the result of the record: the form of a siginfo_t
   */
  at(byte: number, result: bigint): Place {
    const field = this.#layout.fieldOf(Math.floor(byte / 8));
    const word = { byte: byte - (byte % 8), bytes: 8 } as const;
    const offset = word.byte - 8 * field.at;
    switch (field.kind) {
      case "guard":
        return { name: "outside", ...word };
      case "block":
        return { name: `${field.name}.${this.#registers.get(offset) ?? `+${offset}`}`, ...word };
      case "area":
        return this.#member(byte, 8 * field.at, Number(BigInt.asIntN(32, result)));
      case "i32":
        return { name: field.name, byte: word.byte, bytes: 4 };
      case "result":
        return { name: field.name, byte: word.byte, bytes: this.#resultBytes };
      default:
        return { name: field.name, ...word };
    }
  }

  get #resultBytes(): 4 | 8 {
    return this.#layout.signature.result === "i32" ? 4 : 8;
  }

  /** A part by its name, for the text of its word. */
  called(name: string): Pick<Place, "name" | "bytes"> {
    return { name, bytes: name === this.#layout.name ? this.#resultBytes : 8 };
  }

  /** The words of the input by name, in the order of the record: the names in `--case`. */
  get inputs(): ReadonlyMap<string, Place> {
    return new Map(
      this.#layout.inputs.map((word) => [this.#inputName(word), this.at(8 * word, 0n)]),
    );
  }

  #inputName(word: number): string {
    const { kind, name, at } = this.#layout.fieldOf(word);
    // A guard is named by its offset; the input of an area has no members yet.
    if (kind === "guard") return `guard.${at}`;
    return kind === "area" ? `${name}.${8 * (word - at)}` : this.at(8 * word, 0n).name;
  }

  #member(byte: number, start: number, form: number): Place {
    const offset = byte - start;
    const { name } = this.#layout;
    if (name === "encodeClone3") {
      const member = this.#members.get(offset - (offset % 8)) ?? `+${offset}`;
      return { name: `at.${member}`, byte: byte - (byte % 8), bytes: 8 };
    }
    if (name === "decodeGuestSyscall") {
      return { name: `at.arg${offset >> 3}`, byte: byte - (byte % 8), bytes: 8 };
    }
    if (name !== "encodeSiginfo")
      return { name: `at.+${offset}`, byte: byte - (byte % 8), bytes: 8 };
    const members = ["si_signo", "si_errno", "si_code", ...(FORM_MEMBERS[form] ?? [])];
    for (const member of members) {
      const at = Number(this.#constants.get(`SIGINFO_${member}`) ?? -1n);
      const bytes = WORD_MEMBERS.has(member) ? 8 : 4;
      if (offset >= at && offset < at + bytes)
        return { name: `at.${member}`, byte: start + at, bytes };
    }
    return { name: "at.padding", byte: byte - (byte % 4), bytes: 4 };
  }
}

function byOffset(constants: Constants, prefix: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const [name, offset] of constants) {
    if (name.startsWith(prefix)) names.set(Number(offset), name.slice(prefix.length));
  }
  return names;
}
