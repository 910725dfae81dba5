import { syscallName } from "../../core/encoder/names.ts";
import type { TracingThread } from "../../core/stub/tracing_thread.ts";
import { type Answer, type CallArguments, type EmulatedCall, isRefused, refused } from "./call.ts";
import { arch_prctl } from "./calls/arch_prctl.ts";
import * as input from "./calls/input.ts";
import * as memory from "./calls/memory.ts";
import * as output from "./calls/output.ts";
import * as processes from "./calls/process.ts";
import * as system from "./calls/system.ts";
import type { Guest } from "./guest.ts";
import { GUEST_MACHINE } from "./machine/index.ts";
import { showArguments, showValue } from "./signatures.ts";

/** The emulated calls; all others fail with ENOSYS. */
const CALLS: Readonly<Record<string, EmulatedCall>> = {
  ...(GUEST_MACHINE.segmentBases.length > 0 && { arch_prctl }),
  ...input,
  ...memory,
  ...output,
  ...processes,
  ...system,
  exit_group: processes.exit,
  lstat: input.stat,
};

/** Calls that are not emulated. */
const REFUSED: EmulatedCall = { run: () => refused("ENOSYS") };

/** A system call of a guest with its result. */
export interface TracedCall {
  /** E.g. "write"; "syscall_NUMBER" if the encoder does not know the number. */
  readonly name: string;
  readonly number: number;
  /** The arguments as strace prints them. */
  readonly args: readonly string[];
  /** The value; null if the call failed or did not return. */
  readonly value: bigint | null;
  /** The errno by name; null if the call did not fail. */
  readonly errno: string | null;
  /** Whether it failed because stublab does not emulate it, or this use of it. */
  readonly refused: boolean;
  /** The whole call as a line of strace, without a newline: "write(1, "hi", 2) = 2". */
  readonly text: string;
}

/** The name of a system call, and its emulation. */
export interface NamedCall {
  readonly name: string;
  readonly call: EmulatedCall;
}

/** The emulated calls by number. */
export class CallTable {
  readonly #tracer: TracingThread;
  // Filled on demand: looking up a name is slow.
  readonly #known = new Map<number, NamedCall>();

  constructor(tracer: TracingThread) {
    this.#tracer = tracer;
  }

  get(number: number): NamedCall {
    const known = this.#known.get(number);
    if (known !== undefined) return known;
    const name = syscallName(BigInt(number), this.#tracer.encoder.constants);
    if (name === undefined) return { name: `syscall_${number}`, call: REFUSED };
    const call = (Object.hasOwn(CALLS, name) ? CALLS[name] : undefined) ?? REFUSED;
    const found = { name, call };
    this.#known.set(number, found);
    return found;
  }
}

/** Formats a call as strace prints it. */
export function traceCall(
  { name, call }: NamedCall,
  number: number,
  guest: Guest,
  words: CallArguments,
  answer: Answer,
): TracedCall {
  const args =
    call.show?.(guest, words, answer) ?? showArguments(name, { guest, args: words, answer });
  const value = "value" in answer ? answer.value : null;
  const errno = "errno" in answer ? answer.errno : null;
  const shown = value === null ? "?" : showValue(name, value);
  const result = errno === null ? shown : `-1 ${errno}`;
  const unmet = isRefused(answer);
  const text = `${name}(${args.join(", ")}) = ${result}${unmet ? " (not emulated)" : ""}`;
  return { name, number, args, value, errno, refused: unmet, text };
}
