import { SyscallError } from "../../errors.ts";
import { DATA, PLACES, SLOTS } from "./code.ts";
import type { Tracee } from "./tracee.ts";

// linux/bpf_common.h
const LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_OR_EQUAL = 0x35;
const AND = 0x54;
const OR = 0x44;
const RETURN = 0x06;
const RETURN_ACCUMULATOR = 0x16;

// linux/seccomp.h
export const SECCOMP_RET_ALLOW = 0x7fff_0000;
const SECCOMP_RET_TRACE = 0x7ff0_0000;
export const SECCOMP_RET_ERRNO = 0x0005_0000;
export const SECCOMP_RET_TRAP = 0x0003_0000;
export const SECCOMP_RET_KILL_PROCESS = 0x8000_0000;
const SECCOMP_SET_MODE_FILTER = 1n;
const PR_SET_NO_NEW_PRIVS = 38n;

/** Byte offsets in struct seccomp_data. */
const NUMBER = 0;
const INSTRUCTION_POINTER = 8;
const ARGUMENT = 16;
const HIGH = 4;

/** struct sock_filter: code (16 bits), jt and jf (8 each), k (32). */
type Instruction = readonly [code: number, k: number, jt?: number, jf?: number];

/** A program as seccomp takes it. */
export function assemble(...instructions: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * instructions.length));
  for (const [i, [code, k, jt = 0, jf = 0]] of instructions.entries()) {
    view.setUint16(8 * i, code, true);
    view.setUint8(8 * i + 2, jt);
    view.setUint8(8 * i + 3, jf);
    view.setUint32(8 * i + 4, k, true);
  }
  return new Uint8Array(view.buffer);
}

/** A call that does not exist, and fails with the errno that is its first argument. */
export const FAILING_CALL = 1023n;

/** Makes FAILING_CALL fail, as far as there are errnos: the kernel takes 4095 for what is above. */
export const FAIL_AS_ASKED = assemble(
  [LOAD_WORD, NUMBER],
  [JUMP_EQUAL, Number(FAILING_CALL), 0, 4],
  [LOAD_WORD, ARGUMENT],
  [AND, 0xffff],
  [OR, SECCOMP_RET_ERRNO],
  [RETURN_ACCUMULATOR, 0],
  [RETURN, SECCOMP_RET_ALLOW],
);

/** The upper half of every address in the vsyscall page. */
const VSYSCALL_HALF = 0xffff_ffff;

/** Makes calls into the vsyscall page a SIGSYS. */
export const TRAP_VSYSCALLS = assemble(
  [LOAD_WORD, INSTRUCTION_POINTER + HIGH],
  [JUMP_EQUAL, VSYSCALL_HALF, 0, 1],
  [RETURN, SECCOMP_RET_TRAP],
  [RETURN, SECCOMP_RET_ALLOW],
);

/** The errno of calls that another filter would have let through: nobody else's. */
export const STOPPED_BY_GUARD = 4000;

/**
 * Keeps the calls that are only asked about from running: they fail, unless another filter has something worse
 * for them. The most severe answer of all filters counts.
 */
export const GUARD = assemble(
  [LOAD_WORD, INSTRUCTION_POINTER + HIGH],
  [JUMP_EQUAL, VSYSCALL_HALF, 4, 0],
  [JUMP_EQUAL, 0, 0, 4],
  [LOAD_WORD, INSTRUCTION_POINTER],
  [JUMP_GREATER_OR_EQUAL, Number(PLACES.questions.syscall), 0, 2],
  [JUMP_GREATER_OR_EQUAL, Number(DATA), 1, 0],
  [RETURN, SECCOMP_RET_ERRNO | STOPPED_BY_GUARD],
  [RETURN, SECCOMP_RET_ALLOW],
);

/** Has a stub install a filter; answers 0 or -errno. */
export function installFilter(tracee: Tracee, program: Uint8Array): bigint {
  tracee.call("prctl", PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n);
  const header = new DataView(new ArrayBuffer(16));
  header.setUint16(0, program.length / 8, true);
  header.setBigUint64(8, DATA + BigInt(SLOTS.instructions), true);
  tracee.write(SLOTS.program, new Uint8Array(header.buffer));
  tracee.write(SLOTS.instructions, program);
  const at = DATA + BigInt(SLOTS.program);
  return BigInt.asIntN(64, tracee.call(SYS_SECCOMP, SECCOMP_SET_MODE_FILTER, 0n, at));
}

const SYS_SECCOMP = 317n;

/** The same with a filter that has to be taken. @throws SyscallError */
export function requireFilter(tracee: Tracee, program: Uint8Array): void {
  const result = installFilter(tracee, program);
  if (result === 0n) return;
  throw new SyscallError(`stub ${tracee.stub.pid} cannot install a filter: ${result}`, {
    call: "seccomp",
    remedy: "the kernel, or a filter of this process, may not allow filters",
  });
}

/** What the tracer is told at that stop. */
export const TRACE_MESSAGE = 77;
/** Makes FAILING_CALL a stop of its tracer. */
export const TRACE_FAILING_CALL = assemble(
  [LOAD_WORD, NUMBER],
  [JUMP_EQUAL, Number(FAILING_CALL), 0, 1],
  [RETURN, SECCOMP_RET_TRACE | TRACE_MESSAGE],
  [RETURN, SECCOMP_RET_ALLOW],
);
