import { constants } from "node:os";
import { HOST_MACHINE } from "../core/machine/index.ts";
import { DEFINES } from "../core/shim/bindings.ts";
import { Entries, MOST_ENTRIES } from "../core/stub/batch.ts";
import { endInjection, inject, type SyscallArgument, startClock } from "../core/stub/injection.ts";
import { type Busy, Running, Stopped, type Thread } from "../core/stub/tracee.ts";
import { limitRemedy } from "../lib/errno.ts";
import { type RegisterDump, UnsupportedError } from "../lib/errors.ts";
import type { Kind } from "./kind.ts";
import { RING_SIZE, RingMemory } from "./ring_memory.ts";
import { loadFast } from "./shim.ts";

const { ESRCH } = constants.errno;

/** The number in the first word of an entry, after which its flags are. */
const NUMBER = 0xffff_ffffn;

/** How often each side looks for the other's progress before it sleeps, if they are on two processors: about 100 µs. */
const SPINS = 3000;

/** The advice that keeps a ring out of clones (include/uapi/asm-generic/mman-common.h); no encoder defines it. */
export const MADV_DONTFORK = 10n;

/**
 * The memory of a ring, and the calls that a thread's loop over it executes (shim/core/ring.h). After a turn the thread is
 * "serving": it runs, and waits for the next turn. Any other use of it stops it at the INT3 of the loop.
 */
export class Ring {
  /** Where the stub has the ring mapped. */
  readonly address: bigint;
  /** The calls of the next turn, and their results afterwards. */
  readonly entries: Entries;
  readonly #thread: Thread;
  readonly #memory: RingMemory;
  readonly #spins: number;
  readonly #running: Running;
  readonly #serving: Busy<"serving"> = { name: "serving", stop: () => this.#turn(0, true, -1n) };

  /** Maps a ring in the host and in a stub that is at rest. @throws UnsupportedError, and what `inject` throws */
  constructor(thread: Thread) {
    const { tracer } = thread;
    this.#thread = thread;
    this.#running = new Running(thread);
    this.#spins = tracer.spins ? SPINS : 0;
    const memory = RingMemory.take(tracer.shim);
    if (typeof memory === "number") throw refused("memfd_create", tracer.errorName(-memory));
    this.#memory = memory;
    this.entries = new Entries(memory.memory, DEFINES.RING_ENTRIES, MOST_ENTRIES);
    try {
      this.address = mapRing(thread, memory);
    } catch (error) {
      memory.giveBack(tracer.shim);
      throw error;
    }
  }

  /** Whether its loop can execute a call, which does not change the mapping of the ring. */
  takes(kind: Kind, address: SyscallArgument = 0, length: SyscallArgument = 0): boolean {
    if (kind !== "range") return kind === "any";
    const start = BigInt.asUintN(64, BigInt(address));
    const end = start + BigInt.asUintN(64, BigInt(length));
    return start >= this.address + BigInt(RING_SIZE) || end <= this.address;
  }

  /**
   * Has the stub execute the first `count` entries.
   *
   * @param call the call to name in an error.
   * @throws DeathError, StopError, DeadlineError, TraceError
   */
  turn(count: number, call: bigint): void {
    this.#turn(count, false, call);
  }

  /** Unmaps the ring from the stub. @throws what `inject` throws */
  unmap(): void {
    const { tracer } = this.#thread;
    inject(this.#thread, tracer.syscallNumber("munmap"), [this.address, RING_SIZE]);
    this.release();
  }

  /** The stub has the ring no longer mapped. */
  release(): void {
    const { state, tid, tracer } = this.#thread;
    this.#thread.onEnd = undefined;
    this.#memory.giveBack(tracer.shim);
    if (state.name !== "dead") tracer.bindHere(tid);
  }

  /** The call of the entry that a stopped loop executes. */
  readonly #callInProgress = (registers: RegisterDump): bigint | undefined => {
    const place = Number((registers[HOST_MACHINE.ringEntry] ?? 0n) - this.address);
    const word = this.entries.words[(place - DEFINES.RING_ENTRIES) / 8];
    return word === undefined ? undefined : word & NUMBER;
  };

  /** @param halts whether the stub stops afterwards, with patience: a teardown needs it, too. */
  #turn(count: number, halts: boolean, call: bigint): void {
    const thread = this.#thread;
    const { tracer, tid } = thread;
    const { frame, injection } = tracer;
    const stopped = thread.state.name !== "serving";
    startClock(tracer, halts);
    if (stopped) {
      frame.copyFrom(thread.initial);
      HOST_MACHINE.enterRing(frame, tracer.serveAddress, this.address, this.#memory.turn);
      thread.makeStopped().writeRegisters(frame);
      tracer.bindApart(tid);
    } else thread.settle(this.#running);
    this.#memory.prepare(count, halts, this.#spins);
    const result = loadFast().ringTurn(tid, this.#memory.address, injection.bytes, stopped ? 1 : 0);
    // A request was refused: the stub is at a stop, and is being killed.
    if (result === -ESRCH) thread.settle(new Stopped(thread));
    endInjection(thread, result, call, injection, this.#callInProgress);
    thread.settle(this.#memory.halts ? new Stopped(thread) : this.#serving);
    // A signal may have stopped it. A stub that stops for its tracer belongs on the same processor.
    if (this.#memory.halts) tracer.bindHere(tid);
  }
}

/** Maps a ring in the stub, and keeps it out of the stubs that this one clones. */
function mapRing(thread: Thread, { file, offset }: RingMemory): bigint {
  const { tracer } = thread;
  const access = tracer.flag("PROT_READ") | tracer.flag("PROT_WRITE");
  const mapped = inject(thread, tracer.syscallNumber("mmap"), [
    0,
    RING_SIZE,
    access,
    tracer.flag("MAP_SHARED"),
    file,
    offset,
  ]).result;
  if (mapped.errno !== null) throw refused("mmap", mapped.errno);
  const kept = inject(thread, tracer.syscallNumber("madvise"), [
    mapped.value,
    RING_SIZE,
    MADV_DONTFORK,
  ]).result;
  if (kept.errno === null) return mapped.value;
  inject(thread, tracer.syscallNumber("munmap"), [mapped.value, RING_SIZE]);
  throw refused("madvise", kept.errno);
}

function refused(call: string, errno: string): UnsupportedError {
  return new UnsupportedError(
    `a stub cannot share a ring with this process: ${call} failed with ${errno}`,
    { call, errno, remedy: limitRemedy(errno) ?? 'use the lane "faithful"' },
  );
}
