import {
  AND,
  assembleBpf,
  DATA_ARGUMENT,
  DATA_INSTRUCTION_POINTER,
  DATA_NUMBER,
  HIGH,
  JUMP_EQUAL,
  JUMP_GREATER_OR_EQUAL,
  LOAD_WORD,
  OR,
  RETURN,
  RETURN_ACCUMULATOR,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_TRACE,
  SECCOMP_RET_TRAP,
  sockFprog,
} from "../../../core/bpf/program.ts";
import { SyscallError } from "../../../lib/errors.ts";
import { HOST } from "./arch.ts";
import { at, slot } from "./code.ts";
import type { Tracee } from "./tracee.ts";

const SECCOMP_SET_MODE_FILTER = 1n;
const PR_SET_NO_NEW_PRIVS = 38n;

/** An unused number; the call fails with the errno in its first argument. */
export const FAILING_CALL = 1023n;

/** Makes FAILING_CALL fail. The kernel replaces errnos above 4095 by 4095. */
export const FAIL_AS_ASKED = assembleBpf(
  [LOAD_WORD, DATA_NUMBER],
  [JUMP_EQUAL, Number(FAILING_CALL), 0, 4],
  [LOAD_WORD, DATA_ARGUMENT],
  [AND, 0xffff],
  [OR, SECCOMP_RET_ERRNO],
  [RETURN_ACCUMULATOR, 0],
  [RETURN, SECCOMP_RET_ALLOW],
);

/** The upper half of every address in the vsyscall page. */
const VSYSCALL_HALF = 0xffff_ffff;

/** Traps calls into the vsyscall page. */
export const TRAP_VSYSCALLS = assembleBpf(
  [LOAD_WORD, DATA_INSTRUCTION_POINTER + HIGH],
  [JUMP_EQUAL, VSYSCALL_HALF, 0, 1],
  [RETURN, SECCOMP_RET_TRAP],
  [RETURN, SECCOMP_RET_ALLOW],
);

/** The errno of calls that no other filter stops; no other filter returns it. */
export const STOPPED_BY_GUARD = 4000;

/**
 * Keeps tried calls from being executed: they fail, unless another filter returns a more severe action. Of several
 * filters the most severe action wins.
 */
export const GUARD = assembleBpf(
  [LOAD_WORD, DATA_INSTRUCTION_POINTER + HIGH],
  [JUMP_EQUAL, VSYSCALL_HALF, 4, 0],
  [JUMP_EQUAL, 0, 0, 4],
  [LOAD_WORD, DATA_INSTRUCTION_POINTER],
  [JUMP_GREATER_OR_EQUAL, Number(at("ask")), 0, 2],
  [JUMP_GREATER_OR_EQUAL, Number(HOST.data), 1, 0],
  [RETURN, SECCOMP_RET_ERRNO | STOPPED_BY_GUARD],
  [RETURN, SECCOMP_RET_ALLOW],
);

/** Installs a filter in a stub; returns 0 or -errno. */
export function installFilter(tracee: Tracee, program: Uint8Array): bigint {
  tracee.call("prctl", PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n);
  tracee.write("argument", sockFprog(program, slot("filter")));
  tracee.write("filter", program);
  return tracee.call("seccomp", SECCOMP_SET_MODE_FILTER, 0n, slot("argument"));
}

/** The same for a filter that judges need. @throws SyscallError if the kernel refuses it */
export function requireFilter(tracee: Tracee, program: Uint8Array): Tracee {
  const result = installFilter(tracee, program);
  if (result === 0n) return tracee;
  throw new SyscallError(`stub ${tracee.stub.pid} cannot install a filter: ${result}`, {
    call: "seccomp",
    remedy: "the kernel, or a filter of this process, may not allow filters",
  });
}

/** The event message of that stop. */
export const TRACE_MESSAGE = 77;
/** Stops FAILING_CALL for its tracer. */
export const TRACE_FAILING_CALL = assembleBpf(
  [LOAD_WORD, DATA_NUMBER],
  [JUMP_EQUAL, Number(FAILING_CALL), 0, 1],
  [RETURN, SECCOMP_RET_TRACE | TRACE_MESSAGE],
  [RETURN, SECCOMP_RET_ALLOW],
);
