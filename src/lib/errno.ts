/* The names of errnos, and errors of Node.js that a limit of this machine or process causes, with remedies. */

import { constants } from "node:os";
import { PROCESS_LIMIT, StublabError, UnsupportedError } from "./errors.ts";

const OPEN_FILES = "raise the limit on open files: RLIMIT_NOFILE (ulimit -n)";
const MEMORY =
  "raise the limit on memory: RLIMIT_AS (ulimit -v; Node.js reserves 10 GB of address space for each WebAssembly " +
  "memory), or memory.max of the cgroup";
const PERMISSIONS =
  "run Node.js without --permission, which forbids native addons, or with --allow-addons, --allow-worker, " +
  "--allow-child-process, --allow-fs-read=* and --allow-fs-write=*";

/** Remedies by error code. */
const REMEDIES: Readonly<Record<string, string>> = {
  EMFILE: OPEN_FILES,
  ENFILE: "the machine has no more open files: raise fs.file-max, or end processes that hold many",
  EFBIG: "raise the limit on file sizes: RLIMIT_FSIZE (ulimit -f)",
  EAGAIN: PROCESS_LIMIT,
  ENOMEM: MEMORY,
  ERR_ACCESS_DENIED: PERMISSIONS,
  ERR_DLOPEN_DISABLED:
    "run Node.js without --no-addons, and with --allow-addons under --permission",
  ERR_WORKER_INIT_FAILED: PROCESS_LIMIT,
  ERR_WORKER_OUT_OF_MEMORY: MEMORY,
};

/** What to do about the limit that an errno of a system call shows, if it shows one. */
export function limitRemedy(errno: string): string | undefined {
  return REMEDIES[errno];
}

/** An error that names the limit, if one caused `cause`; `doing` says what failed, such as "a worker cannot start". */
export function limitError(doing: string, cause: unknown): UnsupportedError | undefined {
  if (!(cause instanceof Error)) return undefined;
  // Node.js names the errno for which a thread did not start in the message alone.
  const [, named] = /^Worker initialization failure: (E[MN]FILE)$/.exec(cause.message) ?? [];
  const code = named ?? ("code" in cause ? String(cause.code) : "");
  // EAGAIN of a read or a write has another meaning.
  if (code === "EAGAIN" && !("syscall" in cause && /^spawn/.test(String(cause.syscall)))) {
    return undefined;
  }
  const outOfMemory = cause instanceof RangeError && /alloca|out of memory/i.test(cause.message);
  const remedy = outOfMemory ? MEMORY : REMEDIES[code];
  if (remedy === undefined) return undefined;
  return new UnsupportedError(`${doing}: ${cause.message}`, {
    cause,
    remedy,
    ...(/^E[A-Z0-9]+$/.test(code) && { errno: code }),
  });
}

/** Explains an error that is caused by a limit of the machine; returns any other unchanged. */
export function explain(error: unknown): unknown {
  if (error instanceof StublabError) return error;
  return limitError("a limit of this machine or process is reached", error) ?? error;
}

/** Names that the kernel's headers define as aliases of other errnos. */
const ALIASES = new Set(["EWOULDBLOCK", "ENOTSUP"]);

const errnoNames = new Map(
  Object.entries(constants.errno)
    .filter(([name]) => !ALIASES.has(name))
    .map(([name, number]) => [number, name]),
);

/**
 * The name of an errno of the host's own calls, e.g. "EPERM" for 1. `util.getSystemErrorName` knows only libuv's
 * errnos, which lack ECHILD and ENOEXEC.
 */
export function errnoName(errno: number): string {
  return errnoNames.get(errno) ?? `errno ${errno}`;
}

/** The number of an errno by its name; undefined for another name. */
export function errnoOf(name: string): number | undefined {
  return Object.entries(constants.errno).find(([other]) => other === name)?.[1];
}
