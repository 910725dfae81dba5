import { HOST_MACHINE } from "../../core/machine/index.ts";
import type { Context } from "../../core/platform/context.ts";
import type { Protection } from "../../core/platform/memory.ts";
import type { Subprocess } from "../../core/platform/subprocess.ts";
import { PAGE_SIZE } from "../../core/shim/page_size.ts";
import { hex, InputError } from "../../lib/errors.ts";
import { type Image, pageEnd, pageOf, type Segment } from "./image.ts";
import { GUEST_MACHINE, STACK_SIZE } from "./machine/index.ts";
import { initialStack, type Start } from "./stack.ts";

const STACK_TOP = GUEST_MACHINE.stackTop;

/** Pages with the same protection. */
interface Region {
  readonly start: bigint;
  end: bigint;
  readonly protection: Protection;
}

/**
 * Loads a program and its stack into an empty address space, and sets a context to its first instruction.
 *
 * @param most the limit of its address space, in bytes.
 * @throws InputError if the program does not fit; MemoryError or SyscallError if the kernel refuses.
 */
export function load(
  space: Subprocess,
  context: Context,
  image: Image,
  start: Start,
  most: number,
): void {
  const regions = regionsOf(image.segments);
  checkRoom(regions, most);
  const stack = initialStack(image, start, STACK_TOP);
  for (const { start: at, end } of regions) space.mapAnonymous(at, end - at, "rw");
  for (const { address, bytes } of image.segments) space.write(address, bytes);
  for (const { start: at, end, protection } of regions) space.protect(at, end - at, protection);
  space.mapAnonymous(STACK_TOP - STACK_SIZE, STACK_SIZE, "rw");
  const pointer = STACK_TOP - BigInt(stack.length);
  space.write(pointer, stack);
  context.registers.set(HOST_MACHINE.instructionPointer, image.entry);
  context.registers.set(GUEST_MACHINE.stackPointer, pointer);
}

/** The first page boundary after a program: the start of its heap. */
export function imageEnd({ segments }: Image): bigint {
  const last = segments.at(-1);
  return last === undefined ? 0n : pageEnd(last.address + last.memorySize);
}

/** The pages of all segments. A page that two segments share gets the protections of both. */
function regionsOf(segments: readonly Segment[]): Region[] {
  const regions: Region[] = [];
  for (const { address, memorySize, protection } of segments) {
    let start = pageOf(address);
    const end = pageEnd(address + memorySize);
    const last = regions.at(-1);
    if (last !== undefined && start < last.end) {
      last.end = start;
      if (last.start === last.end) regions.pop();
      const shared = union(last.protection, protection);
      regions.push({ start, end: start + BigInt(PAGE_SIZE), protection: shared });
      start += BigInt(PAGE_SIZE);
    }
    if (start < end) regions.push({ start, end, protection });
  }
  return regions;
}

const PROTECTIONS: readonly Protection[] = ["", "r", "w", "x", "rw", "rx", "wx", "rwx"];

function union(one: Protection, other: Protection): Protection {
  const both = (candidate: Protection) =>
    [..."rwx"].every((letter) => candidate.includes(letter) === (one + other).includes(letter));
  return PROTECTIONS.find(both) ?? "rwx";
}

function checkRoom(regions: readonly Region[], most: number): void {
  const total = regions.reduce((sum, { start, end }) => sum + end - start, STACK_SIZE);
  if (total > most) {
    throw new InputError(`the program needs ${total} bytes with its stack: the limit is ${most}`);
  }
  const inStack = regions.find(
    ({ start, end }) => end > STACK_TOP - STACK_SIZE && start < STACK_TOP,
  );
  if (inStack !== undefined) {
    throw new InputError(
      `a segment at ${hex(inStack.start)} overlaps the stack, which ends at ${hex(STACK_TOP)}`,
    );
  }
}
