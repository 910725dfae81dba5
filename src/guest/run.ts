import { InputError } from "../errors.ts";
import type { GuestFault, GuestInterrupt, GuestSyscall } from "../platform/context.ts";
import { Platform } from "../platform/platform.ts";
import type { SignalInfo } from "../platform/signal_info.ts";
import {
  bytes,
  callback,
  count,
  list,
  object,
  optional,
  show,
  table,
  text,
  toWord,
} from "../shape.ts";
import { checkDeadline, SHORTEST_DEADLINE } from "../shim/deadline.ts";
import { INSTRUCTION_POINTER } from "../stub/amd64.ts";
import { BASE_LIMIT, SEGMENT_BASES } from "./amd64.ts";
import type { Answer } from "./call.ts";
import { CallTable, type TracedCall, traceCall } from "./calls.ts";
import { parseElf } from "./elf.ts";
import { Guest, type Sink } from "./guest.ts";
import { codeImage, type GuestProgram, type Image } from "./image.ts";
import { imageEnd, load } from "./loader.ts";
import type { Start } from "./stack.ts";

export interface GuestOptions extends Start {
  /** Takes what the guest writes. Default: it is lost. */
  output?: Sink;
  /** Is told each system call, once it is answered. */
  trace?: (call: TracedCall) => void;
  /**
   * Is asked about each fault. It may map what is missing and answer true: the guest then tries again. Else
   * the guest dies of it.
   */
  onFault?: (fault: GuestFault, guest: Guest) => boolean;
  /** Gets the guest before its first instruction, for its `context.interruptHandle` for example. */
  onStart?: (guest: Guest) => void;
  /** How long it may run in all, in milliseconds. Default: the platform's deadline. */
  deadline?: number;
  /** How many bytes of address space it may have. Default: 1 GiB. */
  memory?: number;
}

/** How a guest ended. */
export type GuestEnd =
  | { readonly kind: "exited"; readonly status: number }
  | {
      readonly kind: "signaled";
      /** By name, e.g. "SIGSEGV". */
      readonly signal: string;
      /** What a fault was about, where the processor tells. */
      readonly address?: bigint;
      /** The instruction that it died at. */
      readonly instruction: bigint;
    }
  | { readonly kind: "interrupted"; readonly reason: GuestInterrupt["reason"] };

/** What came of a guest. */
export interface GuestRun {
  readonly result: GuestEnd;
  /** How often it made each system call, by name. */
  readonly calls: Readonly<Record<string, number>>;
  /** How often it was switched to. */
  readonly switches: number;
}

const DEFAULT_MEMORY = 1 << 30;
/** How many names are counted one by one, and what the rest is counted as. */
const MOST_NAMES = 1000;
const OTHER_NAMES = "others";

/**
 * Runs a small static program in an address space of its own, with a few system calls emulated, to its end.
 *
 * @throws InputError for a program that cannot be loaded; DeathError where its process is killed from outside;
 * what the callbacks throw.
 *
 * @example
 * using platform = Platform.open();
 * const exit7 = Uint8Array.of(0xbf, 7, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05);
 * runGuest(platform, { code: exit7 }).result; // { kind: "exited", status: 7 }
 */
export function runGuest(
  platform: Platform,
  program: GuestProgram,
  options: GuestOptions = {},
): GuestRun {
  checkArguments(platform, program, options);
  const { output = () => {}, memory = DEFAULT_MEMORY } = options;
  const deadline = checkDeadline(options.deadline ?? platform.tracer.deadline);
  const image = imageOf(program);
  using space = platform.newAddressSpace();
  using context = platform.newContext();
  load(space, context, image, options, memory);
  const guest = new Guest({ space, context, output, memory, heap: imageEnd(image) });
  options.onStart?.(guest);
  return new Run(guest, options).toEnd(deadline);
}

/** @throws InputError */
function checkArguments(platform: Platform, program: GuestProgram, options: GuestOptions): void {
  if (!(platform instanceof Platform)) {
    throw new InputError(`platform: expected a Platform, got ${show(platform)}`);
  }
  object(program, "program");
  if ("elf" in program) bytes(program.elf, "program.elf");
  else bytes(program.code, "program.code");
  const address = "elf" in program ? program.base : program.address;
  if (address !== undefined && (typeof address !== "bigint" || toWord(address) !== address)) {
    throw new InputError(`program: expected a BigInt as its address, got ${show(address)}`);
  }
  object(options, "options");
  const { output, trace, onFault, onStart, memory, args = [], env = {} } = options;
  for (const [name, value] of Object.entries({ output, trace, onFault, onStart })) {
    callback(value, `options.${name}`);
  }
  optional(count(Number.MAX_SAFE_INTEGER))(memory, "options.memory");
  list(text, Number.MAX_SAFE_INTEGER)(args, "options.args");
  table(text, Number.MAX_SAFE_INTEGER)(env, "options.env");
}

function imageOf(program: GuestProgram): Image {
  if ("elf" in program) return parseElf(program.elf, program.base);
  if (program.code.length === 0) throw new InputError("a guest without a byte of code");
  return codeImage(program.code, program.address);
}

/** One guest under way. */
class Run {
  readonly #guest: Guest;
  readonly #options: GuestOptions;
  readonly #table: CallTable;
  readonly #counts = new Map<string, number>();
  #switches = 0;

  constructor(guest: Guest, options: GuestOptions) {
    this.#guest = guest;
    this.#options = options;
    this.#table = new CallTable(guest.space.tracer);
  }

  toEnd(deadline: number): GuestRun {
    const end = performance.now() + deadline;
    let result: GuestEnd | undefined;
    while (result === undefined) result = this.#step(end - performance.now());
    return { result, calls: Object.fromEntries(this.#counts), switches: this.#switches };
  }

  /** One switch and what it calls for; how the guest ended, if it did. */
  #step(left: number): GuestEnd | undefined {
    if (left < SHORTEST_DEADLINE) return { kind: "interrupted", reason: "deadline" };
    if (!this.#basesAreUsable()) return this.#killed("SIGSEGV");
    const { context, space } = this.#guest;
    const event = context.switch(space, { deadline: left });
    this.#switches++;
    switch (event.kind) {
      case "syscall":
        return this.#syscall(event);
      case "fault":
        if (this.#options.onFault?.(event, this.#guest)) return undefined;
        return this.#killedBy(event.info);
      case "signal":
        return this.#killedBy(event.info);
      case "interrupt":
        return { kind: "interrupted", reason: event.reason };
    }
  }

  #syscall({ number, args }: GuestSyscall): GuestEnd | undefined {
    const named = this.#table.get(number);
    this.#count(named.name);
    const answer = named.call.run(this.#guest, args);
    this.#options.trace?.(traceCall(named, number, this.#guest, args, answer));
    if ("exit" in answer) return { kind: "exited", status: answer.exit };
    this.#guest.context.setResult(this.#wordOf(answer));
    return undefined;
  }

  /** A guest that tries all numbers must not fill the host's memory with their names. */
  #count(name: string): void {
    const known = this.#counts.has(name) || this.#counts.size < MOST_NAMES;
    const key = known ? name : OTHER_NAMES;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  #wordOf(answer: Exclude<Answer, { exit: number }>): bigint {
    if ("value" in answer) return answer.value;
    return BigInt.asUintN(64, -this.#guest.space.tracer.flag(answer.errno));
  }

  /**
   * WRFSBASE and WRGSBASE take every canonical address, but the kernel restores none of its own half: a guest
   * that made itself such a base cannot go on.
   */
  #basesAreUsable(): boolean {
    const { registers } = this.#guest.context;
    return SEGMENT_BASES.every((name) => registers.get(name) < BASE_LIMIT);
  }

  #killedBy(info: SignalInfo): GuestEnd {
    const { tracer } = this.#guest.space;
    const known = info.code > 0 && info.code !== tracer.constant("SI_KERNEL");
    return this.#killed(tracer.signalName(info.signal), known ? info.address : undefined);
  }

  #killed(signal: string, address?: bigint): GuestEnd {
    const instruction = this.#guest.context.registers.get(INSTRUCTION_POINTER);
    return { kind: "signaled", signal, ...(address !== undefined && { address }), instruction };
  }
}
