import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { readIfThere } from "../../../core/stub/proc.ts";
import { addressOf, SLOTS } from "./code.ts";
import { killed } from "./processes.ts";
import type { Tracee } from "./tracee.ts";

const RLIMIT_CORE = 4n;
/** A limit of one byte keeps the kernel from dumping even to a program (do_coredump in fs/coredump.c). */
export const NO_CORE = 1n;

const { SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS } =
  constants.signals;
const CORE_SIGNALS: readonly number[] = [
  ...[SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS],
];

/** Sets how large the cores of a stub and of its children may be; as large as may be unless told. */
export function setCoreLimit(tracee: Tracee, limit?: bigint): void {
  const at = addressOf(SLOTS.siginfo);
  tracee.call("prlimit64", 0n, RLIMIT_CORE, 0n, at);
  const most = tracee.word(SLOTS.siginfo + 8);
  tracee.writeWords(SLOTS.siginfo, limit ?? most, most);
  tracee.call("prlimit64", 0n, RLIMIT_CORE, at, 0n);
}

function makeTemporaryFolder(): string | undefined {
  try {
    return mkdtempSync(join(tmpdir(), "stublab-cores-"));
  } catch {
    return undefined;
  }
}

/**
 * Has signals kill children that may leave a core, in a directory of their own. Where cores go elsewhere, to a
 * program that collects them or to one place for all, or where no folder can be made, none is made.
 *
 * @param note takes the status word, the signal, and whether there was a core
 */
export function collectCores(
  parent: Tracee,
  note: (status: number, signal: number, dumped: boolean) => void,
): void {
  const pattern = readIfThere("/proc/sys/kernel/core_pattern") ?? "";
  if (pattern === "" || /[|/@]/.test(pattern)) return;
  const folder = makeTemporaryFolder();
  if (folder === undefined) return;
  try {
    parent.write(SLOTS.siginfo, Buffer.from(`${folder}\0`));
    if (parent.call("chdir", addressOf(SLOTS.siginfo)) !== 0n) return;
    setCoreLimit(parent);
    for (const signal of CORE_SIGNALS) {
      const status = killed(parent, signal);
      const files = readdirSync(folder);
      for (const file of files) rmSync(join(folder, file));
      note(status, signal, files.length > 0);
    }
  } finally {
    setCoreLimit(parent, NO_CORE);
    rmSync(folder, { recursive: true });
  }
}
