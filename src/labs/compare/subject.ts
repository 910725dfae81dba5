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
export function localSubject(encoder: PartialEncoder): Subject {
  const { name, arch, constants, others = [] } = encoder;
  let closed = false;
  return {
    name,
    argument: name,
    arch,
    constants,
    others,
    get closed() {
      return closed;
    },
    has: (each) => encoder[each] !== undefined,
    run(layout, records) {
      if (closed) throw closedSubject(name);
      const bytes = new Uint8Array(records.buffer, records.byteOffset, records.byteLength);
      new Runner(encoder, layout).run(bytes);
    },
    close() {
      closed = true;
    },
  };
}
