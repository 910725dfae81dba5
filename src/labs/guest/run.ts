import { HOST_MACHINE } from "../../core/machine/index.ts";
import type { GuestFault, GuestInterrupt, GuestSyscall } from "../../core/platform/context.ts";
import { Platform } from "../../core/platform/platform.ts";
import type { SignalInfo } from "../../core/stub/stop.ts";
import { InputError } from "../../lib/errors.ts";
import { checkOptions, optional, show, truth } from "../../lib/shape.ts";
import { checkAnswer, type GuestAnswer, type GuestCall } from "./answer.ts";
import { isExit, isRefusal, nameOf } from "./call.ts";
import { findCall } from "./calls.ts";
import { Descriptors, type Input } from "./files.ts";
import { Guest, type Sink } from "./guest.ts";
import { type Limit, type Limits, type Meter, startMeter, type Used } from "./limits.ts";
import { load } from "./loader.ts";
import { canResume } from "./machine.ts";
import { OPTIONS } from "./options.ts";
import { checkProgram, type GuestProgram, imageOf } from "./program.ts";
import type { Start } from "./stack.ts";
import { type TracedCall, traceCall } from "./trace.ts";

/**
 * How `runGuest` runs a guest. The callbacks are called between two switches, on this thread. An exception that one of
 * them throws ends the guest and propagates out of `runGuest`.
 */
export interface GuestOptions extends Start, Input, Limits {
  /** Receives the bytes that the guest writes. Default: they are discarded. */
  output?: Sink | undefined;
  /** Receives each system call with its result. */
  trace?: ((call: TracedCall) => void) | undefined;
  /**
   * Called for each system call before stublab's emulation. If it returns a result, the guest gets that; if it returns
   * undefined, the call is emulated.
   *
   * @throws InputError out of `runGuest` if it returns anything else.
   */
  onSyscall?: ((call: GuestCall, guest: Guest) => GuestAnswer | undefined) | undefined;
  /**
   * Called for each fault. If it returns true, for example after it has mapped the missing page, the guest tries again;
   * else the guest is killed by SIGSEGV.
   *
   * @throws InputError out of `runGuest` if it returns anything but true, false or undefined.
   */
  onFault?: ((fault: GuestFault, guest: Guest) => boolean | undefined) | undefined;
  /** Receives the guest before its first instruction, for its `context.interruptHandle` for example. */
  onStart?: ((guest: Guest) => void) | undefined;
  /**
   * When it is aborted, the guest ends and `runGuest` throws its reason. It is checked before each switch, so only a
   * callback can abort it in time: `runGuest` is synchronous. A `GuestPool` ends a guest that spins.
   */
  signal?: AbortSignal | undefined;
}

/**
 * How a guest ended. If its process is killed from outside, `runGuest` throws a DeathError instead.
 */
export type GuestEnd =
  | {
      /** It called exit or exit_group, or `onSyscall` returned `{ exit }`. */
      readonly kind: "exited";
      /** From 0 to 255. */
      readonly status: number;
    }
  | {
      /**
       * A signal killed it: one that an instruction raised (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP), or one that this
       * process sent to the guest's process. A guest has no signal handlers.
       */
      readonly kind: "signaled";
      /** The name, e.g. "SIGSEGV". */
      readonly signal: string;
      /** The address of a fault; absent if the processor does not report it, or if a process sent the signal. */
      readonly address?: bigint;
      /** The address of the instruction at which it died. */
      readonly instruction: bigint;
    }
  | {
      /** It was stopped before its end. */
      readonly kind: "interrupted";
      /** The limit that it has reached; or "request": `context.interrupt` or `interruptGuest` was called. */
      readonly reason: Limit | GuestInterrupt["reason"];
    };

/** The result of `runGuest`. */
export interface GuestRun {
  readonly result: GuestEnd;
  /** How often it made each system call, by name; from the thousandth name on, new ones are counted as "others". */
  readonly calls: Readonly<Record<string, number>>;
  /** The same for those that failed because neither stublab nor `onSyscall` emulates them, or this use of them. */
  readonly refused: Readonly<Record<string, number>>;
  /** What it has used of its limits. */
  readonly used: Used;
  /** The number of switches to it. */
  readonly switches: number;
}

const DEFAULT_MEMORY = 1 << 30;
/** How many names are counted individually, and the name for all others. */
const MOST_NAMES = 1000;
const OTHER_NAMES = "others";

/**
 * Runs a small static program in a new address space to its end. A few system calls are emulated, or answered by
 * `options.onSyscall`; all others fail with ENOSYS. It is synchronous: it returns when the guest has ended.
 *
 * @throws InputError for bad arguments and for a program that cannot be loaded; DeathError if the guest's process is
 * killed from outside; DeadlineError if it cannot be stopped; SyscallError if the kernel refuses a mapping; StateError
 * if the platform is closed; what a callback throws; the reason of `options.signal`. The address space is released in
 * each case.
 *
 * @example
 * using platform = Platform.open();
 * const exit7 = Uint8Array.of(0xbf, 7, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05);
 * runGuest(platform, { code: exit7 }).result; // { kind: "exited", status: 7 }
 *
 * @example
 * runGuest(platform, { elf: readFileSync("hello") }, {
 *   args: ["hello"],
 *   output: (fd, bytes) => process.stdout.write(bytes),
 *   onSyscall: ({ name }) => (name === "getuid" ? { value: 0 } : undefined),
 * });
 */
export function runGuest(
  platform: Platform,
  program: GuestProgram,
  options: GuestOptions = {},
): GuestRun {
  if (!(platform instanceof Platform)) {
    throw new InputError(`platform: expected a Platform, got ${show(platform)}`);
  }
  checkProgram(program);
  checkOptions(options, "options", OPTIONS);
  const { output = () => {}, memory = DEFAULT_MEMORY } = options;
  const { deadline = platform.tracer.host.deadline } = options;
  const image = imageOf(program);
  options.signal?.throwIfAborted();
  using space = platform.newAddressSpace();
  using context = platform.newContext();
  const heap = load(space, context, image, options, memory);
  const supplies = { output, memory, descriptors: new Descriptors(options) };
  const guest = new Guest(space, context, heap, supplies);
  options.onStart?.(guest);
  return new Run(guest, options, startMeter(space, deadline, options.time)).toEnd();
}

/** A guest that runs. */
class Run {
  readonly #guest: Guest;
  readonly #options: GuestOptions;
  readonly #meter: Meter;
  readonly #counts = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  #calls = 0;
  #switches = 0;

  constructor(guest: Guest, options: GuestOptions, meter: Meter) {
    this.#guest = guest;
    this.#options = options;
    this.#meter = meter;
  }

  toEnd(): GuestRun {
    let result: GuestEnd | undefined;
    while (result === undefined) result = this.#step();
    return {
      result,
      calls: Object.fromEntries(this.#counts),
      refused: Object.fromEntries(this.#refused),
      used: { ...this.#meter.used(), calls: this.#calls },
      switches: this.#switches,
    };
  }

  /** Switches once and handles the event. Returns how the guest ended, or undefined if it continues. */
  #step(): GuestEnd | undefined {
    this.#options.signal?.throwIfAborted();
    const left = this.#meter.left();
    if (typeof left === "string") return { kind: "interrupted", reason: left };
    const { context, space } = this.#guest;
    if (!canResume(context.registers)) return this.#killed("SIGSEGV");
    const event = context.switch(space, { deadline: left });
    this.#switches++;
    switch (event.kind) {
      case "syscall":
        return this.#syscall(event);
      case "fault":
        return this.#mends(event) ? undefined : this.#killedBy(event.info);
      case "signal":
        return this.#killedBy(event.info);
      case "interrupt":
        // After a deadline the meter tells which limit is reached, if one is.
        return event.reason === "deadline" ? undefined : { kind: "interrupted", reason: "request" };
    }
  }

  #syscall({ number, args }: GuestSyscall): GuestEnd | undefined {
    if (this.#calls === this.#options.calls) return { kind: "interrupted", reason: "calls" };
    this.#calls++;
    const guest = this.#guest;
    const { tracer } = guest.space;
    const { constants } = tracer.encoder;
    const { name, emulate } = findCall(number, constants);
    const call: GuestCall = { name, number, args };
    addTo(this.#counts, name);
    const told = this.#options.onSyscall?.(call, guest);
    const answer = checkAnswer(told, constants) ?? emulate(guest, ...args);
    if (isRefusal(answer)) addTo(this.#refused, name);
    this.#options.trace?.(traceCall(call, guest, answer));
    if (isExit(answer)) return { kind: "exited", status: answer.exit };
    const result = typeof answer === "bigint" ? answer : -tracer.flag(nameOf(answer));
    guest.context.setResult(result);
    return undefined;
  }

  /** Whether the caller lets the guest try again after a fault. */
  #mends(fault: GuestFault): boolean {
    const mended = this.#options.onFault?.(fault, this.#guest);
    return optional(truth)(mended, "the result of onFault") ?? false;
  }

  #killedBy(info: SignalInfo): GuestEnd {
    const { tracer } = this.#guest.space;
    const known = info.code > 0 && info.code !== tracer.constant("SI_KERNEL");
    return this.#killed(tracer.signalName(info.signal), known ? info.address : undefined);
  }

  #killed(signal: string, address?: bigint): GuestEnd {
    const instruction = this.#guest.context.registers.get(HOST_MACHINE.instructionPointer);
    return { kind: "signaled", signal, ...(address !== undefined && { address }), instruction };
  }
}

/** Counts a name. The names are limited: a guest that tries all numbers must not fill the host's memory. */
function addTo(counts: Map<string, number>, name: string): void {
  const key = counts.has(name) || counts.size < MOST_NAMES ? name : OTHER_NAMES;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
