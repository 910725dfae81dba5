import { errnoName } from "../../../errno.ts";
import { UnsupportedError } from "../../../errors.ts";
import { viewMemory } from "../../../shim/library.ts";
import type { Shim } from "../../../shim/shim.ts";
import type { Batch } from "../../case/batch.ts";
import { SCRATCH, SCRATCH_SIZE } from "../../case/code.ts";
import { halvesOf } from "../../case/layout.ts";
import { CONSTANTS, EXCHANGE_RECORD } from "../../case/records.ts";
import { OUTCOME_SIZE, SETUP_SIZE } from "../../case/setups.ts";
import { KEPT } from "./kept.ts";

const HALVES = halvesOf(EXCHANGE_RECORD);
const { setups: SETUPS, outcomes: OUTCOMES, image: IMAGE } = EXCHANGE_RECORD.offsets;
/** How many setups can be handed over at once. */
export const CAPACITY = CONSTANTS.EXCHANGE_CAPACITY;

/** Those that are in nobody's use. They stay mapped, for views of them may last. */
const unused: Exchange[] = [];

/** The memory that the host shares with a stub: struct stublab_exchange. */
export class Exchange {
  /** The file in memory that it is, to be mapped by a stub. */
  readonly file: number;
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly #halves: Uint32Array;

  private constructor(shim: Shim) {
    this.length = EXCHANGE_RECORD.size;
    this.file = shim.memoryFile(this.length);
    if (this.file < 0) throw unsupported("memfd_create", -this.file);
    const address = shim.mapFile(this.file, this.length);
    if (address < 0) throw unsupported("mmap", -address);
    const memory = viewMemory(address, this.length);
    this.bytes = new Uint8Array(memory);
    this.#halves = new Uint32Array(memory);
  }

  /** @throws UnsupportedError */
  static take(shim: Shim): Exchange {
    return unused.pop() ?? new Exchange(shim);
  }

  /** Gives it back. No stub may have it any more. */
  release(): void {
    unused.push(this);
  }

  /** As a stub is to find it that has not begun. */
  reset(basesReadable: boolean): void {
    this.#halves.fill(0, 0, HALVES.setups);
    this.#halves[HALVES.turn] = 1;
    this.#halves[HALVES.ds] = Number(KEPT.ds);
    this.#halves[HALVES.es] = Number(KEPT.es);
    this.#halves[HALVES.bases] = basesReadable ? 1 : 0;
    this.#halves[HALVES.scratch] = Number(SCRATCH);
    this.#halves[HALVES.scratchSize] = SCRATCH_SIZE;
  }

  /** Puts in the floating point of a new program, as in a signal frame. */
  putImage(image: Uint8Array): void {
    this.bytes.set(image, IMAGE);
    this.#halves[HALVES.imageLength] = image.length;
  }

  /** The index of the setup that is under way; only its rise is certain while it is the stub's turn. */
  get next(): number {
    return Atomics.load(this.#halves, HALVES.next);
  }

  /** Puts in setups of a batch, from `first` on. */
  load({ setupBytes }: Batch, first: number, count: number): void {
    this.bytes.set(setupBytes.subarray(first * SETUP_SIZE, (first + count) * SETUP_SIZE), SETUPS);
    this.#halves[HALVES.next] = 0;
    this.#halves[HALVES.count] = count;
  }

  /** Takes out the outcomes of the first `count` of them. */
  unload({ outcomeBytes }: Batch, first: number, count: number): void {
    const bytes = this.bytes.subarray(OUTCOMES, OUTCOMES + count * OUTCOME_SIZE);
    outcomeBytes.set(bytes, first * OUTCOME_SIZE);
  }
}

function unsupported(call: string, errno: number): UnsupportedError {
  const name = errnoName(errno);
  return new UnsupportedError(`no memory can be shared with a stub: ${call} failed with ${name}`, {
    call,
    errno: name,
  });
}
