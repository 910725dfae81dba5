import { constants } from "node:os";
import type { StubEnd } from "../../lib/errors.ts";
import type { RegisterBlock } from "../encoder/block.ts";
import type { SwitchRecord } from "../shim/switch.ts";
import { InjectedThread } from "./injected_thread.ts";
import { fastInjections, type Injector, type LoopKind } from "./injector.ts";
import type { Stop } from "./status.ts";
import { expectSix, type SyscallArgument, type SyscallResult } from "./syscall.ts";
import type { ThreadState } from "./traced_thread.ts";

/** What stopped a guest; "late" if nothing did before the deadline. */
export type SwitchStop = "syscall" | "signal" | "late";

const { ETIMEDOUT } = constants.errno;

/** A thread of a stub: injections by the tracer's lane, and switches. */
export class Thread extends InjectedThread {
  #ring: Injector | undefined;
  // A ring is memory that a guest could write, so a stub with guests or with threads of other tracers has none.
  #isAlone = true;

  /** Whether no guest and no thread of another tracer is in its process. @internal */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  /** Whether it can be used: stopped, or waiting for the next turn of its ring or for its next guest. @internal */
  get rests(): boolean {
    return this.state === "stopped" || this.isAway || this.#ring?.serves === true;
  }

  /** Executes a system call by the tracer's lane. @throws what `inject` throws, UnsupportedError */
  call(number: bigint, args: readonly SyscallArgument[]): SyscallResult {
    const { lane } = this.tracer;
    if (lane === "faithful") return this.inject(number, args).result;
    expectSix(args);
    const ring = this.ringFor(fastInjections().kindOf(this.tracer, number), args[0], args[1]);
    if (ring === undefined) return this.inject(number, args).result;
    ring.entries.write(0, number, args);
    ring.turn(1, number);
    return this.decode(ring.entries.result(0), lane);
  }

  /**
   * The ring that executes a call; undefined if the call is to be injected faithfully. A call that changes the mapping
   * of the ring ends it. @internal
   */
  ringFor(
    kind: LoopKind,
    address?: SyscallArgument,
    length?: SyscallArgument,
  ): Injector | undefined {
    if (this.tracer.isFaithful || !this.#isAlone || this.replaced) return undefined;
    if (kind === "none") return undefined;
    if (this.state === "dead") this.expect("stopped");
    if (this.#ring?.takes(kind, address, length) === false) this.unmapRing();
    else if (kind !== "moving") return this.ownRing();
    return undefined;
  }

  /** The ring. @internal */
  ownRing(): Injector {
    this.#ring ??= fastInjections().serve(this);
    return this.#ring;
  }

  /**
   * Runs a guest until its next stop.
   *
   * @returns what stopped it; "late" if nothing did in time: the guest still runs.
   * @throws DeathError, StopError at an event, TraceError
   * @internal
   */
  switch(block: RegisterBlock, xstate: Uint8Array, record: SwitchRecord): SwitchStop {
    this.share();
    this.expect("stopped");
    const { shim } = this.tracer;
    return this.#switched(shim.switch(this.tid, block.bytes, xstate, record.bytes), record);
  }

  /** Waits again for a guest that was late. @internal */
  switchWait(block: RegisterBlock, xstate: Uint8Array, record: SwitchRecord): SwitchStop {
    this.expect("running");
    const { shim } = this.tracer;
    return this.#switched(shim.switchWait(this.tid, block.bytes, xstate, record.bytes), record);
  }

  /**
   * Fills `area` with the XSAVE area of a new program, in the layout of the stopped thread's area.
   *
   * @param components the components that are marked as present: bits of XCR0.
   * @returns its length in bytes. @throws TraceError
   */
  freshXstate(area: Uint8Array, components: bigint): number {
    this.expect("stopped");
    const length = this.tracer.shim.freshXstate(this.tid, area, area.length, components);
    return this.check("ptrace(PTRACE_GETREGSET)", length);
  }

  /**
   * Prepares the process for guests, or for threads of other tracers: both could write to a ring. Calls are injected
   * faithfully until `emptied`. @internal
   */
  share(): void {
    if (!this.#isAlone) return;
    this.#isAlone = false;
    this.unmapRing();
  }

  /** Unmaps the ring, if it has one; the next call maps another. @internal */
  unmapRing(): void {
    const ring = this.#ring;
    if (ring === undefined) return;
    this.#ring = undefined;
    ring.unmap();
  }

  /** All memory but the stub code was unmapped, with the ring. @internal */
  emptied(): void {
    this.#ring?.release();
    this.#ring = undefined;
    this.#isAlone = true;
  }

  /** Makes the thread stopped if it serves a ring. @throws StateError, DeathError */
  override expect(state: ThreadState): void {
    if (state === "stopped") this.#ring?.leave();
    super.expect(state);
  }

  /** @internal */
  override poll(): Stop | undefined {
    this.#ring?.leave();
    return super.poll();
  }

  /** @internal */
  protected override take(status: number): Stop {
    this.#ring?.interrupt();
    return super.take(status);
  }

  /** @internal */
  override forget(end?: StubEnd): void {
    if (this.state === "dead") return;
    try {
      super.forget(end);
    } finally {
      this.#ring?.release();
      this.#ring = undefined;
    }
  }

  #switched(result: number, record: SwitchRecord): SwitchStop {
    if (result === -ETIMEDOUT) {
      this.settle("running");
      return "late";
    }
    if (result === 2) {
      this.settle("running");
      throw this.unexpected(this.take(record.status), "while it ran a guest");
    }
    if (result < 0) this.fail(record.step, -result);
    this.settle("stopped");
    return result === 0 ? "syscall" : "signal";
  }

  /** Interprets the result of a switch in a thread that is not traced. Else as `switch`. @internal */
  returned(result: number, record: SwitchRecord): SwitchStop {
    if (result === -ETIMEDOUT) return "late";
    if (result === 2) this.expectAlive();
    if (result < 0) this.fail(record.step, -result);
    return result === 0 ? "syscall" : "signal";
  }
}
