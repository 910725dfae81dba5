import { PairCoverage } from "../cases/flags.ts";
import { CLASSES, classOf, type Halves } from "../cases/words.ts";
import { type InputGenerator, STATUS_EVENTS } from "./inputs.ts";
import type { Field, RecordLayout } from "./record.ts";
import type { Coverage } from "./report.ts";

/** Classes that a word of 32 bits can have as a word of 64: by its bit length alone. */
const INT_CLASSES = 33;

/** Which status words were seen. */
class StatusCoverage {
  readonly #low = new Uint8Array(2 ** 16);
  readonly #events = new Uint8Array(2 ** 16);

  add(status: number): void {
    this.#low[status & 0xffff] = 1;
    this.#events[status >>> 16] = 1;
  }

  count(): { low: number; events: number } {
    return {
      low: this.#low.reduce((sum, seen) => sum + seen, 0),
      events: STATUS_EVENTS.filter((event) => this.#events[event] === 1).length,
    };
  }
}

/** Counts what the inputs of one function were. */
export class CoverageCounter {
  readonly #generator: InputGenerator;
  readonly #words: readonly { readonly field: Field; readonly classes: Uint8Array }[];
  readonly #flags: readonly { readonly at: number; readonly pairs: PairCoverage }[];
  readonly #statuses: StatusCoverage | undefined;
  readonly #status: number;
  readonly #size: number;

  constructor(layout: RecordLayout, generator: InputGenerator) {
    this.#generator = generator;
    this.#size = layout.words;
    this.#words = layout.fields
      .filter(({ kind }) => kind === "i32" || kind === "i64")
      .map((field) => ({ field, classes: new Uint8Array(CLASSES) }));
    this.#flags = generator.flagFields.map(({ field }) => ({
      at: field.at,
      pairs: new PairCoverage(),
    }));
    const status = layout.fields.find(({ name }) => name === "status");
    this.#status = status?.at ?? 0;
    this.#statuses = status === undefined ? undefined : new StatusCoverage();
  }

  /** Takes a batch of records. */
  add(records: Halves): void {
    for (let start = 0; start < records.length; start += 2 * this.#size) {
      for (const { field, classes } of this.#words) {
        const at = start + 2 * field.at;
        classes[classOf(records[at] ?? 0, records[at + 1] ?? 0)] = 1;
      }
      for (const { at, pairs } of this.#flags) {
        pairs.add(records[start + 2 * at] ?? 0, records[start + 2 * at + 1] ?? 0);
      }
      this.#statuses?.add(records[start + 2 * this.#status] ?? 0);
    }
  }

  /** @param cases how many cases of the function there were */
  report(cases: number): Coverage {
    const flags = this.#generator.flagFields.map(({ field, flags: space }, i) => {
      const bits = [...space.names.keys()];
      const seen = this.#flags[i]?.pairs.count(bits) ?? { bits: 0, pairs: 0 };
      return {
        parameter: field.name,
        bits: { seen: seen.bits, all: bits.length },
        pairs: { seen: seen.pairs, all: (bits.length * (bits.length - 1)) / 2 },
      };
    });
    const classes = this.#words.map(({ field, classes: seen }) => ({
      parameter: field.name,
      seen: seen.reduce((sum, each) => sum + each, 0),
      all: field.kind === "i32" ? INT_CLASSES : CLASSES,
    }));
    return {
      enumerated: this.#generator.enumerated(cases),
      flags,
      classes,
      statuses: this.#statuses?.count() ?? null,
    };
  }
}
