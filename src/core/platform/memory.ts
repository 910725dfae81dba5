import { hex, InputError, MemoryError } from "../../lib/errors.ts";
import { integer, show } from "../../lib/shape.ts";
import { PAGE_SIZE } from "../shim/auxiliary_vector.ts";
import { checkRange } from "../stub/memory.ts";
import type { Stub } from "../stub/stub.ts";
import type { TracingThread } from "../stub/tracing_thread.ts";

/** The access that a mapping allows: letters of "rwx" in that order, or "" for none. */
export type Protection = "" | "r" | "w" | "x" | "rw" | "rx" | "wx" | "rwx";

/** The flags of a protection. @throws InputError */
export function protectionFlags(tracer: TracingThread, protection: Protection): bigint {
  if (typeof protection !== "string" || !/^r?w?x?$/.test(protection)) {
    throw new InputError(
      `protection: expected letters of "rwx" in that order, got ${show(protection)}`,
    );
  }
  let flags = tracer.flag("PROT_NONE");
  if (protection.includes("r")) flags |= tracer.flag("PROT_READ");
  if (protection.includes("w")) flags |= tracer.flag("PROT_WRITE");
  if (protection.includes("x")) flags |= tracer.flag("PROT_EXEC");
  return flags;
}

/** A range of whole pages in user space. */
export interface PageRange {
  readonly start: bigint;
  readonly length: bigint;
}

/**
 * A range of whole pages in user space that does not overlap the stub code.
 *
 * @param address a multiple of the page size.
 * @param length in bytes; rounded up to whole pages.
 * @throws MemoryError, InputError
 */
export function pageRange(
  { stubAddress }: TracingThread,
  address: number | bigint,
  length: number | bigint,
): PageRange {
  const page = BigInt(PAGE_SIZE);
  const bytes = integer(length, "length");
  if (bytes <= 0n) throw new MemoryError(`length: expected at least 1 byte, got ${bytes}`);
  const rounded = ((bytes + page - 1n) / page) * page;
  const start = checkRange(address, rounded, stubAddress);
  if (start % page === 0n) return { start, length: rounded };
  throw new MemoryError(`${hex(start)} is not a multiple of the page size, ${PAGE_SIZE}`);
}

/**
 * Maps whole pages, private, with a content of their own, and replaces what is mapped there.
 *
 * @param protection what they then allow.
 * @throws what `Stub.call` throws
 */
export function mapPages(
  stub: Stub,
  address: number,
  content: Uint8Array,
  protection: Protection,
): void {
  const { tracer } = stub;
  const flags = ["MAP_PRIVATE", "MAP_ANONYMOUS", "MAP_FIXED"]
    .map((name) => tracer.flag(name))
    .reduce((all, flag) => all | flag);
  const { length } = content;
  stub.call("mmap", address, length, protectionFlags(tracer, "rw"), flags, -1, 0);
  stub.write(address, content);
  stub.call("mprotect", address, length, protectionFlags(tracer, protection));
}
