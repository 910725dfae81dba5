import { FUNCTION_NAMES, type FunctionName } from "../../core/encoder/abi.ts";
import type { Arch } from "../../core/machine/index.ts";
import type { Random } from "../../lib/cases/random.ts";
import { InputError } from "../../lib/errors.ts";
import { didYouMean } from "../../lib/nearest.ts";
import { Clusters, type Difference, firstDifference } from "./clusters.ts";
import { CoverageCounter } from "./coverage.ts";
import { answerFilters, FILTER_FIELDS } from "./filter.ts";
import { InputGenerator } from "./inputs.ts";
import { flagNames } from "./meaning.ts";
import { Places } from "./places.ts";
import { BrokenEncoder, RecordLayout } from "./record.ts";
import { type FunctionReport, HEADERS, type PairReport } from "./report.ts";
import type { Subject } from "./subject.ts";

/** Records of a batch: enough to hide what a batch costs, few enough for the processor's caches. */
const BATCH = 512;

type Constants = ReadonlyMap<string, bigint>;

/** Where a pair counts its differences. */
const COUNTS = {
  wrong: "disagreed",
  "differs by design": "byDesign",
  "no such input": "noInput",
} as const;

/** Records of one encoder's answers, and how they compare with the headers'. */
interface Lane {
  readonly encoder: string;
  readonly records: BigUint64Array;
  readonly bytes: Buffer;
  readonly pair: { -readonly [K in keyof PairReport]: PairReport[K] };
}

/** An encoder that did not answer, and the input. */
export interface Break {
  readonly encoder: string;
  readonly error: BrokenEncoder;
  readonly input: BigUint64Array;
}

/** The comparison of one function on one architecture, batch by batch. */
export class FunctionComparison {
  readonly arch: Arch;
  readonly name: FunctionName;
  readonly layout: RecordLayout;
  readonly places: Places;
  readonly constants: Constants;
  readonly clusters: Clusters;
  readonly breaks: Break[] = [];
  /** The names of the encoders, without the headers. */
  readonly encoders: readonly string[];
  /** How many cases come before anything is drawn. */
  readonly first: number;
  cases = 0;
  readonly #generator: InputGenerator;
  readonly #coverage: CoverageCounter;
  readonly #input: BigUint64Array;
  /** Those that answer: one that breaks gets no more batches, but is asked about its disagreements. */
  #lanes: readonly Lane[];
  readonly #pairs: readonly PairReport[];
  readonly #reference: Lane;
  readonly #subjects: readonly Subject[];
  readonly #truth: Subject;

  /**
   * @param subjects those of the architecture that have the function
   * @param truth the headers' answers: native, one of the subjects or not
   * @param constants the headers' names and layout
   */
  constructor(
    arch: Arch,
    name: FunctionName,
    subjects: readonly Subject[],
    truth: Subject,
    constants: Constants,
    random: Random,
  ) {
    this.arch = arch;
    this.name = name;
    this.layout = layoutOf(name, constants);
    this.constants = constants;
    this.places = new Places(this.layout, constants);
    this.clusters = new Clusters();
    const stream = FUNCTION_NAMES.indexOf(name) + (arch === "arm64" ? FUNCTION_NAMES.length : 0);
    this.#generator = new InputGenerator(this.layout, constants, random, stream);
    this.first = this.#generator.first;
    this.encoders = subjects.map((subject) => subject.name);
    this.#coverage = new CoverageCounter(this.layout, this.#generator);
    this.#truth = truth;
    this.#subjects = subjects;
    const words = BATCH * this.layout.words;
    this.#input = new BigUint64Array(words);
    const reference = subjects.includes(truth) ? truth.name : HEADERS;
    const lane = (encoder: string): Lane => {
      const records = new BigUint64Array(words);
      const counts = { cases: 0, disagreed: 0, byDesign: 0, noInput: 0 };
      const pair = { encoders: [encoder, reference] as const, truth: true, ...counts };
      return { encoder, records, bytes: Buffer.from(records.buffer), pair };
    };
    this.#reference = lane(HEADERS);
    this.#lanes = subjects.filter((subject) => subject !== truth).map(({ name: own }) => lane(own));
    this.#pairs = this.#lanes.map(({ pair }) => pair);
  }

  /** The words of an input whose bits are flags, by index, with the bits that have a name. */
  get namedFlags(): Map<number, bigint> {
    return new Map(
      this.#generator.flagFields.map(({ field: { at, name }, flags }) => {
        const bits = [...flags.names.keys()].map((bit) => 1n << BigInt(bit));
        const named = bits.filter((bit) =>
          flagNames(name, bit, this.constants).some((each) => !each.startsWith("0x")),
        );
        return [at, named.reduce((mask, bit) => mask | bit, 0n)];
      }),
    );
  }

  /** Compares the next batch, of `most` cases at most; returns how many it had. */
  async step(most: number): Promise<number> {
    const count = Math.min(most, BATCH);
    if (count <= 0) return 0;
    const halves = new Uint32Array(this.#input.buffer);
    for (let i = 0; i < count; i++) {
      this.#generator.write(this.cases + i, halves, i * this.layout.words);
    }
    await this.#take(count);
    return count;
  }

  /**
   * The input that has these words, by the names of its places; the others are 0.
   *
   * @throws InputError for an unknown name
   */
  inputOf(words: ReadonlyMap<string, bigint>): BigUint64Array {
    const input = new BigUint64Array(this.layout.words);
    for (const [name, word] of words) {
      const place = this.places.inputs.get(name);
      if (place === undefined) {
        const known = [...this.places.inputs.keys()];
        throw new InputError(`a case of ${this.name} has no "${name}"${didYouMean(name, known)}`);
      }
      input[place.byte / 8] = place.bytes === 4 ? BigInt.asUintN(32, word) : word;
    }
    return input;
  }

  /** Compares one case; returns the encoders that agree, and the record with their answer. */
  async stepWith(input: BigUint64Array) {
    this.#input.set(input);
    await this.#take(1);
    const agreeing = this.#lanes.filter(
      ({ pair }) => pair.cases > 0 && pair.disagreed + pair.byDesign + pair.noInput === 0,
    );
    return {
      encoders: agreeing.map(({ encoder }) => encoder),
      answer: this.#recordAt(this.#reference.records, 0),
    };
  }

  async #take(count: number): Promise<void> {
    const input = this.#input.subarray(0, count * this.layout.words);
    this.cases += count;
    this.#coverage.add(new Uint32Array(input.buffer, 0, 2 * input.length));
    for (const lane of [this.#reference, ...this.#lanes]) {
      const records = lane.records.subarray(0, input.length);
      if ((await this.#answersOf(lane.encoder, input, records)) !== undefined) continue;
      this.#lanes = this.#lanes.filter((each) => each !== lane);
    }
    this.#compare(input, count);
  }

  /** What an encoder's answers mean, in records; undefined, and its break is noted, if it does not answer all. */
  async #answersOf(
    encoder: string,
    inputs: BigUint64Array,
    records: BigUint64Array = new BigUint64Array(inputs.length),
  ): Promise<BigUint64Array | undefined> {
    records.set(inputs);
    const error = await this.breakOf(encoder, records);
    if (error === undefined) {
      if (this.name === "encodeSeccomp") answerFilters(this.layout, records);
      return records;
    }
    this.noteBreak(this.#subjectOf(encoder).name, error, this.#recordAt(inputs, error.index));
    return undefined;
  }

  /**
   * The first difference of an encoder's answers to inputs from the headers'.
   *
   * @returns undefined if it does not answer all
   */
  async differences(
    encoder: string,
    inputs: BigUint64Array,
  ): Promise<(Difference | undefined)[] | undefined> {
    const own = await this.#answersOf(encoder, inputs);
    const other = own && (await this.#answersOf(HEADERS, inputs));
    if (own === undefined || other === undefined) return undefined;
    return Array.from({ length: inputs.length / this.layout.words }, (_, i) =>
      firstDifference(
        this.places,
        this.#recordAt(inputs, i),
        this.#recordAt(own, i),
        this.#recordAt(other, i),
      ),
    );
  }

  /**
   * Writes the answers of an encoder into records.
   *
   * @param patience how many milliseconds they may take, if a break is expected
   * @returns why and where it does not answer
   */
  async breakOf(
    encoder: string,
    records: BigUint64Array,
    patience?: number,
  ): Promise<BrokenEncoder | undefined> {
    try {
      await this.#subjectOf(encoder).run(this.layout, records, patience);
    } catch (error) {
      if (error instanceof BrokenEncoder) return error;
      throw error;
    }
    return undefined;
  }

  #subjectOf(encoder: string): Subject {
    if (encoder === HEADERS) return this.#truth;
    const found = this.#subjects.find(({ name }) => name === encoder);
    if (found === undefined) throw new RangeError(`no encoder ${encoder} is compared`);
    return found;
  }

  /** Makes an encoder forget the calls before: what it answers now is what a replay shows. */
  async renew(encoder: string): Promise<void> {
    await this.#subjectOf(encoder).renew?.();
  }

  /** Notes the first break of each encoder. */
  noteBreak(encoder: string, error: BrokenEncoder, input: BigUint64Array): void {
    if (this.breaks.some((known) => known.encoder === encoder)) return;
    this.breaks.push({ encoder, error, input: input.slice() });
  }

  /** What the command line calls an encoder. */
  argumentOf(encoder: string): string {
    return this.#subjectOf(encoder).argument;
  }

  /** Whether an encoder had a case, and something to be compared with. */
  isCompared(encoder: string): boolean {
    return this.#pairs.some(({ encoders, cases }) => cases > 0 && encoders.includes(encoder));
  }

  report(): FunctionReport {
    return {
      arch: this.arch,
      operation: this.layout.signature.operation,
      name: this.name,
      cases: this.cases,
      pairs: this.#pairs.filter(({ cases }) => cases > 0),
      coverage: this.#coverage.report(this.cases),
    };
  }

  /** Compares each encoder with the headers; what differs goes into clusters. */
  #compare(input: BigUint64Array, count: number): void {
    const end = 8 * input.length;
    for (const { encoder, records, bytes, pair } of this.#lanes) {
      pair.cases += count;
      if (bytes.compare(this.#reference.bytes, 0, end, 0, end) === 0) continue;
      for (let index = 0; index < count; index++) {
        const given = this.#recordAt(input, index);
        const own = this.#recordAt(records, index);
        const other = this.#recordAt(this.#reference.records, index);
        const difference = firstDifference(this.places, given, own, other);
        if (difference === undefined) continue;
        pair[COUNTS[difference.apart ?? "wrong"]]++;
        this.clusters.add(encoder, given, difference, [own, other]);
      }
    }
  }

  #recordAt(records: BigUint64Array, index: number): BigUint64Array {
    return records.subarray(index * this.layout.words, (index + 1) * this.layout.words);
  }
}

/** The layout of a function's records, by the headers' size of a block. */
export function layoutOf(name: FunctionName, constants: Constants): RecordLayout {
  const extra = name === "encodeSeccomp" ? FILTER_FIELDS : [];
  return new RecordLayout(name, Number(constants.get("REGISTERS_SIZE") ?? 0n), extra);
}
