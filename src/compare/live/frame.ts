import { DeadlineError, DeathError, hex, TraceError } from "../../errors.ts";
import { GENERAL, PLACES, SEGMENTS, SLOTS } from "./code.ts";
import { HELD, type Judgement, undecided } from "./judge.ts";
import { NO_CALL, Registers } from "./registers.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

/** The outcome of resuming a stub with a register block. */
export type Landing =
  /** It reached the code: the registers that the tracee stored, with RIP where it started. */
  | { readonly kind: "ran"; readonly registers: BigUint64Array }
  /** The kernel refused the registers, or the stub did not reach the code. */
  | { readonly kind: "strayed"; readonly how: string };

/** A restart moves RIP back by this: the length of SYSCALL. */
export const SYSCALL_SIZE = 2n;

/**
 * Resumes a stub with register blocks, and finds out which registers it had. System calls are not executed: SYSEMU
 * intercepts them, so that a wrong block does no harm.
 */
export class Frames {
  readonly registers: Registers;
  readonly #slot: TraceeSlot;

  constructor(slot: TraceeSlot) {
    this.#slot = slot;
    this.registers = new Registers(slot.get());
  }

  /** Resumes the stub with a block from a stop by a signal, where the kernel checks for restarts. */
  run(block: BigUint64Array): Landing {
    return this.#resume(this.#atSignal(), block);
  }

  /** Resumes the stub with a block from the stop of the system call that it makes with `before`. */
  runFromCall(before: BigUint64Array, block: BigUint64Array): Landing {
    const tracee = this.toCall(before);
    return tracee === undefined
      ? { kind: "strayed", how: "the stub made no system call" }
      : this.#resume(tracee, block);
  }

  /**
   * Runs the stub with these registers to a stop at a system call.
   *
   * @returns the stub, with the registers of the stop; undefined if it stopped otherwise
   */
  toCall(before: BigUint64Array): Tracee | undefined {
    const tracee = this.#slot.get();
    const { kind } = this.#tryRun(tracee, before);
    return kind === "syscall" ? tracee : undefined;
  }

  /** Resumes the stub with a block, and returns its next stop; undefined if it strays. */
  stopOf(block: BigUint64Array): { kind: "syscall" | "signal"; code: number } | undefined {
    const tracee = this.#atSignal();
    const stop = this.#tryRun(tracee, block);
    return stop.kind === "strayed" ? undefined : { kind: stop.kind, code: stop.code };
  }

  /** The stub, at a stop by a signal. */
  #atSignal(): Tracee {
    const tracee = this.#slot.get();
    if (tracee.stoppedBy !== "signal") this.#resume(tracee, this.registers.atEntry());
    return tracee;
  }

  #resume(tracee: Tracee, block: BigUint64Array): Landing {
    tracee.write(SLOTS.start, new Uint8Array(8));
    const stop = this.#tryRun(tracee, block);
    if (stop.kind === "strayed") return stop;
    const rip = tracee.block.get("rip");
    if (stop.kind === "signal" && rip === PLACES.landed) {
      return { kind: "ran", registers: this.#written(tracee) };
    }
    const { tracer } = tracee;
    const what = stop.kind === "syscall" ? "a system call" : tracer.signalName(stop.signal);
    return { kind: "strayed", how: `the stub stopped by ${what} at ${hex(rip)}` };
  }

  #tryRun(tracee: Tracee, block: BigUint64Array) {
    tracee.words.set(block);
    try {
      return tracee.run("PTRACE_SYSEMU");
    } catch (error) {
      const how = strayed(error);
      if (how === undefined) throw error;
      return { kind: "strayed", how } as const;
    }
  }

  /** The registers that the tracee stored; its bases and orig_rax are those of the kernel. */
  #written(tracee: Tracee): BigUint64Array {
    const slots = new BigUint64Array(tracee.read(0, SLOTS.end).buffer);
    const registers = tracee.words.slice();
    const put = (name: string, slot: number) => {
      registers[this.registers.at(name)] = slots[slot / 8] ?? 0n;
    };
    put("rip", SLOTS.start);
    put("eflags", SLOTS.eflags);
    for (const [i, name] of GENERAL.entries()) put(name, SLOTS.general + 8 * i);
    for (const [i, name] of SEGMENTS.entries()) put(name, SLOTS.selectors + 8 * i);
    return registers;
  }

  /** Resumes a stub with an encoder's block, and compares its registers with the expected ones. */
  judge(meant: BigUint64Array, given: BigUint64Array, landing = this.run(given)): Judgement {
    if (landing.kind === "strayed") {
      // The first register that differs is taken for the reason.
      return this.difference(meant, given) ?? undecided(landing.how);
    }
    const rip = this.registers.at("rip");
    const seen = landing.registers;
    if (meant.every((word, i) => word === given[i])) return this.#kept(meant, seen);
    const restarted = seen[rip] === (meant[rip] ?? 0n) - SYSCALL_SIZE && given[rip] === meant[rip];
    if (restarted) {
      const original = this.registers.at("orig_rax");
      const seenOriginal = given[original] ?? 0n;
      const how = "the kernel took the call for one in progress, and restarted it";
      return { ...failed("orig_rax", NO_CALL, seenOriginal), how };
    }
    return this.difference(meant, seen) ?? HELD;
  }

  /** What a tracee has of registers that are right: an implementation of the kernel may not keep them all. */
  #kept(meant: BigUint64Array, seen: BigUint64Array): Judgement {
    const changed = this.difference(meant, seen);
    if (changed === undefined) return HELD;
    return undecided(
      `this kernel does not keep ${changed.field}: ${hex(changed.meant)} became ${hex(changed.seen)}`,
    );
  }

  /** The first register that differs, except orig_rax, which no tracee can see. */
  difference(meant: BigUint64Array, seen: BigUint64Array) {
    const { names } = this.registers;
    const at = names.findIndex((name, i) => name !== "orig_rax" && meant[i] !== seen[i]);
    const name = names[at];
    return name === undefined ? undefined : failed(name, meant[at] ?? 0n, seen[at] ?? 0n);
  }
}

/** The message of an error that a wrong block may cause; undefined for other errors. */
export function strayed(error: unknown): string | undefined {
  const refused = error instanceof TraceError && error.errno === "EIO";
  const ended = error instanceof DeathError || error instanceof DeadlineError;
  return refused || ended ? error.message : undefined;
}

function failed(register: string, meant: bigint, seen: bigint) {
  return { verdict: "failed", field: `block.${register}`, meant, seen } as const;
}
