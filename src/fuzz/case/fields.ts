import type { Batch } from "./batch.ts";
import type { Case } from "./case.ts";
import { placeOf } from "./code.ts";
import { FRAME_REGISTERS, OUTCOME, outcomeAt, REGISTERS } from "./setups.ts";

/**
 * An outcome by its fields: "error", "refusedAt", "written.rax", "resumed", "status", "signal", "code", "address",
 * "stopped.rip", "frame.cr2". What was not reached, or says nothing, is left out.
 */
export type Fields = ReadonlyMap<string, bigint>;

/** The fields of what came of setup `i`, which is `it`. */
export function readFields(it: Case, { outcomes, outcomeWords }: Batch, i: number): Fields {
  const at = outcomeAt(i);
  const half = (name: "error" | "refusedAt" | "resumed" | "status" | "signal" | "code"): bigint =>
    BigInt((outcomes[at + OUTCOME[name]] ?? 0) | 0);
  const words = (from: number, names: readonly string[]): [string, bigint][] =>
    names.map((name, k) => [name, outcomeWords[(at + from) / 2 + k] ?? 0n]);
  const fields = new Map<string, bigint>([["error", half("error")]]);
  const add = (rows: readonly (readonly [string, bigint])[]) => {
    for (const [name, word] of rows) fields.set(name, word);
  };
  if (it.way === "POKEUSER") fields.set("refusedAt", half("refusedAt"));
  add(words(OUTCOME.written, writtenNames(it)));
  if (half("resumed") === -1n) return fields;
  add([["resumed", half("resumed")]]);
  if (half("resumed") !== 0n) return fields;
  add([["status", half("status")]]);
  if ((half("status") & 0xffn) !== 0x7fn) return fields;
  add(
    words(
      OUTCOME.stopped,
      REGISTERS.map((name) => `stopped.${name}`),
    ),
  );
  // A stub that looks itself finds it in no frame.
  if (it.way === "SIGRETURN") fields.delete("stopped.orig_rax");
  if (half("signal") !== 0n)
    add([
      ["signal", half("signal")],
      ["code", half("code")],
    ]);
  if (half("signal") !== 0n && hasAddress(half("code"))) {
    add([["address", outcomeWords[(at + OUTCOME.address) / 2] ?? 0n]]);
  }
  const frame = words(
    OUTCOME.frame,
    FRAME_REGISTERS.map((name) => `frame.${name}`),
  );
  const inHandler = [HANDLER, HANDLER + 1n].includes(fields.get("stopped.rip") ?? 0n);
  // Anywhere else it is what lies on the stack.
  if (isHandled(it.signal) && inHandler) add(frame);
  return fields;
}

/** What is read back after a write: all registers, or what the way wrote. */
export function writtenNames({ way, pairs }: Case): string[] {
  if (way === "SIGMASK") return ["written.mask"];
  if (way === "DISPATCH") return DISPATCH_CONFIG.map((name) => `written.${name}`);
  if (way === "SIGRETURN") return [];
  if (way === "SETFPREGS" || way === "XSTATE") return pairs.map((_, i) => `written.${i}`);
  return REGISTERS.map((name) => `written.${name}`);
}

/** The members of struct ptrace_sud_config. */
export const DISPATCH_CONFIG = ["mode", "selector", "offset", "len"] as const;

/** Codes of the kernel have it; those of other processes, and stops of system calls, have a pid there. */
function hasAddress(code: bigint): boolean {
  return code > 0n && code !== SYSCALL_STOP;
}

/** SIGTRAP with the bit of PTRACE_O_TRACESYSGOOD. */
const SYSCALL_STOP = 0x85n;

const HANDLER = placeOf("handler");

/** SIGUSR1 and SIGUSR2. */
export function isHandled(signal: number): boolean {
  return signal === 10 || signal === 12;
}
