import { PAGE_SIZE } from "../core/shim/auxiliary_vector.ts";
import { DEFINES, RING } from "../core/shim/bindings.ts";
import { type Shim, viewMemory } from "../core/shim/shim.ts";
import { MOST_ENTRIES } from "../core/stub/batch.ts";

const { RING_ENTRIES, ENTRY_SIZE } = DEFINES;

/** The size of a ring in bytes: whole pages, as each is mapped for itself. */
export const RING_SIZE =
  Math.ceil((RING_ENTRIES + MOST_ENTRIES * ENTRY_SIZE) / PAGE_SIZE) * PAGE_SIZE;

/** Rings of one file: each file takes a descriptor of the host. */
const RINGS = 64;

/** A file of rings, mapped in the host. It is given back when no stub uses one of them. */
interface RingFile {
  readonly file: number;
  readonly address: number;
  readonly unused: RingMemory[];
}

const files = new Set<RingFile>();

/** A file in memory, mapped in the host. Returns the errno of the call that failed, negative. */
export function mapNewFile(
  shim: Shim,
  length: number,
): { readonly file: number; readonly address: number } | number {
  const file = shim.memoryFile(length);
  if (file < 0) return file;
  const address = shim.mapShared(file, length);
  if (address > 0) return { file, address };
  shim.close(file);
  return address;
}

/** The memory of a ring, mapped in the host: a part of a file, which a stub maps, too. */
export class RingMemory {
  readonly file: number;
  /** Where it is in the file. */
  readonly offset: number;
  readonly address: number;
  /** The whole ring, in which the entries begin at RING_ENTRIES. */
  readonly memory: ArrayBuffer;
  readonly #header: Uint32Array;
  readonly #home: RingFile;

  private constructor(home: RingFile, offset: number) {
    this.#home = home;
    this.file = home.file;
    this.offset = offset;
    this.address = home.address + offset;
    this.memory = viewMemory(this.address, RING_SIZE);
    this.#header = new Uint32Array(this.memory, 0, RING_ENTRIES / 4);
  }

  /** Takes a ring that was given back, or makes some. Returns the errno of the call that failed, negative. */
  static take(shim: Shim): RingMemory | number {
    for (const { unused } of files) {
      const last = unused.pop();
      if (last !== undefined) return last;
    }
    const mapped = mapNewFile(shim, RINGS * RING_SIZE);
    if (typeof mapped === "number") return mapped;
    const home: RingFile = { ...mapped, unused: [] };
    files.add(home);
    for (let ring = RINGS - 1; ring > 0; ring--) {
      home.unused.push(new RingMemory(home, ring * RING_SIZE));
    }
    return new RingMemory(home, 0);
  }

  /** Gives the ring back: no stub has it mapped any more, and nobody uses its views. */
  giveBack(shim: Shim): void {
    const { unused, file, address } = this.#home;
    unused.push(this);
    if (unused.length < RINGS) return;
    files.delete(this.#home);
    shim.unmap(address, RINGS * RING_SIZE);
    shim.close(file);
  }

  /** The number of the last turn, as the stub has it in EBP when it enters its loop. */
  get turn(): number {
    return this.#header[RING.turn / 4] ?? 0;
  }

  /** Whether the stub stops at its breakpoint after the turn, by `prepare` or because a signal stopped it. */
  get halts(): boolean {
    return this.#header[RING.halt / 4] !== 0;
  }

  /**
   * Sets the next turn: its number of entries, whether the stub stops at its breakpoint afterwards, and how often each
   * side looks for the other's progress before it sleeps.
   */
  prepare(count: number, halt: boolean, spins: number): void {
    this.#set(RING.count, count);
    this.#set(RING.halt, halt ? 1 : 0);
    this.#set(RING.spins, spins);
  }

  /** The stub polls the same cache line, so a word that is right already is not written. */
  #set(offset: number, word: number): void {
    if (this.#header[offset / 4] !== word) this.#header[offset / 4] = word;
  }
}
