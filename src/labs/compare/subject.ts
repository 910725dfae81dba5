import type { FunctionName, PartialEncoder } from "../../core/encoder/abi.ts";
import type { Arch } from "../../core/machine/index.ts";
import { StateError } from "../../lib/errors.ts";
import { type RecordLayout, Runner } from "./record.ts";

/** An encoder under comparison, in this process or in one of its own. */
export interface Subject {
  /** What reports call it. */
  readonly name: string;
  /** What the command line calls it: its name, or its file. */
  readonly argument: string;
  readonly arch: Arch;
  readonly constants: ReadonlyMap<string, bigint>;
  /** Names of functions that it exports and the ABI does not have. */
  readonly others?: readonly string[];
  /** A closed subject is refused with a StateError. */
  readonly closed: boolean;
  has(name: FunctionName): boolean;
  /**
   * Writes the answers into records.
   *
   * @param patience how many milliseconds they may take, if a break is expected: then it does not count
   * @throws BrokenEncoder if it does not answer
   * @internal
   */
  run(layout: RecordLayout, records: BigUint64Array, patience?: number): void | Promise<void>;
  /** Makes it forget the calls before, if it can have kept something of them. @internal */
  renew?(): Promise<void>;
  /** Closing it again does nothing. */
  close(): void;
}

/** The error of a subject that is used after its end. */
export function closedSubject(name: string): StateError {
  return new StateError(`the subject "${name}" is closed`, {
    remedy: "open it again with openSubjectsConfined, and close it after the comparison",
  });
}

/** An encoder in this process: one that comes with stublab. */
export class LocalSubject implements Subject {
  readonly name: string;
  readonly argument: string;
  readonly arch: Arch;
  readonly constants: ReadonlyMap<string, bigint>;
  readonly others: readonly string[];
  readonly #encoder: PartialEncoder;
  #closed = false;

  constructor(encoder: PartialEncoder) {
    this.#encoder = encoder;
    this.name = encoder.name;
    this.argument = encoder.name;
    this.arch = encoder.arch;
    this.constants = encoder.constants;
    this.others = encoder.others ?? [];
  }

  get closed(): boolean {
    return this.#closed;
  }

  has(name: FunctionName): boolean {
    return this.#encoder[name] !== undefined;
  }

  run(layout: RecordLayout, records: BigUint64Array): void {
    this.#expectOpen();
    const bytes = new Uint8Array(records.buffer, records.byteOffset, records.byteLength);
    new Runner(this.#encoder, layout).run(bytes);
  }

  close(): void {
    this.#closed = true;
  }

  /** @throws StateError */
  #expectOpen(): void {
    if (this.#closed) throw closedSubject(this.name);
  }
}
