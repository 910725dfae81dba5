import * as bpf from "../../../core/stub/filter.ts";
import { SyscallError } from "../../../lib/errors.ts";
import { VSYSCALL_HALF } from "../filter.ts";
import { HOST } from "./arch.ts";
import { at, slot } from "./code.ts";
import type { Tracee } from "./tracee.ts";

/** An unused number; the call fails with the errno in its first argument. */
export const FAILING_CALL = 1023n;

/** Makes FAILING_CALL fail. The kernel replaces errnos above 4095 by 4095. */
export const FAIL_AS_ASKED = bpf.assembleBpf(
  [bpf.LOAD_WORD, bpf.DATA_NUMBER],
  [bpf.JUMP_EQUAL, Number(FAILING_CALL), 0, 4],
  [bpf.LOAD_WORD, bpf.DATA_ARGUMENT],
  [bpf.AND, 0xffff],
  [bpf.OR, bpf.SECCOMP_RET_ERRNO],
  [bpf.RETURN_ACCUMULATOR, 0],
  [bpf.RETURN, bpf.SECCOMP_RET_ALLOW],
);

/** Traps calls into the vsyscall page. */
export const TRAP_VSYSCALLS = bpf.assembleBpf(
  [bpf.LOAD_WORD, bpf.DATA_INSTRUCTION_POINTER + bpf.HIGH],
  [bpf.JUMP_EQUAL, VSYSCALL_HALF, 0, 1],
  [bpf.RETURN, bpf.SECCOMP_RET_TRAP],
  [bpf.RETURN, bpf.SECCOMP_RET_ALLOW],
);

/** The errno of calls that no other filter stops; no other filter returns it. */
export const STOPPED_BY_GUARD = 4000;

/**
 * Keeps tried calls from being executed: they fail, unless another filter returns a more severe action. Of several
 * filters the most severe action wins.
 */
export const GUARD = bpf.assembleBpf(
  [bpf.LOAD_WORD, bpf.DATA_INSTRUCTION_POINTER + bpf.HIGH],
  [bpf.JUMP_EQUAL, VSYSCALL_HALF, 4, 0],
  [bpf.JUMP_EQUAL, 0, 0, 4],
  [bpf.LOAD_WORD, bpf.DATA_INSTRUCTION_POINTER],
  [bpf.JUMP_GREATER_OR_EQUAL, Number(at("ask")), 0, 2],
  [bpf.JUMP_GREATER_OR_EQUAL, Number(HOST.data), 1, 0],
  [bpf.RETURN, bpf.SECCOMP_RET_ERRNO | STOPPED_BY_GUARD],
  [bpf.RETURN, bpf.SECCOMP_RET_ALLOW],
);

/** Installs a filter in a stub; returns 0 or -errno. */
export function installFilter(tracee: Tracee, program: Uint8Array): bigint {
  const { tracer } = tracee;
  tracee.call("prctl", [tracer.flag("PR_SET_NO_NEW_PRIVS"), 1n, 0n, 0n, 0n]);
  tracee.write("argument", bpf.sockFprog(program, slot("filter")));
  tracee.write("filter", program);
  return tracee.call("seccomp", [tracer.flag("SECCOMP_SET_MODE_FILTER"), 0n, slot("argument")]);
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

/** Stops FAILING_CALL for its tracer. */
export const TRACE_FAILING_CALL = bpf.assembleBpf(
  [bpf.LOAD_WORD, bpf.DATA_NUMBER],
  [bpf.JUMP_EQUAL, Number(FAILING_CALL), 0, 1],
  [bpf.RETURN, bpf.SECCOMP_RET_TRACE],
  [bpf.RETURN, bpf.SECCOMP_RET_ALLOW],
);
