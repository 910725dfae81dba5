import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { errnoName } from "../../lib/errno.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import { PAGE_SIZE } from "../shim/auxiliary_vector.ts";
import { loadShim, type Shim } from "../shim/shim.ts";
import { parseMaps, readIfThere, readProc } from "./proc.ts";

const { EEXIST } = constants.errno;

let top: number | undefined;

/**
 * The first address above user space on the running kernel: Linux gives a program 47 bits less a page, User Mode Linux
 * 39 bits, and gVisor's systrap reserves a part for itself.
 *
 * @throws UnsupportedError if the shim cannot be loaded.
 */
export function topOfUserSpace(): number {
  top ??= findTop();
  return top;
}

function findTop(): number {
  const { probePage } = loadShim();
  const ends = parseMaps(readFileSync("/proc/self/maps", "utf8")).map(({ end }) => end);
  const mapped = Math.max(PAGE_SIZE, ...ends.filter((end) => end <= HOST_MACHINE.mostUserSpace));
  return endOfPages(mapped, HOST_MACHINE.mostUserSpace, (page) => {
    const result = probePage(page);
    return result === 0 || result === -EEXIST;
  });
}

/**
 * Finds the end of the pages that the kernel can map.
 *
 * @param least the lowest possible end.
 * @param most the highest possible end. Nothing may be mapped between `least` and `most`.
 */
export function endOfPages(
  least: number,
  most: number,
  isMappable: (page: number) => boolean,
): number {
  // On most kernels the first probe succeeds, and is the last.
  let middle = most;
  let [from, to] = [least, most];
  while (from < to) {
    if (isMappable(middle - PAGE_SIZE)) from = middle;
    else to = middle - PAGE_SIZE;
    middle = to - Math.floor((to - from) / 2 / PAGE_SIZE) * PAGE_SIZE;
  }
  return to;
}

/** A range of addresses from `start` to `end`, which is not part of it. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Bytes that stay free below the limit of the main thread's stack: the kernel's guard gap is 256 pages. */
const STACK_MARGIN = 1 << 20;

/** The assumed limit of an unlimited stack, in bytes: no main thread needs nearly as much. */
const UNLIMITED_STACK = 2 ** 30;

/** How many pages are tried in turn: other threads may map something there first. */
const MOST_TRIES = 64;

/**
 * Maps the stub code at the highest free page of the process, or finds it where it was mapped before.
 *
 * @returns its address, which is the same in every stub.
 * @throws UnsupportedError if the kernel refuses to map it or to make it executable.
 */
export function mapStubCode(shim: Shim): number {
  const taken = occupied(readProc("/proc/self/maps"), readIfThere("/proc/self/limits") ?? "");
  let address = topOfUserSpace();
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    address = highestFreePage(taken, address);
    if (address === 0) break;
    const result = shim.mapStub(address);
    if (result > 0) return result;
    // -EEXIST: another thread has mapped something there in the meantime.
    if (result !== -EEXIST) throw mapError(errnoName(-result));
  }
  throw new UnsupportedError("no page is free for the stub code");
}

function mapError(errno: string): UnsupportedError {
  const remedy =
    errno === "ENOMEM"
      ? "a limit on memory is reached: RLIMIT_AS (ulimit -v) or vm.max_map_count"
      : "executable memory must be allowed (SELinux: execmem; systemd: MemoryDenyWriteExecute)";
  return new UnsupportedError(`the stub code cannot be mapped: ${errno}`, {
    call: "mmap or mprotect",
    errno,
    remedy,
  });
}

/**
 * The ranges that the stub code must not overlap: every mapping, and the space into which the main thread's stack may
 * grow. `maps` and `limits` are the contents of the files of those names in /proc/PID.
 */
export function occupied(maps: string, limits: string): Range[] {
  return parseMaps(maps).map(({ start, end, name }) => {
    const room = name === "[stack]" ? stackLimit(limits) + STACK_MARGIN : 0;
    return { start: Math.max(0, Math.min(start, end - room)), end };
  });
}

function stackLimit(limits: string): number {
  const soft = /^Max stack size\s+(\S+)/m.exec(limits)?.[1] ?? "unlimited";
  const limit = Number(soft);
  // A limit above half of user space is no limit in practice.
  return limit <= topOfUserSpace() / 2 ? limit : UNLIMITED_STACK;
}

/** The highest page below `below` that touches no range of `taken`; 0 if every page does. */
export function highestFreePage(taken: readonly Range[], below: number): number {
  let address = Math.floor(below / PAGE_SIZE) * PAGE_SIZE - PAGE_SIZE;
  // By their ends: a range may lie within another, as libraries do in the space of the stack.
  for (const { start, end } of [...taken].sort((a, b) => b.end - a.end)) {
    if (address >= end) return address;
    if (address + PAGE_SIZE > start)
      address = Math.floor(start / PAGE_SIZE) * PAGE_SIZE - PAGE_SIZE;
  }
  return Math.max(address, 0);
}
