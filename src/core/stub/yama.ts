import { readIfThere, statusLines } from "./proc.ts";

/** CAP_SYS_PTRACE (linux/capability.h), as a set of capabilities. */
export const CAP_SYS_PTRACE = 1n << 19n;

/** What the Yama security module allows a process to trace. */
export interface PtraceScope {
  /** kernel.yama.ptrace_scope, "0" to "3". */
  readonly scope: string;
  /** What to do if it forbids tracing descendants; undefined if it permits it. */
  readonly remedy: string | undefined;
}

/** Reads kernel.yama.ptrace_scope; undefined on a kernel without Yama. */
export function readPtraceScope(): PtraceScope | undefined {
  const scope = readIfThere("/proc/sys/kernel/yama/ptrace_scope");
  return scope === undefined ? undefined : { scope, remedy: remedyOf(scope) };
}

function remedyOf(scope: string): string | undefined {
  if (scope === "3") return "no process may trace: set it to 1 and reboot";
  return scope === "2" && !mayTrace() ? "run with CAP_SYS_PTRACE, or set it to 1" : undefined;
}

/** Whether this process has CAP_SYS_PTRACE. */
function mayTrace(): boolean {
  const effective = statusLines(readIfThere("/proc/self/status") ?? "")("CapEff") || "0";
  return (BigInt(`0x${effective}`) & CAP_SYS_PTRACE) !== 0n;
}
