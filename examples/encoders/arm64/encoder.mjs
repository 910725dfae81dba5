// ---- arm64
// struct user_pt_regs
export const REGISTERS_SIZE = 272;
// biome-ignore format: in the order of the block
export const REG_x0 = 0, REG_x1 = 8, REG_x2 = 16, REG_x3 = 24, REG_x4 = 32, REG_x5 = 40, REG_x6 = 48, REG_x7 = 56,
  REG_x8 = 64, REG_x9 = 72, REG_x10 = 80, REG_x11 = 88, REG_x12 = 96, REG_x13 = 104, REG_x14 = 112,
  REG_x15 = 120, REG_x16 = 128, REG_x17 = 136, REG_x18 = 144, REG_x19 = 152, REG_x20 = 160, REG_x21 = 168,
  REG_x22 = 176, REG_x23 = 184, REG_x24 = 192, REG_x25 = 200, REG_x26 = 208, REG_x27 = 216, REG_x28 = 224,
  REG_x29 = 232, REG_x30 = 240, REG_sp = 248, REG_pc = 256, REG_pstate = 264;
// biome-ignore format: a table
export const SYS_exit = 93, SYS_unshare = 97, SYS_restart_syscall = 128, SYS_kill = 129, SYS_prctl = 167, SYS_getpid = 172,
  SYS_getppid = 173, SYS_munmap = 215, SYS_clone = 220, SYS_mmap = 222, SYS_mprotect = 226, SYS_wait4 = 260,
  SYS_execveat = 281, SYS_rseq = 293, SYS_close_range = 436, ENCODER_MACHINE = 183,
  AUDIT_ARCH_AARCH64 = 0xc00000b7,
  PTRACE_GETREGSET = 0x4204, PTRACE_SETREGSET = 0x4205;
const ARCHITECTURE = AUDIT_ARCH_AARCH64;
const HAS_VSYSCALLS = false;

const ARGUMENTS = [REG_x0, REG_x1, REG_x2, REG_x3, REG_x4, REG_x5];

export function encodeSyscall(block, initial, number, ...args) {
  words.copyWithin(block / 8, initial / 8, (initial + REGISTERS_SIZE) / 8);
  set(block, REG_x8, number);
  for (const [i, register] of ARGUMENTS.entries()) set(block, register, args[i]);
}

export const rewindSyscall = (block) => set(block, REG_pc, get(block, REG_pc) - 4n);
export const syscallResult = (block) => get(block, REG_x0);

export function encodeBootstrap(block, parent) {
  set(block, REG_x7, BigInt(parent >>> 0));
  set(block, REG_x9, 1n);
}

/** Nothing of a guest's registers must be the stub's. */
export const enterGuest = () => 0;

export function decodeGuestSyscall(block, at) {
  for (const [i, register] of ARGUMENTS.entries()) set(at, 8 * i, get(block, register));
  return Number(BigInt.asIntN(32, get(block, REG_x8)));
}

export const encodeGuestResult = (block, result) => set(block, REG_x0, result);
