import { basename } from "node:path";
import type { FunctionName } from "../../core/encoder/abi.ts";
import type { Arch } from "../../core/machine/index.ts";
import { RECORDS_SIZE, type Replies } from "./foreign_message.ts";
import { EncoderProcess, SharedFile } from "./foreign_process.ts";
import { BrokenEncoder, type RecordLayout } from "./record.ts";
import { closedSubject, type Subject } from "./subject.ts";

/** How often an encoder gets a new process. */
const MOST_RESTARTS = 3;

/** A user's encoder, in a process of its own that may be ended at any time. */
export class ForeignSubject implements Subject {
  readonly name: string;
  readonly argument: string;
  readonly arch: Arch;
  readonly constants: ReadonlyMap<string, bigint>;
  readonly others: readonly string[];
  readonly #functions: ReadonlySet<string>;
  readonly #shared: SharedFile;
  #process: EncoderProcess;
  #restarts = 0;
  /** Whether its last break was expected. */
  #forgiven = false;
  #closed = false;

  private constructor(
    file: string,
    name: string,
    shared: SharedFile,
    process: EncoderProcess,
    { arch, functions, others, constants }: Replies["load"],
  ) {
    this.argument = file;
    this.name = name;
    this.arch = arch;
    this.constants = new Map(constants.map(([constant, word]) => [constant, BigInt(word)]));
    this.#functions = new Set(functions);
    this.others = others;
    this.#shared = shared;
    this.#process = process;
  }

  /**
   * @param name what reports call it
   * @throws BrokenEncoder if it is refused or does not load; UnsupportedError if no process starts
   */
  static async open(file: string, name = basename(file)): Promise<ForeignSubject> {
    const shared = new SharedFile();
    try {
      const process = await EncoderProcess.start(shared);
      const loaded = await process.ask({ kind: "load", file, name });
      return new ForeignSubject(file, name, shared, process, loaded);
    } catch (error) {
      shared.close();
      throw error;
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  has(name: FunctionName): boolean {
    return this.#functions.has(name);
  }

  async run(layout: RecordLayout, records: BigUint64Array, patience?: number): Promise<void> {
    const { name, blockSize, extra } = layout;
    const bytes = new Uint8Array(records.buffer, records.byteOffset, records.byteLength);
    if (bytes.length > RECORDS_SIZE) throw new RangeError(`${bytes.length} bytes of records`);
    const count = records.length / layout.words;
    const process = await this.#running(patience !== undefined);
    this.#shared.write(bytes);
    try {
      await process.ask({ kind: "run", name, blockSize, extra, count }, patience);
      this.#expectOpen();
      if (!this.#shared.read(bytes)) throw await process.blame("cut the file of its records");
    } catch (error) {
      this.#expectOpen();
      if (!(error instanceof BrokenEncoder)) throw error;
      this.#forgiven = patience !== undefined;
      const index = Math.min(Math.max(error.index, 0), count - 1);
      throw new BrokenEncoder(error.kind, index, error.message, error.cause);
    }
  }

  /** Ends its process; the next run is in a new one, which does not count as a restart. */
  async renew(): Promise<void> {
    this.#expectOpen();
    await this.#process.process.end();
    this.#forgiven = true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#process.process.end();
    this.#shared.close();
  }

  /** The process that it is in: a new one after a break. */
  async #running(expected = false): Promise<EncoderProcess> {
    this.#expectOpen();
    if (!this.#process.process.ended) return this.#process;
    if (!expected && !this.#forgiven) {
      if (this.#restarts === MOST_RESTARTS) {
        throw new BrokenEncoder("refused", 0, `was given up after ${MOST_RESTARTS + 1} breaks`);
      }
      this.#restarts++;
    }
    const process = await EncoderProcess.start(this.#shared);
    await process.ask({ kind: "load", file: this.argument, name: this.name });
    this.#process = process;
    this.#forgiven = false;
    // It may have been closed meanwhile.
    if (this.#closed) void process.process.end();
    this.#expectOpen();
    return process;
  }

  /** @throws StateError */
  #expectOpen(): void {
    if (this.#closed) throw closedSubject(this.name);
  }
}
