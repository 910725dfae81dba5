import { HOST_MACHINE } from "../../core/machine/index.ts";
import type { Context } from "../../core/platform/context.ts";
import type { Protection, Subprocess } from "../../core/platform/subprocess.ts";
import { PAGE_SIZE } from "../../core/shim/auxiliary_vector.ts";
import { hex, InputError } from "../../lib/errors.ts";
import { type Image, pageEnd, pageOf, type Segment } from "./image.ts";
import { GUEST_MACHINE, STACK_SIZE } from "./machine.ts";
import { initialStack, type Start } from "./stack.ts";

const STACK_TOP = GUEST_MACHINE.stackTop;

/** By the bits of `Segment.access`. */
const PROTECTIONS: readonly Protection[] = ["", "x", "w", "wx", "r", "rx", "rw", "rwx"];

/** Pages with the same access. */
interface Region {
  readonly start: bigint;
  end: bigint;
  readonly access: number;
}

/**
 * Loads a program and its stack into an empty address space, and sets a context to its first instruction.
 *
 * @param most the limit of its address space, in bytes.
 * @returns the first page boundary after the program: the start of its heap.
 * @throws InputError if the program does not fit; MemoryError or SyscallError if the kernel refuses.
 */
export function load(
  space: Subprocess,
  context: Context,
  image: Image,
  start: Start,
  most: number,
): bigint {
  const regions = regionsOf(image.segments);
  checkRoom(regions, most);
  const stack = initialStack(image, start, STACK_TOP);
  for (const { start: at, end } of regions) space.mapAnonymous(at, end - at, "rw");
  for (const { address, bytes } of image.segments) space.write(address, bytes);
  for (const { start: at, end, access } of regions) {
    space.protect(at, end - at, PROTECTIONS[access] ?? "");
  }
  space.mapAnonymous(STACK_TOP - STACK_SIZE, STACK_SIZE, "rw");
  const pointer = STACK_TOP - BigInt(stack.length);
  space.write(pointer, stack);
  context.registers.set(HOST_MACHINE.instructionPointer, image.entry);
  context.registers.set(GUEST_MACHINE.stackPointer, pointer);
  return regions.at(-1)?.end ?? 0n;
}

/** The pages of all segments. A page that several segments share has the access of all. */
function regionsOf(segments: readonly Segment[]): Region[] {
  const regions: Region[] = [];
  for (const { address, memorySize, access } of segments) {
    let start = pageOf(address);
    const end = pageEnd(address + memorySize);
    const last = regions.at(-1);
    if (last !== undefined && start < last.end) {
      last.end = start;
      if (last.start === last.end) regions.pop();
      regions.push({ start, end: start + BigInt(PAGE_SIZE), access: last.access | access });
      start += BigInt(PAGE_SIZE);
    }
    if (start < end) regions.push({ start, end, access });
  }
  return regions;
}

function checkRoom(regions: readonly Region[], most: number): void {
  const total = regions.reduce((sum, { start, end }) => sum + end - start, STACK_SIZE);
  if (total > most) {
    throw new InputError(`the program needs ${total} bytes with its stack: the limit is ${most}`);
  }
  const bottom = STACK_TOP - STACK_SIZE;
  const inStack = regions.find(({ start, end }) => end > bottom && start < STACK_TOP);
  if (inStack === undefined) return;
  const where = `a segment at ${hex(inStack.start)}`;
  throw new InputError(`${where} overlaps the stack, which ends at ${hex(STACK_TOP)}`);
}
