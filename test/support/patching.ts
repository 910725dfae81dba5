import * as assert from "uvu/assert";
import { Platform, type PlatformOptions } from "../../src/index.ts";
import * as code from "./amd64_code.ts";
import { CODE, type Guest, loadReadOnly, NOWHERE, toSyscall } from "./guests.ts";
import { randomWords } from "./random.ts";

/** The number of the system call that guests make. */
export const GETPID = 39;
/** After so many signals a system call is patched. */
export const HOT = 64;
/** An address that no patch needs. */
export const ELSEWHERE = NOWHERE;
export const TF = 0x100n;
export const MAX = 2n ** 64n - 1n;

/** A platform that patches system calls. */
export function open(options: PlatformOptions = {}): Platform {
  return Platform.open({ lane: "fast", patches: true, ...options });
}

/** Makes the system calls of a guest until the next one would be patched, and that one. */
export function heat(guest: Guest): void {
  for (let i = 0; i <= HOT; i++) toSyscall(guest);
}

/** A guest that makes one system call in a loop, and has it patched. */
export function hot(platform: Platform, ...around: readonly code.Code[]): Guest {
  const guest = loadReadOnly(platform, code.loop(code.call(GETPID), ...around));
  heat(guest);
  assert.equal(guest.space.patches, [CODE]);
  return guest;
}

/** Registers of which none is like another, and a stack that does not exist. */
export function fill(guest: Guest, seed: bigint): Record<string, bigint> {
  const random = randomWords(seed);
  const { registers } = guest.context;
  for (const name of code.GENERAL) registers.set(name, random());
  registers.set("eflags", TF | 0xed7n);
  registers.set("rip", CODE);
  return registers.dump();
}
