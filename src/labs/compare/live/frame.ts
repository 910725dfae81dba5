import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { hex } from "../../../lib/errors.ts";
import { IDLE, STORED, UNSEEN } from "./arch.ts";
import { PLACES, SLOTS } from "./code.ts";
import { Ended, expect, undecided } from "./judge.ts";
import { Registers } from "./registers.ts";
import type { Tracee, TraceeSlot, TraceeStop } from "./tracee.ts";

/**
 * Resumes a stub with register blocks, and finds out which registers it had. System calls are not executed: SYSEMU
 * intercepts them, so that a wrong block does no harm. If the kernel refuses the registers, or the stub does not reach the
 * code that stores them, nothing is decided.
 */
export class Frames {
  readonly registers: Registers;
  readonly #slot: TraceeSlot;

  constructor(slot: TraceeSlot) {
    this.#slot = slot;
    this.registers = new Registers(slot.get());
  }

  /**
   * Resumes the stub with a block from a stop by a signal, where the kernel checks for restarts.
   *
   * @returns the registers that the tracee stored, with the address where it started
   */
  run(block: BigUint64Array): BigUint64Array {
    return this.#resume(this.#atSignal(), block);
  }

  /** The same from the stop of the system call that it makes with `before`. */
  runFromCall(before: BigUint64Array, block: BigUint64Array): BigUint64Array {
    return this.#resume(this.toCall(before) ?? undecided("the stub made no system call"), block);
  }

  /** Whether the kernel restarts a call if the stub is resumed with a block. */
  restarts(block: BigUint64Array): { restarted: boolean; registers: BigUint64Array } {
    const registers = this.run(block);
    return { restarted: this.startOf(registers) !== PLACES.entry, registers };
  }

  /**
   * Runs the stub with these registers to a stop at a system call.
   *
   * @returns the stub, with the registers of the stop; undefined if it stopped otherwise
   */
  toCall(before: BigUint64Array): Tracee | undefined {
    const tracee = this.#slot.get();
    const stop = tracee.tryRun("PTRACE_SYSEMU", before);
    return typeof stop === "object" && stop.kind === "syscall" ? tracee : undefined;
  }

  /** Resumes the stub with a block, and returns its next stop, or why it did not stop. */
  stopOf(block: BigUint64Array): TraceeStop | string {
    return this.#atSignal().tryRun("PTRACE_SYSEMU", block);
  }

  /** The stub, at a stop by a signal. */
  #atSignal(): Tracee {
    const tracee = this.#slot.get();
    if (tracee.stoppedBy !== "signal") this.#resume(tracee, this.registers.atEntry());
    return tracee;
  }

  #resume(tracee: Tracee, block: BigUint64Array): BigUint64Array {
    tracee.write(SLOTS.start, new Uint8Array(8));
    const stop = tracee.tryRun("PTRACE_SYSEMU", block);
    if (typeof stop === "string") undecided(stop);
    const at = tracee.block.get(HOST_MACHINE.instructionPointer);
    if (stop.kind === "signal" && at === PLACES.landed) return this.#written(tracee);
    const what = stop.kind === "syscall" ? "a system call" : tracee.tracer.signalName(stop.signal);
    return undecided(`the stub stopped by ${what} at ${hex(at)}`);
  }

  /** The registers that the tracee stored; the others are those of the kernel. */
  #written(tracee: Tracee): BigUint64Array {
    const slots = new BigUint64Array(tracee.read(0, SLOTS.end).buffer);
    const registers = tracee.words.slice();
    for (const [name, slot] of STORED) {
      registers[this.registers.at(name)] = slots[slot / 8] ?? 0n;
    }
    return registers;
  }

  /**
   * Resumes a stub with an encoder's block, and compares its registers with the expected ones.
   *
   * @param run how it is resumed
   */
  judge(meant: BigUint64Array, given: BigUint64Array, run = () => this.run(given)): void {
    let seen: BigUint64Array;
    try {
      seen = run();
    } catch (error) {
      // The first register that differs is taken for the reason.
      if (error instanceof Ended) this.expectSame(meant, given);
      throw error;
    }
    const changed = this.firstDifference(meant, seen);
    if (changed === undefined) return;
    if (meant.every((word, i) => word === given[i])) {
      // An implementation of the kernel may not keep all registers.
      const [was, is] = [hex(changed.meant), hex(changed.seen)];
      undecided(`this kernel does not keep ${changed.field}: ${was} became ${is}`);
    }
    const [start, wanted] = [this.startOf(seen), this.startOf(meant)];
    if (start === wanted - BigInt(HOST_MACHINE.syscallLength) && this.startOf(given) === wanted) {
      this.#expectIdle(given);
    }
    expect(changed.field, changed.meant, changed.seen);
  }

  /** Ends the examination: the kernel restarted a call because of a register that tells that one is in progress. */
  #expectIdle(given: BigUint64Array): void {
    const how = "the kernel took the call for one in progress, and restarted it";
    for (const [name, meant] of Object.entries(IDLE)) {
      const failed = { verdict: "failed", field: `block.${name}`, meant } as const;
      throw new Ended({ ...failed, seen: this.registers.get(given, name), how });
    }
  }

  /** The address of the next instruction in a block. */
  startOf(block: BigUint64Array): bigint {
    return this.registers.get(block, HOST_MACHINE.instructionPointer);
  }

  /** Ends the examination if registers differ. */
  expectSame(meant: BigUint64Array, seen: BigUint64Array): void {
    const found = this.firstDifference(meant, seen);
    if (found !== undefined) expect(found.field, found.meant, found.seen);
  }

  /** The first register that differs, except those that no tracee can see. */
  firstDifference(meant: BigUint64Array, seen: BigUint64Array) {
    const { names } = this.registers;
    const at = names.findIndex((name, i) => !UNSEEN.includes(name) && meant[i] !== seen[i]);
    if (at < 0) return undefined;
    return { field: `block.${names[at]}`, meant: meant[at] ?? 0n, seen: seen[at] ?? 0n };
  }
}
