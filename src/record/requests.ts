// The tracer's own calls, ptrace and wait4, as strace shows them.

import { flagTerms, signalName } from "../encoder/names.ts";
import { hex } from "../errors.ts";
import type { Stop } from "../stub/status.ts";
import type { TracingThread } from "../stub/tracing_thread.ts";
import type { Call } from "./recording.ts";

type Constants = ReadonlyMap<string, bigint>;

/** What the last argument of a request is. */
const DATA: Readonly<Record<string, "options" | "memory" | "signal">> = {
  PTRACE_SETOPTIONS: "options",
  PTRACE_GETREGS: "memory",
  PTRACE_SETREGS: "memory",
  PTRACE_GETSIGINFO: "memory",
  PTRACE_CONT: "signal",
  PTRACE_DETACH: "signal",
  PTRACE_SINGLESTEP: "signal",
  PTRACE_SYSCALL: "signal",
  PTRACE_SYSEMU: "signal",
  PTRACE_SYSEMU_SINGLESTEP: "signal",
};

/** What memory is called that the request reads or writes. */
const MEMORY: Readonly<Record<string, string>> = {
  PTRACE_GETREGS: "&registers",
  PTRACE_SETREGS: "&registers",
  PTRACE_GETSIGINFO: "&info",
};

/** A request that succeeded. */
export function tellRequest(
  request: string,
  tid: number,
  data: number,
  constants: Constants,
): Call {
  return {
    name: "ptrace",
    arguments: [
      { word: hex(constants.get(request) ?? 0n), told: request },
      { word: hex(BigInt(tid)), told: `${tid}` },
      { word: "0x0", told: "NULL" },
      tellData(request, data, constants),
    ],
    result: { word: "0x0", told: "0" },
  };
}

function tellData(request: string, data: number, constants: Constants): Call["arguments"][number] {
  const word = hex(BigInt(data));
  switch (DATA[request]) {
    case "memory":
      return { word: null, told: MEMORY[request] ?? "&data" };
    case "options":
      return { word, told: flagTerms(BigInt(data), /^PTRACE_O_/, constants).join("|") || "0" };
    case "signal":
      return { word, told: data === 0 ? "0" : signalName(data, constants) };
    default:
      return { word, told: data === 0 ? "NULL" : word };
  }
}

/**
 * A wait4 of the tracer.
 *
 * @param status what it wrote to the status word, as it is told; undefined where it wrote nothing.
 * @param result the tid, or a negative errno.
 */
export function tellWait(
  { tid, options }: { readonly tid: number; readonly options: number },
  status: string | undefined,
  result: NonNullable<Call["result"]>,
  constants: Constants,
): Call {
  const names = flagTerms(BigInt(options >>> 0), /^(WUNTRACED|WNOHANG|__WALL)$/, constants);
  return {
    name: "wait4",
    arguments: [
      { word: hex(BigInt(tid)), told: `${tid}` },
      { word: null, told: status === undefined ? "&status" : `[${status}]` },
      { word: hex(BigInt(options >>> 0)), told: names.join("|") },
      { word: "0x0", told: "NULL" },
    ],
    result,
  };
}

/** "stopped by SIGSTOP", "stopped at a system call", "stopped by PTRACE_EVENT_CLONE". */
export function tellStop({ kind, signal, event }: Stop, constants: Constants): string {
  switch (kind) {
    case "syscall":
      return "stopped at a system call";
    case "event":
      return `stopped by ${eventName(event, constants)}`;
    default:
      return `stopped by ${signalName(signal, constants)}`;
  }
}

/** A status word of wait4. */
export function tellStatus(status: number, { encoder }: TracingThread): string {
  const { constants } = encoder;
  const is = (kind: string) => BigInt(encoder.waitKind(status)) === constants.get(kind);
  const value = encoder.waitValue(status);
  if (is("WAIT_EXITED")) return `exited with status ${value}`;
  if (is("WAIT_SIGNALED")) return `killed by ${signalName(value, constants)}`;
  const kind = is("WAIT_SYSCALL_STOP") ? "syscall" : is("WAIT_EVENT") ? "event" : "signal";
  return tellStop({ kind, signal: value, event: encoder.waitEvent(status) }, constants);
}

function eventName(event: number, constants: Constants): string {
  for (const [name, value] of constants) {
    if (value === BigInt(event) && name.startsWith("PTRACE_EVENT_")) return name;
  }
  return `event ${event}`;
}
