/*
 * The set-up of stubs as data: the calls and writes that make a stub a target, in the order in which the host makes
 * them. The probe repeats them (shim/probe/target.c).
 */

import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import { parseSyscall } from "../../../core/encoder/names.ts";
import type { SyscallArgument, SyscallResult } from "../../../core/stub/injection.ts";
import { loopRules, setUpLoop } from "../try/sigreturn/resident.ts";
import { handleSignals, makeHarmless, mapPages, type Settable } from "../try/target.ts";

/** Stands for the file that the probe shares with its stubs. */
export const SHARED_FILE = 0x5ab1_ab00_0000_f11en;

/** The operations, each with the words after it. */
export const OPERATIONS = [
  // Number, six arguments. It must succeed.
  "CALL",
  // The same; it may fail.
  "TRY",
  // Address, length in bytes, the bytes, filled up to whole words.
  "WRITE",
] as const;
type Operation = (typeof OPERATIONS)[number];

/** Takes down what is asked of a stub. */
class Recorder implements Settable {
  readonly pid = 0;
  readonly words: bigint[] = [];
  readonly tracer: Settable["tracer"];

  constructor() {
    const { constants } = openAssemblyEncoder();
    const flag = (name: string) => {
      const value = constants.get(name);
      if (value === undefined) throw new RangeError(`the encoder has no ${name}`);
      return value;
    };
    this.tracer = {
      tid: 0,
      flag,
      constant: (name) => Number(flag(name)),
      syscallNumber: (call) =>
        typeof call === "string" ? parseSyscall(call, constants) : BigInt(call),
    };
  }

  call(name: string, ...args: SyscallArgument[]): bigint {
    this.#note("CALL", name, args);
    return 0n;
  }

  inject(name: string, ...args: SyscallArgument[]): SyscallResult {
    this.#note(name === "close_range" ? "TRY" : "CALL", name, args);
    return { value: 0n, errno: null, lane: "faithful" };
  }

  write(address: number | bigint, bytes: Uint8Array): void {
    const whole = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
    whole.set(bytes);
    this.words.push(numberOf("WRITE"), BigInt(address), BigInt(bytes.length));
    this.words.push(...new BigUint64Array(whole.buffer));
  }

  #note(operation: Operation, name: string, args: SyscallArgument[]): void {
    const words = Array.from({ length: 6 }, (_, i) => BigInt.asUintN(64, BigInt(args[i] ?? 0)));
    this.words.push(numberOf(operation), this.tracer.syscallNumber(name), ...words);
  }
}

const numberOf = (operation: Operation) => BigInt(OPERATIONS.indexOf(operation));

/** The set-up of a stub to which requests are made. */
export function pagesSetUp(): readonly bigint[] {
  const recorder = new Recorder();
  mapPages(recorder);
  return recorder.words;
}

/** The set-up of a target for ptrace. */
export function targetSetUp(): readonly bigint[] {
  const recorder = new Recorder();
  makeHarmless(recorder, () => handleSignals(recorder));
  return recorder.words;
}

/** The set-up of a stub that tries setups by itself, with the exchange at the beginning of the shared memory. */
export function loopSetUp(length: number, exchange: bigint): readonly bigint[] {
  const recorder = new Recorder();
  const setUp = () => setUpLoop(recorder, { file: SHARED_FILE, length }, exchange);
  makeHarmless(recorder, setUp, loopRules(recorder.tracer));
  return recorder.words;
}
