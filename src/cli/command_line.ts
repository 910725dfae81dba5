import { explain } from "../lib/errno.ts";
import { InputError, StublabError, SyscallError } from "../lib/errors.ts";
import { select } from "./program.ts";
import { reportError } from "./report.ts";

/** The codes of errors that are limits of this machine: exit status 3. */
const LIMITS = /^ERR_STUBLAB_(UNSUPPORTED|FORK|BIRTH|ATTACH)$/;

/** Errnos by which a machine, or a filter of this process, refuses a system call that a command needs. */
const REFUSALS = "EPERM EACCES ENOSYS EAGAIN ENOMEM EMFILE ENFILE ENOSPC".split(" ");

/** The error that was thrown first: if `using` then fails to close, it wraps both errors into one. */
function firstFailure(error: unknown): unknown {
  const wrapped =
    error instanceof Error && error.name === "SuppressedError" && "suppressed" in error;
  return wrapped ? firstFailure(error.suppressed) : error;
}

function exitStatus(error: unknown): number {
  if (error instanceof InputError) return 2;
  if (!(error instanceof StublabError)) return 1;
  // By its code: the error of a worker has lost its class.
  const isRefused = error.code === SyscallError.code && REFUSALS.includes(error.errno ?? "");
  return isRefused || LIMITS.test(error.code) ? 3 : 1;
}

/** Runs a command line without the program's name, reports its error, and returns the exit status. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    return await select(args)();
  } catch (failure) {
    const error = explain(firstFailure(failure));
    reportError(error, args.includes("--json"));
    return exitStatus(error);
  }
}
