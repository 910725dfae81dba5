import { HOST_MACHINE } from "../core/machine/index.ts";
import { DEFINES } from "../core/shim/bindings.ts";
import { Entries, MOST_ENTRIES } from "../core/stub/entries.ts";
import type { InjectedThread } from "../core/stub/injected_thread.ts";
import type { Injector, LoopKind } from "../core/stub/injector.ts";
import { MADV_DONTFORK } from "../core/stub/lane_filter.ts";
import type { SyscallArgument } from "../core/stub/syscall.ts";
import type { TracingThread } from "../core/stub/tracing_thread.ts";
import { UnsupportedError } from "../lib/errors.ts";
import { limitRemedy } from "../lib/limits.ts";
import { RING_SIZE, RingMemory } from "./ring_memory.ts";
import { loadFast } from "./shim.ts";

/** How often each side looks for the other's progress before it sleeps, if they are on two processors: about 100 µs. */
const SPINS = 3000;

/** Calls that change or replace the process around the loop, or the registers of the loop. */
const NOT_IN_A_LOOP = [
  "clone",
  "clone3",
  "fork",
  "vfork",
  "execve",
  "execveat",
  "rt_sigreturn",
] as const;

/** Calls with an address and a length first, which may concern the ring itself. */
const OF_MEMORY = [
  "mmap",
  "munmap",
  "mprotect",
  "pkey_mprotect",
  "madvise",
  "mbind",
  "mseal",
  "remap_file_pages",
] as const;

/** Calls that may replace a mapping at an address elsewhere in their arguments. */
const MOVING = ["mremap", "shmat"] as const;

/** Every call that a loop does not execute like others. */
const SPECIAL = [...NOT_IN_A_LOOP, ...OF_MEMORY, ...MOVING];

export function loopKind(tracer: TracingThread, call: bigint): LoopKind {
  if (!tracer.isAmong(SPECIAL, call)) return "any";
  if (tracer.isAmong(NOT_IN_A_LOOP, call)) return "none";
  return tracer.isAmong(MOVING, call) ? "moving" : "range";
}

/**
 * The calls that a thread's loop over a ring executes (shim/core/ring.h), and the memory of the ring.
 *
 *     away ──> serving   runs, and waits for the next turn
 *      ^  └──> halted    at the INT3 of the loop, after a signal
 *      └─────── any other use of the thread
 */
export class Ring implements Injector {
  /** Where the stub has the ring mapped. */
  readonly address: bigint;
  /** The calls of the next turn, and their results afterwards. */
  readonly entries: Entries;
  readonly #thread: InjectedThread;
  readonly #memory: RingMemory;
  readonly #spins: number;
  #where: "away" | "halted" | "serving" = "away";

  /** Maps a ring in the host and in a stub that is at rest. @throws UnsupportedError, and what `inject` throws */
  constructor(thread: InjectedThread) {
    const { tracer } = thread;
    this.#thread = thread;
    this.#spins = tracer.spins ? SPINS : 0;
    const memory = RingMemory.take(tracer.shim);
    if (typeof memory === "number") throw refused("memfd_create", tracer.errorName(-memory));
    this.#memory = memory;
    this.entries = new Entries(memory.memory, DEFINES.RING_ENTRIES, MOST_ENTRIES);
    try {
      this.address = mapRing(thread, memory);
      tracer.sendAway(thread.tid);
    } catch (error) {
      memory.giveBack();
      throw error;
    }
  }

  /** Whether the stub runs and waits for a turn. */
  get serves(): boolean {
    return this.#where === "serving";
  }

  /** Whether its loop can execute a call, which does not change the mapping of the ring. */
  takes(kind: LoopKind, address: SyscallArgument = 0, length: SyscallArgument = 0): boolean {
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

  /** Makes the thread stopped if it serves the ring; the next turn writes its registers again. */
  leave(): void {
    if (this.#where === "serving") this.#turn(0, true, -1n);
    this.#where = "away";
  }

  /** The thread was stopped by something else, or has ended. */
  interrupt(): void {
    this.#where = "away";
  }

  /** Unmaps the ring from the stub. @throws what `inject` throws */
  unmap(): void {
    this.leave();
    const { tracer } = this.#thread;
    this.#thread.inject(tracer.syscallNumber("munmap"), [this.address, RING_SIZE]);
    this.release();
  }

  /** The stub has the ring no longer mapped. */
  release(): void {
    const { state, tid, tracer } = this.#thread;
    this.#where = "away";
    this.#memory.giveBack();
    if (state !== "dead") tracer.attract(tid);
  }

  #turn(count: number, halts: boolean, call: bigint): void {
    const thread = this.#thread;
    const { tracer, tid } = thread;
    const { frame, injection } = tracer;
    const stopped = this.#where !== "serving";
    thread.startClock();
    if (this.#where === "away") {
      frame.copyFrom(thread.initial);
      HOST_MACHINE.enterRing(frame, tracer.serveAddress, this.address, this.#memory.turn);
      thread.writeRegisters(frame);
    }
    this.#memory.prepare(count, halts, this.#spins);
    this.#where = "away";
    const result = loadFast().ringTurn(tid, this.#memory.address, injection.bytes, stopped ? 1 : 0);
    thread.endInjection(result, call);
    const halted = this.#memory.halts;
    this.#where = halted ? "halted" : "serving";
    thread.settle(halted ? "stopped" : "running");
  }
}

/** Maps a ring in the stub, and keeps it out of the stubs that this one clones. */
function mapRing(thread: InjectedThread, { file, offset }: RingMemory): bigint {
  const { tracer } = thread;
  const access = tracer.flag("PROT_READ") | tracer.flag("PROT_WRITE");
  const mapped = thread.inject(tracer.syscallNumber("mmap"), [
    0,
    RING_SIZE,
    access,
    tracer.flag("MAP_SHARED"),
    file,
    offset,
  ]).result;
  if (mapped.errno !== null) throw refused("mmap", mapped.errno);
  const kept = thread.inject(tracer.syscallNumber("madvise"), [
    mapped.value,
    RING_SIZE,
    MADV_DONTFORK,
  ]).result;
  if (kept.errno === null) return mapped.value;
  thread.inject(tracer.syscallNumber("munmap"), [mapped.value, RING_SIZE]);
  throw refused("madvise", kept.errno);
}

function refused(call: string, errno: string): UnsupportedError {
  return new UnsupportedError(
    `a stub cannot share a ring with this process: ${call} failed with ${errno}`,
    { call, errno, remedy: limitRemedy(errno) ?? 'use the lane "faithful"' },
  );
}
