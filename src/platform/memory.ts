import { hex, InputError, MemoryError } from "../errors.ts";
import { integer, show } from "../shape.ts";
import { PAGE_SIZE } from "../stub/amd64.ts";
import type { TracingThread } from "../stub/tracing_thread.ts";
import { topOfUserSpace } from "../stub/user_space.ts";

/** What may be done with a mapping: letters of "rwx" in that order, or "" for nothing. */
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
 * The range, rounded up to whole pages, once it is found to lie in user space and off the stub's page.
 *
 * @param address a multiple of the page size.
 * @throws MemoryError
 */
export function pageRange(
  tracer: TracingThread,
  address: number | bigint,
  length: number | bigint,
): PageRange {
  const start = integer(address, "address");
  const bytes = integer(length, "length");
  const page = BigInt(PAGE_SIZE);
  const refuse = (why: string): never => {
    throw new MemoryError(`${bytes} bytes at ${start < 0n ? start : hex(start)} ${why}`);
  };
  if (start % page !== 0n) refuse(`do not begin at a multiple of ${PAGE_SIZE}`);
  if (bytes <= 0n) refuse("are no range");
  const rounded = ((bytes + page - 1n) / page) * page;
  if (start < 0n || start + rounded > BigInt(topOfUserSpace())) {
    refuse(`leave user space, which ends at ${hex(BigInt(topOfUserSpace()))}`);
  }
  const stub = BigInt(tracer.stubAddress);
  if (start < stub + page && start + rounded > stub)
    refuse(`overlap the stub code at ${hex(stub)}`);
  return { start, length: rounded };
}
