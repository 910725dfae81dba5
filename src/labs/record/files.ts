import type { SyscallArgument, SyscallResult } from "../../core/stub/injection.ts";

/** CLOSE_RANGE_UNSHARE of linux/close_range.h, which the encoders do not define. */
const CLOSE_RANGE_UNSHARE = 2;
/** A descriptor that is never open. */
const NO_DESCRIPTOR = 0x7fff_ffff;

/** What is asked of a stub, which may be one that takes down the calls. */
interface Caller {
  readonly tracer: { flag(name: string): bigint };
  call(name: string, ...args: SyscallArgument[]): bigint;
  inject(name: string, ...args: SyscallArgument[]): SyscallResult;
}

/**
 * Gives a stub its own file table, so that no call can close a descriptor that Node.js needs. Some container profiles
 * forbid unshare but allow close_range (Linux 5.9).
 *
 * @throws SyscallError if both are refused
 */
export function leaveFiles(stub: Caller): void {
  if (stub.inject("unshare", stub.tracer.flag("CLONE_FILES")).errno === null) return;
  stub.call("close_range", NO_DESCRIPTOR, NO_DESCRIPTOR, CLOSE_RANGE_UNSHARE);
}
