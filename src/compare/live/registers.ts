import { registerLayout } from "../../encoder/block.ts";
import { PLACES } from "./code.ts";
import { NO_CALL, type Tracee } from "./tracee.ts";

/** Writable bits of eflags (arch/x86/kernel/ptrace.c). */
const WRITABLE = 0x5_4dd5n;
/** TF would stop the code at its first instruction; RF is not visible to it. */
export const TF = 0x100n;
const RF = 0x1_0000n;
/** Bits of fs_base and gs_base that every machine accepts. */
const BASE = 2n ** 46n - 1n;
/** The selector of user data. */
const USER_DS = 0x2bn;

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

  /** The registers of the stub at rest, with some changed, and RIP at the code that stores them. */
  atEntry(changes: Readonly<Record<string, bigint>> = {}): BigUint64Array {
    return this.with(this.initial, { rip: PLACES.entry, orig_rax: NO_CALL, ...changes });
  }

  /**
   * Changes a block into one that a stub can be resumed with: RIP, selectors, flags and bases get valid values. Other
   * registers stay.
   *
   * @param trap whether TF may stay set
   */
  fit(block: BigUint64Array, rip: bigint = PLACES.entry, trap = false): void {
    const kept = WRITABLE & ~RF & (trap ? -1n : ~TF);
    const flags = this.get(this.initial, "eflags") & ~WRITABLE;
    block[this.at("rip")] = rip;
    block[this.at("eflags")] = flags | (this.get(block, "eflags") & kept);
    for (const base of ["fs_base", "gs_base"]) block[this.at(base)] = this.get(block, base) & BASE;
    this.fitSelectors(block);
  }

  /** The selectors of the stub itself; ds and es are 0 or that of user data. */
  fitSelectors(block: BigUint64Array): void {
    for (const name of ["cs", "ss", "fs", "gs"]) {
      block[this.at(name)] = this.get(this.initial, name);
    }
    for (const name of ["ds", "es"]) {
      block[this.at(name)] = (this.get(block, name) & 1n) === 1n ? USER_DS : 0n;
    }
  }
}
