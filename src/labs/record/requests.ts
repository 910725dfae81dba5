// The tracer's own calls: ptrace as strace shows it, and what wait4 reports.

import { decodeStatus, type Stop } from "../../core/stub/stop.ts";
import type { TracingThread } from "../../core/stub/tracing_thread.ts";
import { describeEnd, hex, type StubEnd } from "../../lib/errors.ts";
import { constantName, signalName } from "../../lib/names.ts";
import { type Argument, flags, pointer, RESUMES, signal, tellWord, type Word } from "./calls.ts";
import type { Call } from "./recording.ts";

type Constants = ReadonlyMap<string, bigint>;

/** The last argument of other requests: its text, or the memory of the tracer that it points to. */
const DATA: Readonly<Record<string, Argument | string>> = {
  PTRACE_SETOPTIONS: flags(/^PTRACE_O_/),
  PTRACE_GETREGS: "&registers",
  PTRACE_SETREGS: "&registers",
  PTRACE_GETREGSET: "[&registers]",
  PTRACE_SETREGSET: "[&registers]",
  PTRACE_GETSIGINFO: "&info",
};

/** The last two arguments of a request, and its result. Default: 0. */
export interface RequestWords {
  readonly address?: Word | undefined;
  readonly data?: Word | undefined;
  readonly result?: bigint | undefined;
}

/** A request that succeeded. */
export function tellRequest(
  request: string,
  tid: number,
  constants: Constants,
  { address = 0n, data = 0n, result = 0n }: RequestWords = {},
): Call {
  const teller = { constants, read: () => undefined };
  const tell = DATA[request] ?? (RESUMES.test(request) ? signal : pointer);
  return {
    name: "ptrace",
    arguments: [
      { word: hex(constants.get(request) ?? 0n), told: request },
      { word: hex(BigInt(tid)), told: `${tid}` },
      tellWord(address, (word) => (word === 0n ? "NULL" : `${word}`)),
      typeof tell === "string"
        ? { word: null, told: tell }
        : tellWord(data, (word) => tell(word, teller, [])),
    ],
    result: { word: hex(result), told: `${result}` },
  };
}

/** "stopped by SIGSTOP", "stopped at a system call", "stopped by PTRACE_EVENT_CLONE". */
export function tellStop({ kind, signal, event }: Stop, constants: Constants): string {
  if (kind === "syscall") return "stopped at a system call";
  if (kind !== "event") return `stopped by ${signalName(signal, constants)}`;
  const name = constantName(BigInt(event), "PTRACE_EVENT_", constants) ?? `event ${event}`;
  return `stopped by ${name}`;
}

/** A status word of wait4: a stop, or an end. */
export function tellStatus(status: number, tracer: TracingThread): string {
  const report = decodeStatus(tracer, status);
  return "event" in report ? tellStop(report, tracer.encoder.constants) : tellEnd(report);
}

/** "killed by SIGSEGV": whether a core is dumped depends on the machine. */
export function tellEnd(end: StubEnd): string {
  return describeEnd(end).replace(" (core dumped)", "");
}
