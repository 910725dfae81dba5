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
  readonly layout: RecordLayout;
  /** The words of the input by name, in the order of the record: the names in `--case`. */
  readonly inputs: ReadonlyMap<string, Place>;
  readonly #registers: ReadonlyMap<number, string>;
  readonly #members: ReadonlyMap<number, string>;
  readonly #constants: Constants;

  constructor(layout: RecordLayout, constants: Constants) {
    this.layout = layout;
    this.#constants = constants;
    this.#registers = byOffset(constants, "REG_");
    this.#members =
      layout.name === "decodeGuestSyscall"
        ? new Map(Array.from({ length: 6 }, (_, i) => [8 * i, `arg${i}`]))
        : byOffset(constants, "CLONE3_");
    this.inputs = this.#inputsOf(layout);
  }

  /** What reads the words of an input by name. */
  wordsOf(input: BigUint64Array): (name: string) => bigint {
    return (name) => input[(this.inputs.get(name)?.byte ?? -8) / 8] ?? 0n;
  }

  /**
   * The part that a byte of a record belongs to.
   *
   * @param result the result of the record: the form of a siginfo_t
   */
  at(byte: number, result: bigint): Place {
    const field = this.layout.fieldOf(Math.floor(byte / 8));
    const start = byte - (byte % 8);
    const offset = start - 8 * field.at;
    if (field.kind === "area" && this.layout.name === "encodeSiginfo") {
      return this.#siginfoMember(byte, 8 * field.at, Number(BigInt.asIntN(32, result)));
    }
    const name =
      field.kind === "guard"
        ? "outside"
        : field.kind === "block"
          ? `${field.name}.${this.#registers.get(offset) ?? `+${offset}`}`
          : field.kind === "area"
            ? `at.${this.#members.get(offset) ?? `+${offset}`}`
            : field.name;
    const isInt = field.kind === "i32" || (field.kind === "result" && this.#resultBytes === 4);
    return { name, byte: start, bytes: isInt ? 4 : 8 };
  }

  get #resultBytes(): 4 | 8 {
    return this.layout.signature.result === "i32" ? 4 : 8;
  }

  /** A part by its name, for the text of its word. */
  called(name: string): Pick<Place, "name" | "bytes"> {
    return { name, bytes: name === this.layout.name ? this.#resultBytes : 8 };
  }

  #inputsOf(layout: RecordLayout): Map<string, Place> {
    return new Map(
      layout.inputs.map((word) => {
        const { kind, name, at } = layout.fieldOf(word);
        // A guard is named by its offset; the input of an area has no members yet.
        const offset = kind === "guard" ? at : kind === "area" ? 8 * (word - at) : undefined;
        const whole: Place = { name: `${name}.${offset}`, byte: 8 * word, bytes: 8 };
        const place = offset === undefined ? this.at(8 * word, 0n) : whole;
        return [place.name, place];
      }),
    );
  }

  #siginfoMember(byte: number, start: number, form: number): Place {
    const members = ["si_signo", "si_errno", "si_code", ...(FORM_MEMBERS[form] ?? [])];
    for (const member of members) {
      const at = start + Number(this.#constants.get(`SIGINFO_${member}`) ?? -1n);
      const bytes = WORD_MEMBERS.has(member) ? 8 : 4;
      if (byte >= at && byte < at + bytes) return { name: `at.${member}`, byte: at, bytes };
    }
    return { name: "at.padding", byte: byte - (byte % 4), bytes: 4 };
  }
}

function byOffset(constants: Constants, prefix: string): Map<number, string> {
  const named = [...constants].filter(([name]) => name.startsWith(prefix));
  return new Map(named.map(([name, offset]) => [Number(offset), name.slice(prefix.length)]));
}
