// The filter of guests' stubs: it allows the calls of the stub code and those that are injected, and kills the process for
// any other. Each architecture begins it with what only it has.
//
// A filter is an array of struct sock_filter (<linux/filter.h>), 8 bytes each:
//
//    +0 code (u16)   +2 jt (u8)   +3 jf (u8)   +4 k (u32)
//
// Its input is struct seccomp_data (<linux/seccomp.h>):
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
} from "../../build/calls";
import {
  AT_EMPTY_PATH,
  PR_SET_PDEATHSIG,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_KILL_PROCESS,
  SECCOMP_RET_TRAP,
} from "./arguments";
import { CLONE_FILES, STUB_THREAD_FLAGS } from "./clone";
import { SIGKILL, SIGSTOP } from "./signal";

// The codes of the instructions that are used here (<linux/bpf_common.h>).
const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const JUMP_IF_EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const RETURN: u16 = 0x06; // BPF_RET | BPF_K

const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const POINTER_HIGH: u32 = 12;
const ARGUMENTS: u32 = 16;

@unmanaged
class SockFilter {
  code: u16;
  jt: u8;
  jf: u8;
  k: u32;
}

/** The address of the next instruction. */
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
function returnIf(k: u32, action: u64): void {
  emit(JUMP_IF_EQUAL, k, 0, 1);
  emit(RETURN, u32(action));
}

/** Allows `call` with any arguments. */
function allow(call: i32): void {
  returnIf(call, SECCOMP_RET_ALLOW);
}

/** Skips the next `skipped` instructions unless argument `index` is `value`, in both halves. */
function requireArgument(index: u32, value: u32, skipped: u8): void {
  const lower = ARGUMENTS + 8 * index;
  emit(LOAD, lower + 4);
  emit(JUMP_IF_EQUAL, 0, 0, skipped + 2);
  emit(LOAD, lower);
  emit(JUMP_IF_EQUAL, value, 0, skipped);
}

/** Allows what was required, and loads the number again if it was not met. */
function allowRequired(): void {
  emit(RETURN, u32(SECCOMP_RET_ALLOW));
  emit(LOAD, NUMBER);
}

/** Allows `call` if its argument `index` is `value`. */
function allowWith(call: i32, index: u32, value: u32): void {
  emit(JUMP_IF_EQUAL, call, 0, 6);
  requireArgument(index, value, 1);
  allowRequired();
}

/** Allows `call` if its first two arguments are `first` and `second`. */
function allowWithBoth(call: i32, first: u32, second: u32): void {
  emit(JUMP_IF_EQUAL, call, 0, 10);
  requireArgument(0, first, 5);
  requireArgument(1, second, 1);
  allowRequired();
}

/** Begins a filter at `at` (a multiple of 8, with room for 128 instructions) that refuses other architectures. */
export function beginFilter(at: usize, architecture: u64): void {
  next = at;
  emit(LOAD, ARCH);
  emit(JUMP_IF_EQUAL, u32(architecture), 1, 0);
  emit(RETURN, u32(SECCOMP_RET_KILL_PROCESS));
}

/** Traps calls from an instruction pointer with the upper half `high`. */
export function trapPointer(high: u32): void {
  emit(LOAD, POINTER_HIGH);
  returnIf(high, SECCOMP_RET_TRAP);
}

/** Ends the filter that began at `at`: allows the calls of stubs with `exitSignal`. Returns its number of instructions. */
export function endFilter(at: usize, exitSignal: i32): i32 {
  emit(LOAD, NUMBER);
  allow(SYS_mmap);
  allow(SYS_munmap);
  allow(SYS_mprotect);
  allow(SYS_getpid);
  allow(SYS_getppid);
  allow(SYS_wait4);
  allow(SYS_exit);
  allow(SYS_restart_syscall);
  allowWith(SYS_clone, 0, u32(CLONE_FILES) | exitSignal);
  allowWith(SYS_clone, 0, u32(STUB_THREAD_FLAGS));
  // A stub stops itself.
  allowWith(SYS_kill, 1, SIGSTOP);
  // A stub executes a file descriptor to reset its exit signal before it is ended.
  allowWith(SYS_execveat, 4, AT_EMPTY_PATH);
  // A stub dies with its parent.
  allowWithBoth(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  emit(RETURN, u32(SECCOMP_RET_KILL_PROCESS));
  return i32((next - at) / offsetof<SockFilter>());
}
