import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { hex, MemoryError } from "../../lib/errors.ts";
import { count, integer } from "../../lib/shape.ts";
import { PAGE_SIZE } from "../shim/auxiliary_vector.ts";
import type { Thread } from "./tracee.ts";
import { topOfUserSpace } from "./user_space.ts";

const { EPERM, EFAULT, ENOSYS } = constants.errno;

/** The length of a buffer. */
const BYTES = count(Number.MAX_SAFE_INTEGER);

/**
 * The address of a range in user space as a word.
 *
 * @param length in bytes.
 * @param stubAddress the address of the stub code, if the range must not overlap it.
 * @throws MemoryError, InputError
 */
export function checkRange(
  address: number | bigint,
  length: number | bigint,
  stubAddress?: number,
): bigint {
  const start = integer(address, "address");
  const end = start + integer(length, "length");
  const top = BigInt(topOfUserSpace());
  if (start < 0n || end > top) {
    throw new MemoryError(
      `${rangeText(start, length)} are outside user space, which ends at ${hex(top)}`,
    );
  }
  if (stubAddress !== undefined && end > stubAddress && start < stubAddress + PAGE_SIZE) {
    throw new MemoryError(
      `${rangeText(start, length)} overlap the stub code at ${hex(BigInt(stubAddress))}`,
    );
  }
  return start;
}

function rangeText(start: bigint, length: number | bigint): string {
  return `${length} bytes at ${start < 0n ? start : `0x${start.toString(16)}`}`;
}

/** Zeroed memory of this process. @throws InputError; MemoryError if there is not enough */
export function allocate(length: number): Uint8Array {
  BYTES(length, "length");
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new MemoryError(`this process cannot allocate ${length} bytes`, { cause });
  }
}

/** Fills `bytes` from a stub's memory. @throws MemoryError at the first byte that cannot be read. */
export function readMemory(thread: Thread, address: bigint, bytes: Uint8Array): void {
  const { tracer, tgid } = thread;
  transfer("read", thread, address, bytes, (at, part) =>
    tracer.shim.readMemory(tgid, at, part, part.length),
  );
}

/** Writes `bytes` to a stub's memory. @throws MemoryError at the first byte that cannot be written. */
export function writeMemory(thread: Thread, address: bigint, bytes: Uint8Array): void {
  const { tracer, tgid } = thread;
  transfer("written", thread, address, bytes, (at, part) =>
    tracer.shim.writeMemory(tgid, at, part, part.length),
  );
}

type Verb = "read" | "written";
/** Moves bytes from or to an address. Returns how many, or -errno. */
type Move = (address: bigint, part: Uint8Array) => number;

function transfer(
  verb: Verb,
  { tracer, tgid }: Thread,
  address: bigint,
  bytes: Uint8Array,
  move: Move,
): void {
  let done = 0;
  while (done < bytes.length) {
    const at = address + BigInt(done);
    let moved = move(at, bytes.subarray(done));
    if (moved < 0 && isForbidden(-moved)) moved = moveByFile(verb, tgid, at, bytes.subarray(done));
    if (moved <= 0) {
      throw memoryError(verb, tgid, at, tracer.errorName(moved === 0 ? EFAULT : -moved));
    }
    done += moved;
  }
}

/** Some containers forbid process_vm_readv and process_vm_writev although they allow ptrace. */
function isForbidden(errno: number): boolean {
  return errno === EPERM || errno === ENOSYS;
}

/** Moves bytes through /proc/PID/mem, which a tracer may open. */
function moveByFile(verb: Verb, pid: number, address: bigint, bytes: Uint8Array): number {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/mem`, verb === "read" ? "r" : "r+");
    // Node's interface takes the address of a write as a number; user space is below 2^53.
    return verb === "read"
      ? readSync(file, bytes, 0, bytes.length, address)
      : writeSync(file, bytes, 0, bytes.length, Number(address));
  } catch (cause) {
    const errno = cause instanceof Error && "code" in cause ? String(cause.code) : "no errno";
    throw memoryError(verb, pid, address, errno, cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function memoryError(
  verb: Verb,
  pid: number,
  address: bigint,
  errno: string,
  cause?: unknown,
): MemoryError {
  const message = `memory of stub ${pid} cannot be ${verb} at ${hex(address)}: ${errno}`;
  return new MemoryError(message, { errno, cause });
}
