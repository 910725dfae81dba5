import { CLASSES, classOf, type Halves } from "../../lib/cases/words.ts";
import { sum } from "../../lib/page/figures.ts";
import { PairCoverage } from "./flags.ts";
import { type InputGenerator, STATUS_EVENTS } from "./inputs.ts";
import type { RecordLayout } from "./record.ts";
import type { Coverage } from "./report.ts";

/** Classes that a word of 32 bits can have as a word of 64: by its bit length alone. */
const INT_CLASSES = 33;

/** Counts what the inputs of one function were. */
export class CoverageCounter {
  readonly #generator: InputGenerator;
  readonly #size: number;
  readonly #words;
  readonly #flags;
  /** Which low halves of a status word were seen, and which events. */
  readonly #status;

  constructor({ words, fields }: RecordLayout, generator: InputGenerator) {
    this.#generator = generator;
    this.#size = words;
    this.#words = fields
      .filter(({ kind }) => kind === "i32" || kind === "i64")
      .map((field) => ({ ...field, classes: new Uint8Array(CLASSES) }));
    this.#flags = generator.flagFields.map(({ field, flags }) => ({
      ...field,
      bits: [...flags.names.keys()],
      pairs: new PairCoverage(),
    }));
    this.#status = fields
      .filter(({ name }) => name === "status")
      .map(({ at }) => ({ at, low: new Uint8Array(2 ** 16), events: new Uint8Array(2 ** 16) }));
  }

  /** Takes a batch of records. */
  add(records: Halves): void {
    for (let start = 0; start < records.length; start += 2 * this.#size) {
      for (const { at, classes } of this.#words) {
        classes[classOf(records[start + 2 * at] ?? 0, records[start + 2 * at + 1] ?? 0)] = 1;
      }
      for (const { at, pairs } of this.#flags) {
        pairs.add(records[start + 2 * at] ?? 0, records[start + 2 * at + 1] ?? 0);
      }
      for (const { at, low, events } of this.#status) {
        const status = records[start + 2 * at] ?? 0;
        low[status & 0xffff] = 1;
        events[status >>> 16] = 1;
      }
    }
  }

  /** @param cases how many cases of the function there were */
  report(cases: number): Coverage {
    const [statuses = null] = this.#status.map(({ low, events }) => ({
      low: sum(low),
      events: STATUS_EVENTS.filter((event) => events[event] === 1).length,
    }));
    return {
      enumerated: this.#generator.enumerated(cases),
      flags: this.#flags.map(({ name, bits, pairs }) => {
        const seen = pairs.count(bits);
        return {
          parameter: name,
          bits: { seen: seen.bits, all: bits.length },
          pairs: { seen: seen.pairs, all: (bits.length * (bits.length - 1)) / 2 },
        };
      }),
      classes: this.#words.map(({ name, kind, classes }) => ({
        parameter: name,
        seen: sum(classes),
        all: kind === "i32" ? INT_CLASSES : CLASSES,
      })),
      statuses,
    };
  }
}
