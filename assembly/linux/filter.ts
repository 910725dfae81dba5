// The parts of the filter of guests' stubs: it allows the calls of the stub code and those that are injected, and kills
// the process for any other. Each architecture combines the parts with its own call numbers.
//
// A filter is an array of struct sock_filter (<linux/filter.h>), 8 bytes each:
//
//    +0 code (u16)   +2 jt (u8)   +3 jf (u8)   +4 k (u32)
//
// Its input is struct seccomp_data (<linux/seccomp.h>):
//
//    +0 nr   +4 arch   +8 instruction_pointer (u64)   +16 args (6 × u64)

import { CLONE_FILES } from "./clone_flags";
import { AT_EMPTY_PATH } from "./file";
import { PR_SET_PDEATHSIG } from "./process";
import {
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_KILL_PROCESS,
  SECCOMP_RET_TRAP,
  STUB_THREAD_FLAGS,
} from "./seccomp";
import { SIGKILL, SIGSTOP } from "./signal";

// The codes of the instructions that are used here (<linux/bpf_common.h>).
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
function returnIf(k: u32, action: u32): void {
  emit(JUMP_IF_EQUAL, k, 0, 1);
  emit(RETURN, action);
}

/** Offset of the lower or upper half of an argument. */
function argument(index: u32, upper: u32): u32 {
  return 16 + 8 * index + 4 * upper;
}

/** Allows `call` if its argument `index` is `value`, and loads the number again if it is not. */
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
  returnIf(high, u32(SECCOMP_RET_TRAP));
}

/** Must precede the functions that allow a call: they expect its number in the accumulator, and keep it there. */
export function loadNumber(): void {
  emit(LOAD, NUMBER);
}

/** Allows `call` with any arguments. */
export function allow(call: i32): void {
  returnIf(call, u32(SECCOMP_RET_ALLOW));
}

/** Allows clones of stubs with `exitSignal`, and of their threads. */
export function allowStubs(clone: i32, exitSignal: i32): void {
  allowWith(clone, 0, u32(CLONE_FILES) | exitSignal);
  allowWith(clone, 0, u32(STUB_THREAD_FLAGS));
}

/** Allows a stub to stop itself. */
export function allowStop(kill: i32): void {
  allowWith(kill, 1, SIGSTOP);
}

/** Allows the execution of a file descriptor, by which a stub resets its exit signal before it is ended. */
export function allowProgram(execveat: i32): void {
  allowWith(execveat, 4, AT_EMPTY_PATH);
}

/** Allows a stub to die with its parent. */
export function allowDeathSignal(prctl: i32): void {
  allowWithBoth(prctl, PR_SET_PDEATHSIG, SIGKILL);
}

/** Ends the filter that began at `at`, and returns its number of instructions. */
export function endFilter(at: usize): i32 {
  emit(RETURN, u32(SECCOMP_RET_KILL_PROCESS));
  return i32((next - at) / offsetof<SockFilter>());
}
