import { DeadlineError, DeathError, hex, TraceError } from "../../errors.ts";
import { GENERAL, PLACES, SEGMENTS, SLOTS } from "./code.ts";
import { HELD, type Judgement, undecided } from "./judge.ts";
import { NO_CALL, Registers } from "./registers.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

/** What became of a register block that a stub was resumed with. */
export type Landing =
  /** The code was reached: the registers as the tracee wrote them down, RIP where it began. */
  | { readonly kind: "ran"; readonly registers: BigUint64Array }
  /** The kernel did not take the registers, or something else than that code was reached. */
  | { readonly kind: "strayed"; readonly how: string };

/** Bytes that a restart goes back by: those of SYSCALL. */
export const SYSCALL_SIZE = 2n;

/**
 * Puts register blocks into a stub, and learns from what the stub does which they were. System calls do not run:
 * SYSEMU takes them, so that a block that leads astray does no harm.
 */
export class Frames {
  readonly registers: Registers;
  readonly #slot: TraceeSlot;

  constructor(slot: TraceeSlot) {
    this.#slot = slot;
    this.registers = new Registers(slot.get());
  }

  /** Resumes the stub with a block, from a stop by a signal: where the kernel looks for restarts. */
  run(block: BigUint64Array): Landing {
    return this.#resume(this.#atSignal(), block);
  }

  /** Resumes the stub with a block, from the stop of the system call that it makes with `before`. */
  runFromCall(before: BigUint64Array, block: BigUint64Array): Landing {
    const tracee = this.toCall(before);
    return tracee === undefined
      ? { kind: "strayed", how: "the stub made no system call" }
      : this.#resume(tracee, block);
  }

  /**
   * Has the stub go to a system call with these registers, and stop there.
   *
   * @returns it, with the registers of its stop; undefined where it did something else
   */
  toCall(before: BigUint64Array): Tracee | undefined {
    const tracee = this.#slot.get();
    const { kind } = this.#tryRun(tracee, before);
    return kind === "syscall" ? tracee : undefined;
  }

  /** What stops the stub where it is resumed with a block and no more is wanted. */
  stopOf(block: BigUint64Array): { kind: "syscall" | "signal"; code: number } | undefined {
    const tracee = this.#atSignal();
    const stop = this.#tryRun(tracee, block);
    return stop.kind === "strayed" ? undefined : { kind: stop.kind, code: stop.code };
  }

  /** A stub that a signal stopped last. */
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
    return { kind: "strayed", how: `the stub met ${what} at ${hex(rip)}` };
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

  /** What the tracee wrote down; only its bases and orig_rax are the kernel's account. */
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

  /** Resumes a stub with the block that an encoder answered, and compares what came of it with what was meant. */
  judge(meant: BigUint64Array, given: BigUint64Array, landing = this.run(given)): Judgement {
    if (landing.kind === "strayed") {
      // The first register that is another is what led astray.
      return this.difference(meant, given) ?? undecided(landing.how);
    }
    const rip = this.registers.at("rip");
    const seen = landing.registers;
    const restarted = seen[rip] === (meant[rip] ?? 0n) - SYSCALL_SIZE && given[rip] === meant[rip];
    if (restarted) {
      const original = this.registers.at("orig_rax");
      const seenOriginal = given[original] ?? 0n;
      const how = "the kernel took a call for one under way, and went back to run it again";
      return { ...failed("orig_rax", NO_CALL, seenOriginal), how };
    }
    return this.difference(meant, seen) ?? HELD;
  }

  /** The first register in which blocks differ, but for orig_rax, which no tracee sees. */
  difference(meant: BigUint64Array, seen: BigUint64Array): Judgement | undefined {
    const { names } = this.registers;
    const at = names.findIndex((name, i) => name !== "orig_rax" && meant[i] !== seen[i]);
    const name = names[at];
    return name === undefined ? undefined : failed(name, meant[at] ?? 0n, seen[at] ?? 0n);
  }
}

/** How an encoder's block led astray, where that is what an error tells. */
export function strayed(error: unknown): string | undefined {
  const refused = error instanceof TraceError && error.errno === "EIO";
  const ended = error instanceof DeathError || error instanceof DeadlineError;
  return refused || ended ? error.message : undefined;
}

function failed(register: string, meant: bigint, seen: bigint) {
  return { verdict: "failed", field: `block.${register}`, meant, seen } as const;
}
