import { PAGE_SIZE } from "../../../../core/shim/auxiliary_vector.ts";
import { errnoName } from "../../../../lib/errno.ts";
import { UnsupportedError } from "../../../../lib/errors.ts";
import { SCRATCH, SCRATCH_SIZE } from "../../case/arch.ts";
import type { Batch } from "../../case/batch.ts";
import { halvesOf } from "../../case/layout.ts";
import { fuzzModule } from "../../case/module.ts";
import { EXCHANGE_RECORD } from "../../case/records.ts";
import { OUTCOME_SIZE, SETUP_SIZE } from "../../case/setups.ts";
import { loadFuzz } from "../shim.ts";
import { KEPT } from "./kept.ts";
import { RECORDS } from "./place.ts";

const HALVES = halvesOf(EXCHANGE_RECORD);

/** The memory that the host's thread shares with its stubs: all that is reserved in the fuzzer's module, batches too. */
interface Shared {
  /** It is this file in memory. */
  readonly file: number;
  readonly length: number;
}
let shared: Shared | undefined;

/** Those that are in nobody's use. */
const unused: Exchange[] = [];

/** What the host and a stub tell each other: struct stublab_exchange. */
export class Exchange {
  readonly shared: Shared;
  /** Its address in a stub. */
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly #halves: Uint32Array;
  readonly #words: BigUint64Array;

  private constructor() {
    shared ??= share();
    this.shared = shared;
    const { size } = EXCHANGE_RECORD;
    const at = fuzzModule().reserve(size);
    const { buffer } = fuzzModule();
    this.address = addressOf(at);
    this.bytes = new Uint8Array(buffer, at, size);
    this.#halves = new Uint32Array(buffer, at, size / 4);
    this.#words = new BigUint64Array(buffer, at, size / 8);
  }

  /** @throws UnsupportedError; EncoderError if the module's memory is full */
  static take(): Exchange {
    return unused.pop() ?? new Exchange();
  }

  /** Gives it back. No stub may have it any more. */
  release(): void {
    unused.push(this);
  }

  /**
   * As a stub is to find it that has not begun.
   *
   * @param image the floating point of a new program, as in a signal frame
   */
  reset(basesReadable: boolean, image: Uint8Array): void {
    this.bytes.fill(0);
    this.#halves[HALVES.turn] = 1;
    this.#halves[HALVES.ds] = Number(KEPT.ds);
    this.#halves[HALVES.es] = Number(KEPT.es);
    this.#halves[HALVES.bases] = basesReadable ? 1 : 0;
    this.#words[HALVES.scratch / 2] = SCRATCH;
    this.#words[HALVES.scratchSize / 2] = BigInt(SCRATCH_SIZE);
    this.bytes.set(image, EXCHANGE_RECORD.offsets.image);
    this.#halves[HALVES.imageLength] = image.length;
  }

  /** The index of the setup that is under way; only its rise is certain while it is the stub's turn. */
  get next(): number {
    return Atomics.load(this.#halves, HALVES.next);
  }

  /** Hands over setups of a batch, from `first` on. */
  hand({ setups, outcomes }: Batch, first: number, count: number): void {
    this.#words[HALVES.setups / 2] = addressOf(setups.byteOffset + first * SETUP_SIZE);
    this.#words[HALVES.outcomes / 2] = addressOf(outcomes.byteOffset + first * OUTCOME_SIZE);
    this.#halves[HALVES.next] = 0;
    this.#halves[HALVES.count] = count;
  }
}

/** The address in a stub of what the module has at an address. */
function addressOf(at: number): bigint {
  return RECORDS + BigInt(at - fuzzModule().areas);
}

/** @throws UnsupportedError */
function share(): Shared {
  const { areas, buffer, used } = fuzzModule();
  const memory = new Uint8Array(buffer, areas);
  const file = loadFuzz().share(memory, Math.ceil(used / PAGE_SIZE) * PAGE_SIZE, memory.length);
  if (file >= 0) return { file, length: memory.length };
  const errno = errnoName(-file);
  throw new UnsupportedError(`no memory can be shared with a stub: ${errno}`, { errno });
}
