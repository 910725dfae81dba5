import { constants } from "node:os";

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
