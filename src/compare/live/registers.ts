import { registerLayout } from "../../encoder/block.ts";
import { PLACES } from "./code.ts";
import type { Tracee } from "./tracee.ts";

/** Writable bits of eflags (arch/x86/kernel/ptrace.c). */
const WRITABLE = 0x5_4dd5n;
/** TF would stop the code at once, and RF is nowhere to be seen. */
const TF = 0x100n;
const RF = 0x1_0000n;
/** Bits of fs_base and gs_base that every machine takes. */
const BASE = 2n ** 46n - 1n;
/** The selector of the user's data. */
const USER_DS = 0x2bn;

/** An orig_rax that says that no call is under way. */
export const NO_CALL = 2n ** 64n - 1n;

/** The registers of a block by name, and what a stub can be resumed with. */
export class Registers {
  readonly names: readonly string[];
  /** What a stub rests with. */
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
    if (at === undefined) throw new RangeError(`there is no register ${name}`);
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

  /** The registers of the stub at rest, with some changed, and RIP at the code that writes them down. */
  atEntry(changes: Readonly<Record<string, bigint>> = {}): BigUint64Array {
    return this.with(this.initial, { rip: PLACES.entry, orig_rax: NO_CALL, ...changes });
  }

  /**
   * Makes of a block one that a stub can be resumed with: RIP where there is code, selectors, flags and bases
   * that it may have. The other registers stay as they are.
   *
   * @param trap whether TF is one of those flags
   */
  fit(block: BigUint64Array, rip: bigint = PLACES.entry, trap = false): void {
    const kept = WRITABLE & ~RF & (trap ? -1n : ~TF);
    const flags = this.get(this.initial, "eflags") & ~WRITABLE;
    block[this.at("rip")] = rip;
    block[this.at("eflags")] = flags | (this.get(block, "eflags") & kept);
    for (const base of ["fs_base", "gs_base"]) block[this.at(base)] = this.get(block, base) & BASE;
    this.fitSelectors(block);
  }

  /** The selectors of the stub itself; ds and es may be those of the user's data, too. */
  fitSelectors(block: BigUint64Array): void {
    for (const name of ["cs", "ss", "fs", "gs"]) {
      block[this.at(name)] = this.get(this.initial, name);
    }
    for (const name of ["ds", "es"]) {
      block[this.at(name)] = (this.get(block, name) & 1n) === 1n ? USER_DS : 0n;
    }
  }
}
