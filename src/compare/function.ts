import type { Random } from "../cases/random.ts";
import { FUNCTION_NAMES, type FunctionName } from "../encoder/abi.ts";
import type { Arch } from "../encoder/arch.ts";
import { InputError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { Clusters } from "./clusters.ts";
import { CoverageCounter } from "./coverage.ts";
import { answerFilters, FILTER_FIELDS } from "./filter.ts";
import { InputGenerator } from "./inputs.ts";
import { flagNames } from "./meaning.ts";
import { Places } from "./places.ts";
import { BrokenEncoder, RecordLayout, type Runner } from "./record.ts";
import { type FunctionReport, HEADERS, type PairReport } from "./report.ts";
import type { Subject } from "./subject.ts";
import { BatchTimes, openNothing } from "./timing.ts";

/** Records of a batch: enough to hide what a batch costs, few enough for the processor's caches. */
const BATCH = 512;

type Constants = ReadonlyMap<string, bigint>;

/** Words of one encoder's records, and whether it still answers. */
interface Lane {
  readonly subject: Subject;
  readonly records: BigUint64Array;
  readonly bytes: Buffer;
  readonly times: BatchTimes;
}

/** Who did not answer, and about what. */
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
  cases = 0;
  readonly #generator: InputGenerator;
  readonly #coverage: CoverageCounter;
  readonly #input: BigUint64Array;
  /** Those that answer, and all: who breaks is not given any more batches, but is asked about its disagreements. */
  readonly #lanes: Lane[];
  readonly #everyone: readonly Lane[];
  readonly #subjects: readonly Subject[];
  readonly #truth: Subject | undefined;
  readonly #loop: Runner;
  readonly #loopTimes = new BatchTimes();
  readonly #pairs = new Map<string, PairReport>();

  /**
   * @param subjects those of the architecture that have the function
   * @param truth the headers' answers: another instance of native, where the headers are there
   * @param constants the headers' names and layout
   */
  constructor(
    arch: Arch,
    name: FunctionName,
    subjects: readonly Subject[],
    truth: Subject | undefined,
    constants: Constants,
    random: Random,
  ) {
    this.arch = arch;
    this.name = name;
    this.layout = layoutOf(name, constants);
    this.constants = constants;
    this.places = new Places(this.layout, constants);
    this.clusters = new Clusters(this.layout, this.places);
    const stream = FUNCTION_NAMES.indexOf(name) + (arch === "arm64" ? FUNCTION_NAMES.length : 0);
    this.#generator = new InputGenerator(this.layout, constants, random, stream);
    this.#coverage = new CoverageCounter(this.layout, this.#generator);
    this.#truth = truth;
    const all = new Set(truth === undefined ? subjects : [...subjects, truth]);
    this.#subjects = subjects;
    const words = BATCH * this.layout.words;
    this.#input = new BigUint64Array(words);
    this.#loop = openNothing(this.layout);
    this.#everyone = [...all].map((subject) => {
      const records = new BigUint64Array(words);
      return { subject, records, bytes: Buffer.from(records.buffer), times: new BatchTimes() };
    });
    this.#lanes = [...this.#everyone];
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

  /** How many cases come before anything is drawn. */
  get first(): number {
    return this.#generator.first;
  }

  /** Cases of the next batch, of `rest` that are wanted. */
  size(rest: number): number {
    return Math.min(rest, BATCH);
  }

  /** Compares the next `count` cases. */
  async step(count: number): Promise<void> {
    const halves = new Uint32Array(this.#input.buffer, 0, 2 * count * this.layout.words);
    for (let i = 0; i < count; i++) {
      this.#generator.write(this.cases + i, halves, i * this.layout.words);
    }
    await this.#take(count);
  }

  /**
   * The input that has these words, by the names of its places; the others are 0.
   *
   * @throws InputError for a name that is none
   */
  inputOf(words: ReadonlyMap<string, bigint>): BigUint64Array {
    const input = new BigUint64Array(this.layout.words);
    for (const [name, word] of words) {
      const place = this.places.inputs.get(name);
      if (place === undefined) {
        const near = nearest(name, [...this.places.inputs.keys()]);
        throw new InputError(
          `a case of ${this.name} has no "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`,
        );
      }
      input[place.byte / 8] = place.bytes === 4 ? BigInt.asUintN(32, word) : word;
    }
    return input;
  }

  /** Compares one case that was told word by word. */
  async stepWith(input: BigUint64Array): Promise<void> {
    this.#input.set(input);
    await this.#take(1);
  }

  async #take(count: number): Promise<void> {
    const words = count * this.layout.words;
    const input = this.#input.subarray(0, words);
    this.cases += count;
    this.#coverage.add(new Uint32Array(input.buffer, 0, 2 * words));
    this.#timeLoop(input, count);
    for (const lane of [...this.#lanes]) {
      const records = lane.records.subarray(0, words);
      records.set(input);
      await this.#run(lane, records, count);
    }
    this.#compare(input, count);
  }

  /** The answers of an encoder to inputs, as they are compared; undefined where it does not answer one. */
  async answer(encoder: string, inputs: BigUint64Array): Promise<BigUint64Array | undefined> {
    const records = await this.record(encoder, inputs);
    if (records !== undefined && this.name === "encodeSeccomp") answerFilters(this.layout, records);
    return records;
  }

  /** The same as the encoder wrote them: a filter's program, where what is compared is what it answers. */
  async record(encoder: string, inputs: BigUint64Array): Promise<BigUint64Array | undefined> {
    if (this.#laneOf(encoder) === undefined) return undefined;
    const records = inputs.slice();
    const error = await this.breakOf(encoder, records);
    if (error === undefined) return records;
    const start = error.index * this.layout.words;
    this.noteBreak(encoder, error, inputs.slice(start, start + this.layout.words));
    return undefined;
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
      await this.#laneOf(encoder)?.subject.run(this.layout, records, patience);
    } catch (error) {
      if (error instanceof BrokenEncoder) return error;
      throw error;
    }
    return undefined;
  }

  #laneOf(encoder: string): Lane | undefined {
    return this.#everyone.find(({ subject }) =>
      encoder === HEADERS ? subject === this.#truth : subject.name === encoder,
    );
  }

  /** Notes the first break of each encoder. */
  noteBreak(encoder: string, error: BrokenEncoder, input: BigUint64Array): void {
    if (this.breaks.some((known) => known.encoder === encoder)) return;
    this.breaks.push({ encoder, error, input: input.slice() });
  }

  /** What the command line calls an encoder. */
  argumentOf(encoder: string): string {
    return this.#subjects.find(({ name }) => name === encoder)?.argument ?? encoder;
  }

  report(): FunctionReport {
    return {
      arch: this.arch,
      operation: this.layout.signature.operation,
      name: this.name,
      cases: this.cases,
      pairs: [...this.#pairs.values()],
      timings: this.#lanes
        .filter(({ subject }) => this.#subjects.includes(subject))
        .map(({ subject, times }) => ({ encoder: subject.name, ...times.quartiles() })),
      loop: this.#loopTimes.quartiles().median,
      coverage: this.#coverage.report(this.cases),
    };
  }

  #timeLoop(input: BigUint64Array, count: number): void {
    const milliseconds = this.#loop.run(new Uint8Array(input.slice().buffer));
    this.#loopTimes.add((milliseconds * 1e6) / count);
  }

  async #run(lane: Lane, records: BigUint64Array, count: number): Promise<void> {
    try {
      const milliseconds = await lane.subject.run(this.layout, records);
      lane.times.add((milliseconds * 1e6) / count);
    } catch (error) {
      if (!(error instanceof BrokenEncoder)) throw error;
      const start = error.index * this.layout.words;
      const input = this.#input.subarray(start, start + this.layout.words);
      this.noteBreak(lane.subject.name, error, input);
      this.#lanes.splice(this.#lanes.indexOf(lane), 1);
      return;
    }
    if (this.name === "encodeSeccomp") answerFilters(this.layout, records);
  }

  #compare(input: BigUint64Array, count: number): void {
    const length = 8 * input.length;
    for (const [i, one] of this.#lanes.entries()) {
      for (const other of this.#lanes.slice(i + 1)) {
        const same = one.bytes.compare(other.bytes, 0, length, 0, length) === 0;
        const disagreed = same ? 0 : this.#compareRecords(input, one, other, count);
        this.#count(one.subject, other.subject, count, disagreed);
      }
    }
  }

  #count(one: Subject, other: Subject, cases: number, disagreed: number): void {
    const name = this.#subjects.includes(other) ? other.name : HEADERS;
    const key = `${one.name} ${name}`;
    const before = this.#pairs.get(key);
    this.#pairs.set(key, {
      encoders: [one.name, name],
      truth: one === this.#truth || other === this.#truth,
      cases: cases + (before?.cases ?? 0),
      disagreed: disagreed + (before?.disagreed ?? 0),
    });
  }

  /** How many records of a batch differ; those against the reference go into clusters. */
  #compareRecords(input: BigUint64Array, one: Lane, other: Lane, count: number): number {
    const { words } = this.layout;
    // Without headers, the first encoder is what the others are held against.
    const reference = this.#lanes.find(({ subject }) => subject === this.#truth) ?? this.#lanes[0];
    const [own, against] = one === reference ? [other, one] : [one, other];
    let disagreed = 0;
    for (let i = 0; i < count; i++) {
      const [start, end] = [i * words, (i + 1) * words];
      if (one.bytes.compare(other.bytes, 8 * start, 8 * end, 8 * start, 8 * end) === 0) continue;
      disagreed++;
      if (against !== reference) continue;
      this.clusters.add(
        own.subject.name,
        reference.subject === this.#truth ? HEADERS : reference.subject.name,
        input.subarray(start, end),
        own.records.subarray(start, end),
        reference.records.subarray(start, end),
      );
    }
    return disagreed;
  }
}

/** The layout of a function's records, by the headers' size of a block. */
export function layoutOf(name: FunctionName, constants: Constants): RecordLayout {
  const extra = name === "encodeSeccomp" ? FILTER_FIELDS : [];
  return new RecordLayout(name, Number(constants.get("REGISTERS_SIZE") ?? 0n), extra);
}
