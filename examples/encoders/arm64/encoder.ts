// ---- arm64
// struct user_pt_regs
export const REGISTERS_SIZE: i32 = 272;
// biome-ignore format: a register a column
export const REG_x0: i32 = 0, REG_x1: i32 = 8, REG_x2: i32 = 16, REG_x3: i32 = 24, REG_x4: i32 = 32, REG_x5: i32 = 40,
  REG_x6: i32 = 48, REG_x7: i32 = 56, REG_x8: i32 = 64, REG_x9: i32 = 72, REG_x10: i32 = 80, REG_x11: i32 = 88,
  REG_x12: i32 = 96, REG_x13: i32 = 104, REG_x14: i32 = 112, REG_x15: i32 = 120, REG_x16: i32 = 128,
  REG_x17: i32 = 136, REG_x18: i32 = 144, REG_x19: i32 = 152, REG_x20: i32 = 160, REG_x21: i32 = 168,
  REG_x22: i32 = 176, REG_x23: i32 = 184, REG_x24: i32 = 192, REG_x25: i32 = 200, REG_x26: i32 = 208,
  REG_x27: i32 = 216, REG_x28: i32 = 224, REG_x29: i32 = 232, REG_x30: i32 = 240, REG_sp: i32 = 248,
  REG_pc: i32 = 256, REG_pstate: i32 = 264;
// biome-ignore format: a table
export const SYS_exit: i32 = 93, SYS_unshare: i32 = 97, SYS_restart_syscall: i32 = 128, SYS_kill: i32 = 129,
  SYS_prctl: i32 = 167, SYS_getpid: i32 = 172, SYS_getppid: i32 = 173, SYS_munmap: i32 = 215, SYS_clone: i32 = 220,
  SYS_mmap: i32 = 222, SYS_mprotect: i32 = 226, SYS_wait4: i32 = 260, SYS_execveat: i32 = 281, SYS_rseq: i32 = 293,
  SYS_close_range: i32 = 436, ENCODER_MACHINE: i32 = 183, AUDIT_ARCH_AARCH64: u64 = 0xc00000b7, PTRACE_GETREGSET: i32 = 0x4204, PTRACE_SETREGSET: i32 = 0x4205;
const ARCHITECTURE: u64 = AUDIT_ARCH_AARCH64;
const HAS_VSYSCALLS: bool = false;

// biome-ignore format: a line for each parameter would take more than the function
export function encodeSyscall(
  block: usize, initial: usize, number: u64,
  a: u64, b: u64, c: u64, d: u64, e: u64, f: u64,
): void {
  memory.copy(block, initial, REGISTERS_SIZE);
  store<u64>(block, number, REG_x8);
  store<u64>(block, a, REG_x0);
  store<u64>(block, b, REG_x1);
  store<u64>(block, c, REG_x2);
  store<u64>(block, d, REG_x3);
  store<u64>(block, e, REG_x4);
  store<u64>(block, f, REG_x5);
}

export function rewindSyscall(block: usize): void {
  store<u64>(block, load<u64>(block, REG_pc) - 4, REG_pc);
}

export function syscallResult(block: usize): u64 {
  return load<u64>(block, REG_x0);
}

export function encodeBootstrap(block: usize, parent: i32): void {
  store<u64>(block, <u64>(<u32>parent), REG_x7);
  store<u64>(block, 1, REG_x9);
}

export function enterGuest(_block: usize, _initial: usize): i32 {
  return 0;
}

export function decodeGuestSyscall(block: usize, at: usize): i32 {
  store<u64>(at, load<u64>(block, REG_x0));
  store<u64>(at, load<u64>(block, REG_x1), 8);
  store<u64>(at, load<u64>(block, REG_x2), 16);
  store<u64>(at, load<u64>(block, REG_x3), 24);
  store<u64>(at, load<u64>(block, REG_x4), 32);
  store<u64>(at, load<u64>(block, REG_x5), 40);
  return load<i32>(block, REG_x8);
}

export function encodeGuestResult(block: usize, result: u64): void {
  store<u64>(block, result, REG_x0);
}
