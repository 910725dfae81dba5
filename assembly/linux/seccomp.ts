// The filter of guests' stubs: what the stub code does and what is injected is allowed, calls into the
// vsyscall page are trapped (PTRACE_SYSEMU does not see them), and all else kills the process.
//
// A filter is an array of struct sock_filter (<linux/filter.h>), 8 bytes each:
//
//    +0 code (u16)   +2 jt (u8)   +3 jf (u8)   +4 k (u32)
//
// that is run over struct seccomp_data (<linux/seccomp.h>):
//
//    +0 nr   +4 arch   +8 instruction_pointer (u64)   +16 args (6 × u64)

import {
  SYS_clone,
  SYS_execveat,
  SYS_exit,
  SYS_getpid,
  SYS_getppid,
  SYS_kill,
  SYS_mmap,
  SYS_mprotect,
  SYS_munmap,
  SYS_prctl,
  SYS_restart_syscall,
  SYS_wait4,
} from "../amd64/numbers";
import {
  CLONE_FILES,
  CLONE_FS,
  CLONE_PTRACE,
  CLONE_SIGHAND,
  CLONE_THREAD,
  CLONE_VM,
} from "./clone";
import { AT_EMPTY_PATH } from "./file";
import { PR_SET_PDEATHSIG } from "./process";
import { SIGKILL, SIGSTOP } from "./signal";

export const AUDIT_ARCH_X86_64: u64 = 0xc000003e;
export const SECCOMP_RET_KILL_PROCESS: u64 = 0x80000000;
export const SECCOMP_RET_TRAP: u64 = 0x00030000;
export const SECCOMP_RET_ALLOW: u64 = 0x7fff0000;

/** The flags of a clone that makes another thread of a stub. */
export const STUB_THREAD_FLAGS: u64 =
  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PTRACE;

// The instructions that are used here, by the codes of <linux/bpf_common.h>.
const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const JUMP_IF_EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const RETURN: u16 = 0x06; // BPF_RET | BPF_K

const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const POINTER_HIGH: u32 = 12;

@unmanaged
class SockFilter {
  code: u16;
  jt: u8;
  jf: u8;
  k: u32;
}

/** Where the next instruction goes. */
let next: usize = 0;

function emit(code: u16, k: u32, jt: u8 = 0, jf: u8 = 0): void {
  const instruction = changetype<SockFilter>(next);
  instruction.code = code;
  instruction.jt = jt;
  instruction.jf = jf;
  instruction.k = k;
  next += offsetof<SockFilter>();
}

/** Returns `action` if the accumulator is `k`. */
function returnIf(k: u32, action: u32): void {
  emit(JUMP_IF_EQUAL, k, 0, 1);
  emit(RETURN, action);
}

/** Offset of the lower or upper half of an argument. */
function argument(index: u32, upper: u32): u32 {
  return 16 + 8 * index + 4 * upper;
}

/** Allows `call` whose argument `index` is `value`, and loads the number again where it is not. */
function allowWith(call: i32, index: u32, value: u32): void {
  emit(JUMP_IF_EQUAL, call, 0, 6);
  emit(LOAD, argument(index, 1));
  emit(JUMP_IF_EQUAL, 0, 0, 3);
  emit(LOAD, argument(index, 0));
  emit(JUMP_IF_EQUAL, value, 0, 1);
  emit(RETURN, u32(SECCOMP_RET_ALLOW));
  emit(LOAD, NUMBER);
}

/** The same with two arguments, 0 and 1. */
function allowWithBoth(call: i32, first: u32, second: u32): void {
  emit(JUMP_IF_EQUAL, call, 0, 10);
  emit(LOAD, argument(0, 1));
  emit(JUMP_IF_EQUAL, 0, 0, 7);
  emit(LOAD, argument(0, 0));
  emit(JUMP_IF_EQUAL, first, 0, 5);
  emit(LOAD, argument(1, 1));
  emit(JUMP_IF_EQUAL, 0, 0, 3);
  emit(LOAD, argument(1, 0));
  emit(JUMP_IF_EQUAL, second, 0, 1);
  emit(RETURN, u32(SECCOMP_RET_ALLOW));
  emit(LOAD, NUMBER);
}

/**
 * Writes the filter to `at` (a multiple of 8, with room for 128 instructions).
 *
 * @param exitSignal that of the stubs that may be cloned.
 * @returns the number of instructions.
 */
export function encodeSeccomp(at: usize, exitSignal: i32): i32 {
  next = at;
  const allow = u32(SECCOMP_RET_ALLOW);
  emit(LOAD, ARCH);
  emit(JUMP_IF_EQUAL, u32(AUDIT_ARCH_X86_64), 1, 0);
  emit(RETURN, u32(SECCOMP_RET_KILL_PROCESS));
  // Only the vsyscall page is in the kernel's half and can make system calls.
  emit(LOAD, POINTER_HIGH);
  returnIf(u32.MAX_VALUE, u32(SECCOMP_RET_TRAP));
  emit(LOAD, NUMBER);
  returnIf(SYS_mmap, allow);
  returnIf(SYS_munmap, allow);
  returnIf(SYS_mprotect, allow);
  returnIf(SYS_getpid, allow);
  returnIf(SYS_getppid, allow);
  returnIf(SYS_wait4, allow);
  returnIf(SYS_exit, allow);
  returnIf(SYS_restart_syscall, allow);
  allowWith(SYS_clone, 0, u32(CLONE_FILES) | exitSignal);
  allowWith(SYS_clone, 0, u32(STUB_THREAD_FLAGS));
  allowWith(SYS_kill, 1, SIGSTOP);
  allowWith(SYS_execveat, 4, AT_EMPTY_PATH);
  allowWithBoth(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  emit(RETURN, u32(SECCOMP_RET_KILL_PROCESS));
  return i32((next - at) / offsetof<SockFilter>());
}
