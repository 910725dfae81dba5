// What the probe is tried without, as rules of test/support/deny.c.

import { constants } from "node:os";
import { callNumber } from "./libc.ts";

const ptrace = (request: number, ...more: string[]) =>
  [callNumber("ptrace"), "ERRNO", 0, request, ...more].join(":");
const calls = (...names: string[]) => names.map((name) => `${callNumber(name)}:ERRNO`).join(",");

const SETOPTIONS = 0x4200;
const EXITKILL = 1 << 20;

/** What is denied, as rules of test/support/deny.c, and what the probe reports to be lacking. */
export const DENIED: Readonly<Record<string, readonly [rules: string, lacks: readonly string[]]>> =
  {
    ATTACH: [ptrace(16), ["PTRACE_ATTACH"]],
    SEIZE: [ptrace(0x4206), ["PTRACE_SEIZE"]],
    EXITKILL: [ptrace(SETOPTIONS, "3", `&${EXITKILL}`), ["PTRACE_O_EXITKILL"]],
    SETSIGMASK: [ptrace(0x420b), ["PTRACE_SETSIGMASK"]],
    SYSEMU: [`${ptrace(31)},${ptrace(32)}`, ["PTRACE_SYSEMU", "PTRACE_SYSEMU_SINGLESTEP"]],
    GETREGSET: [ptrace(0x4204), ["PTRACE_GETREGSET"]],
    seccomp: [calls("seccomp"), ["seccomp filters"]],
    memfd: [calls("memfd_create"), ["memfd_create"]],
    process_vm: [
      calls("process_vm_readv", "process_vm_writev"),
      ["process_vm_readv", "process_vm_writev"],
    ],
    // Of /proc and of all other files.
    files: [calls("open", "openat"), []],
    time: [
      calls("clock_gettime", "timer_create", "nanosleep"),
      ["clock_gettime", "timer_create", "nanosleep"],
    ],
  };
export const ALL = Object.keys(DENIED);
export const ERRNOS = ["EPERM", "EIO", "ENOSYS"] as const;
type Errno = (typeof ERRNOS)[number];

/** The rules that deny some of it, as one word. */
export const rulesOf = (names: readonly string[], errno: Errno) =>
  names
    .map((name) => DENIED[name]?.[0])
    .join(",")
    .replaceAll("ERRNO", `${constants.errno[errno]}`);
