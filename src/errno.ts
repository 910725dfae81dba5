import { constants } from "node:os";

/** Aliases, which the kernel's headers define by another name. */
const ALIASES = new Set(["EWOULDBLOCK", "ENOTSUP"]);

const errnoNames = new Map(
  Object.entries(constants.errno)
    .filter(([name]) => !ALIASES.has(name))
    .map(([name, number]) => [number, name]),
);

/**
 * The name of an errno of the host's own calls, e.g. 1: "EPERM". `util.getSystemErrorName` knows only those of libuv, which
 * lacks ECHILD and ENOEXEC.
 */
export function errnoName(errno: number): string {
  return errnoNames.get(errno) ?? `errno ${errno}`;
}
