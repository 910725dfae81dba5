import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HOST_MACHINE } from "../../src/core/machine/index.ts";
import { PAGE_SIZE } from "../../src/core/shim/auxiliary_vector.ts";
import { readProcess } from "../../src/core/stub/proc.ts";
import {
  type Context,
  DeadlineError,
  DeathError,
  type GuestEvent,
  type GuestFault,
  type GuestSignal,
  type GuestSyscall,
  Platform,
  type PlatformOptions,
  type Subprocess,
  TraceError,
} from "../../src/index.ts";
import { callNumber } from "./libc.ts";
import { asm, type Code, program } from "./machine_code.ts";

/** The address of every guest's code: one page, writable and executable. */
export const CODE = 0x1_0000n;
/** A page of zeros. The stack starts at its end. */
export const DATA = 0x2_0000n;
/** An address at which a file can be mapped. */
export const FILE = 0x3_0000n;
/** An address at which nothing is mapped. */
export const NOWHERE = 0x7000_0000n;

export const PAGE = PAGE_SIZE;

/** How the guests of `openPlatform` are run. */
let lane: PlatformOptions = {};

/** Chooses the lane under test. */
export function useLane(options: PlatformOptions): void {
  lane = options;
}

/** A platform that runs guests by the lane under test. */
export function openPlatform(options: PlatformOptions = {}): Platform {
  return Platform.open({ ...lane, ...options });
}

export const GETPID = callNumber("getpid");
/** A program that calls getpid in a loop. */
export const LOOPS_GETPID = program(asm.loop(asm.call(GETPID)));

/** A guest in an address space of its own. */
export interface Guest {
  readonly platform: Platform;
  readonly space: Subprocess;
  readonly context: Context;
}

/** A new subprocess with a code page and a data page, and a context at the start of the code. */
export function load(platform: Platform, ...code: readonly Code[]): Guest {
  const space = platform.newAddressSpace();
  space.mapAnonymous(CODE, PAGE, "rwx");
  space.mapAnonymous(DATA, PAGE, "rw");
  space.write(CODE, program(...code));
  return { platform, space, context: contextAt(platform, CODE) };
}

/** The same with code that the guest cannot write. */
export function loadReadOnly(platform: Platform, ...code: readonly Code[]): Guest {
  const guest = load(platform, ...code);
  guest.space.protect(CODE, PAGE, "rx");
  return guest;
}

/** The pages of guests without a tracer in a subprocess: those that the guest can write, and that of the code. */
export function lanePages({ pid, tracer }: Subprocess): {
  shared: bigint;
  size: number;
  page: bigint;
} {
  const { stubAddress } = tracer;
  const mappings = readProcess(pid).mappings.filter(({ end }) => end <= stubAddress);
  const [shared, page] = mappings.slice(-2);
  if (shared === undefined || page === undefined) throw new Error("the pages are missing");
  return {
    shared: BigInt(shared.start),
    size: shared.end - shared.start,
    page: BigInt(page.start),
  };
}

/** Runs a hostile guest. Returns whether its subprocess can still be used. */
export function survives(context: Context, space: Subprocess): boolean {
  try {
    for (let i = 0; i < 3; i++) context.switch(space, { deadline: 20 });
    return true;
  } catch (error) {
    const isTyped = [DeathError, DeadlineError, TraceError].some((kind) => error instanceof kind);
    if (!isTyped) throw error;
    return false;
  }
}

/** A new context that starts at `address`. */
export function contextAt(platform: Platform, address: bigint): Context {
  const context = platform.newContext();
  context.registers.set(HOST_MACHINE.instructionPointer, address);
  context.registers.set(asm.STACK, DATA + BigInt(PAGE));
  return context;
}

/** Runs `body` with a guest of a platform that is closed afterwards. */
export function withGuest(
  code: readonly Code[],
  body: (guest: Guest) => void,
  options: PlatformOptions = {},
): void {
  using platform = openPlatform(options);
  body(load(platform, ...code));
}

/** A readable and writable file descriptor of an unlinked file. */
export function temporaryFile(bytes: Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), "stublab-"));
  try {
    writeFileSync(join(folder, "file"), bytes);
    return openSync(join(folder, "file"), "r+");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function syscallOf(event: GuestEvent): GuestSyscall {
  if (event.kind === "syscall") return event;
  throw unexpected(event, "system call");
}

export function faultOf(event: GuestEvent): GuestFault {
  if (event.kind === "fault") return event;
  throw unexpected(event, "fault");
}

export function signalOf(event: GuestEvent): GuestSignal {
  if (event.kind === "signal") return event;
  throw unexpected(event, "signal");
}

function unexpected(event: GuestEvent, wanted: string): Error {
  const text = JSON.stringify(event, (_, value) =>
    typeof value === "bigint" ? `0x${value.toString(16)}` : value,
  );
  return new Error(`expected a ${wanted}, and this is ${text}`);
}

/** `count` words of guest memory. */
export function readWords(space: Subprocess, address: bigint, count: number): bigint[] {
  return [...new BigUint64Array(space.read(address, 8 * count).buffer)];
}

export function writeWords(space: Subprocess, address: bigint, words: readonly bigint[]): void {
  space.write(address, new Uint8Array(BigUint64Array.from(words).buffer));
}

const flags = new Set(
  /^(?:flags|Features)\s*: (.*)/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.split(" "),
);

/** Whether the processor has a feature, spelled as in /proc/cpuinfo. */
export function hasFeature(name: string): boolean {
  return flags.has(name);
}

/** Switches to a guest that makes a system call. */
export function toSyscall({ context, space }: Guest): GuestSyscall {
  return syscallOf(context.switch(space));
}
