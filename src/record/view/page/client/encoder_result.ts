import { BlockAllocator, type RegisterBlock, registerLayout } from "../../../../encoder/block.ts";
import type { Encoder } from "../../../../encoder/encoder.ts";
import { hex } from "../../../../errors.ts";
import type { Registers } from "../../../recording.ts";
import type { RegisterRow } from "../../told.ts";
import { element, fill } from "./elements.ts";
import type { Wanted } from "./encoder_form.ts";
import { registerTable } from "./words.ts";

/** Two register blocks in the encoder's memory, and a table of what it makes of the one in the other. */
export class Workbench {
  readonly element: HTMLElement;
  readonly #encoder: Encoder;
  readonly #names: readonly string[];
  readonly #initial: RegisterBlock;
  readonly #block: RegisterBlock;
  readonly #status = element("p", { id: "encoder-status" });
  readonly #source = element("p", { class: "soft" });
  readonly #table = element("div");

  constructor(encoder: Encoder) {
    const blocks = new BlockAllocator(encoder);
    this.#encoder = encoder;
    this.#names = registerLayout(encoder).map(({ name }) => name);
    this.#initial = blocks.allocate();
    this.#block = blocks.allocate();
    this.element = element(
      "div",
      { id: "encoder-result" },
      this.#status,
      this.#source,
      this.#table,
    );
  }

  /** Takes registers to begin with: those that a step has, or zeros. */
  begin(registers: Registers | undefined, name: string): void {
    for (const register of this.#names) {
      const known = registers !== undefined && Object.hasOwn(registers, register);
      this.#initial.set(register, known ? BigInt(registers[register] ?? 0) : 0n);
    }
    const where =
      registers === undefined ? `zeros: ${name} has no registers` : `those after ${name}`;
    fill(this.#source, `Before: ${where}.`);
  }

  /** Encodes, shows what came of it, and answers that in a sentence. */
  encode(wanted: Wanted): string {
    this.#block.copyFrom(this.#initial);
    if (wanted.refusal === null) {
      const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = wanted.arguments;
      const [block, initial] = [this.#block.offset, this.#initial.offset];
      this.#encoder.encodeSyscall(block, initial, wanted.number, a, b, c, d, e, f);
      if (wanted.parent !== null) this.#encoder.encodeBootstrap(block, wanted.parent);
    }
    return this.#show(wanted.refusal);
  }

  #show(refusal: string | null): string {
    const rows = this.#names.map((name): RegisterRow => {
      const [before, after] = [hex(this.#initial.get(name)), hex(this.#block.get(name))];
      return { name, before, after, changed: before !== after };
    });
    const changed = rows.filter((row) => row.changed).map(({ name }) => name);
    const count =
      changed.length === 1 ? "1 register changes" : `${changed.length} registers change`;
    const told = changed.length === 0 ? "No register changes." : `${count}: ${changed.join(", ")}.`;
    const sentence = refusal === null ? told : `${refusal}. Nothing is encoded.`;
    this.#status.className = refusal === null ? "" : "bad";
    fill(this.#status, sentence);
    const cell = ({ before, after }: RegisterRow) => bits(BigInt(before), BigInt(after));
    fill(this.#table, registerTable("Registers, encoded", rows, { head: "bits", cell }));
    return sentence;
  }
}

/** Which bits are set and cleared: "+10 +4 −1"; of very many, how many. */
function bits(before: bigint, after: bigint): string {
  const changed = Array.from({ length: 64 }, (_, bit) => 63 - bit).filter(
    (bit) => (((before ^ after) >> BigInt(bit)) & 1n) === 1n,
  );
  if (changed.length > 12) return `${changed.length} bits`;
  return changed
    .map((bit) => `${((after >> BigInt(bit)) & 1n) === 1n ? "+" : "−"}${bit}`)
    .join(" ");
}
