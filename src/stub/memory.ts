import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { errnoName } from "../errno.ts";
import { hex, MemoryError } from "../errors.ts";
import { count, integer } from "../shape.ts";
import type { Shim } from "../shim/shim.ts";
import { PAGE_SIZE } from "./amd64.ts";
import { topOfUserSpace } from "./user_space.ts";

const { EPERM, EFAULT, ENOSYS } = constants.errno;

const BYTES = count(Number.MAX_SAFE_INTEGER);

/**
 * The address as a word, once the range is found to lie in user space and outside the stub code.
 *
 * @param stubAddress where the stub code lies, where it must not be touched.
 * @throws MemoryError, InputError
 */
export function checkRange(address: number | bigint, length: number, stubAddress?: number): bigint {
  const start = integer(address, "address");
  const end = start + BigInt(BYTES(length, "length"));
  if (start < 0n || end > BigInt(topOfUserSpace())) {
    throw new MemoryError(
      `${length} bytes at ${start < 0n ? start : hex(start)} leave user space, which ends at ${hex(BigInt(topOfUserSpace()))}`,
    );
  }
  if (stubAddress !== undefined && end > stubAddress && start < stubAddress + PAGE_SIZE) {
    throw new MemoryError(`${length} bytes at ${hex(start)} overlap the stub code`);
  }
  return start;
}

/** Zeroed memory of this process. @throws MemoryError where there is not so much */
export function allocate(length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new MemoryError(`this process cannot allocate ${length} bytes`, { cause });
  }
}

/** Fills `bytes` from a stub's memory. @throws MemoryError at the first byte that cannot be read. */
export function readMemory(shim: Shim, pid: number, address: bigint, bytes: Uint8Array): void {
  transfer("read", pid, address, bytes, (at, part) => shim.readMemory(pid, at, part, part.length));
}

/** Writes `bytes` to a stub's memory. @throws MemoryError at the first byte that cannot be written. */
export function writeMemory(shim: Shim, pid: number, address: bigint, bytes: Uint8Array): void {
  transfer("written", pid, address, bytes, (at, part) =>
    shim.writeMemory(pid, at, part, part.length),
  );
}

type Move = (address: bigint, part: Uint8Array) => number;

function transfer(
  verb: "read" | "written",
  pid: number,
  address: bigint,
  bytes: Uint8Array,
  move: Move,
): void {
  let done = 0;
  while (done < bytes.length) {
    const at = address + BigInt(done);
    let moved = move(at, bytes.subarray(done));
    if (moved < 0 && isForbidden(-moved)) moved = moveByFile(verb, pid, at, bytes.subarray(done));
    if (moved <= 0) {
      throw memoryError(verb, pid, at, errnoName(moved === 0 ? EFAULT : -moved));
    }
    done += moved;
  }
}

/** Some containers forbid process_vm_readv and its brother where they allow ptrace. */
function isForbidden(errno: number): boolean {
  return errno === EPERM || errno === ENOSYS;
}

/** The way through /proc/PID/mem, which ptrace opens. */
function moveByFile(
  verb: "read" | "written",
  pid: number,
  address: bigint,
  bytes: Uint8Array,
): number {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/mem`, verb === "read" ? "r" : "r+");
    // The address of a write is a number in Node's interface; user space is below 2^53.
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
  verb: "read" | "written",
  pid: number,
  address: bigint,
  errno: string,
  cause?: unknown,
): MemoryError {
  const message = `memory of stub ${pid} cannot be ${verb} at ${hex(address)}: ${errno}`;
  return new MemoryError(message, { errno, cause });
}
