import { registerLayout } from "../../../core/encoder/block.ts";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { fit, IDLE } from "./arch.ts";
import { PLACES } from "./code.ts";
import type { Tracee } from "./tracee.ts";
import type { View } from "./view.ts";

/** The registers of a block by name, and changes that let a stub be resumed with it. */
export class Registers {
  readonly names: readonly string[];
  /** The registers of a stub at rest. */
  readonly initial: BigUint64Array;
  readonly #index: ReadonlyMap<string, number>;

  constructor({ tracer, initial }: Tracee) {
    this.names = registerLayout(tracer.encoder).map(({ name }) => name);
    this.#index = new Map(this.names.map((name, i) => [name, i]));
    this.initial = new BigUint64Array(initial.bytes.slice().buffer);
  }

  /** The index of a register's word in a block. */
  at(name: string): number {
    const at = this.#index.get(name);
    if (at === undefined) throw new RangeError(`unknown register ${name}`);
    return at;
  }

  get(block: BigUint64Array, name: string): bigint {
    return block[this.at(name)] ?? 0n;
  }

  /** The block with some registers changed. */
  with(block: BigUint64Array, changes: Readonly<Record<string, bigint>>): BigUint64Array {
    const changed = block.slice();
    for (const [name, word] of Object.entries(changes)) changed[this.at(name)] = word;
    return changed;
  }

  /** The registers of the stub at rest, with some changed, and at the code that stores them. */
  atEntry(changes: Readonly<Record<string, bigint>> = {}): BigUint64Array {
    return this.with(this.initial, {
      [HOST_MACHINE.instructionPointer]: PLACES.entry,
      ...IDLE,
      ...changes,
    });
  }

  /** A block by the names of its registers. */
  view(block: BigUint64Array): View {
    return {
      get: (name) => this.get(block, name),
      put: (name, word) => {
        block[this.at(name)] = word;
      },
      atRest: (name) => this.get(this.initial, name),
    };
  }

  /**
   * Changes a block into one that a stub can be resumed with: the address of its code, flags and the like get valid
   * values. Other registers stay.
   *
   * @param trap whether a flag may stay set that makes the stub trap after one instruction
   */
  fit(block: BigUint64Array, code: bigint = PLACES.entry, trap = false): void {
    block[this.at(HOST_MACHINE.instructionPointer)] = code;
    fit(this.view(block), trap);
  }
}
