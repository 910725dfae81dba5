// An encoder in AssemblyScript for amd64. It has all that stubs need.
// docs/encoder-abi.md says what each function does; what is missing here is not compared.
//
//   npx -y -p assemblyscript asc examples/encoders/encoder.ts -O --runtime stub --use abort= \
//     --initialMemory 2 --maximumMemory 2 -o mine.wasm
//   npx stublab compare ./mine.wasm
//
// An exported constant becomes an exported global. `--use abort=` omits the one import that asc would add.

export const ENCODER_ABI: i32 = 2;
export const heap: usize = __heap_base; // the compiler's: the end of this module's own data

// ---- amd64
// struct user_regs_struct
export const REGISTERS_SIZE: i32 = 216;
// biome-ignore format: a register a column
export const REG_r15: i32 = 0, REG_r14: i32 = 8, REG_r13: i32 = 16, REG_r12: i32 = 24, REG_rbp: i32 = 32,
  REG_rbx: i32 = 40, REG_r11: i32 = 48, REG_r10: i32 = 56, REG_r9: i32 = 64, REG_r8: i32 = 72, REG_rax: i32 = 80,
  REG_rcx: i32 = 88, REG_rdx: i32 = 96, REG_rsi: i32 = 104, REG_rdi: i32 = 112, REG_orig_rax: i32 = 120,
  REG_rip: i32 = 128, REG_cs: i32 = 136, REG_eflags: i32 = 144, REG_rsp: i32 = 152, REG_ss: i32 = 160,
  REG_fs_base: i32 = 168, REG_gs_base: i32 = 176, REG_ds: i32 = 184, REG_es: i32 = 192, REG_fs: i32 = 200,
  REG_gs: i32 = 208;

// biome-ignore format: a table
export const SYS_mmap: i32 = 9, SYS_mprotect: i32 = 10, SYS_munmap: i32 = 11, SYS_getpid: i32 = 39, SYS_clone: i32 = 56,
  SYS_exit: i32 = 60, SYS_wait4: i32 = 61, SYS_kill: i32 = 62, SYS_getppid: i32 = 110, SYS_prctl: i32 = 157,
  SYS_restart_syscall: i32 = 219, SYS_unshare: i32 = 272, SYS_execveat: i32 = 322, SYS_rseq: i32 = 334,
  SYS_close_range: i32 = 436, PTRACE_GETREGS: i32 = 12, PTRACE_SETREGS: i32 = 13,
  AUDIT_ARCH_X86_64: u64 = 0xc000003e;
const ARCHITECTURE: u64 = AUDIT_ARCH_X86_64;
const HAS_VSYSCALLS: bool = true;
const TF: u64 = 0x100;

// biome-ignore format: a line for each parameter would take more than the function
export function encodeSyscall(
  block: usize, initial: usize, number: u64,
  a: u64, b: u64, c: u64, d: u64, e: u64, f: u64,
): void {
  memory.copy(block, initial, REGISTERS_SIZE);
  store<u64>(block, number, REG_rax);
  store<u64>(block, u64.MAX_VALUE, REG_orig_rax);
  store<u64>(block, a, REG_rdi);
  store<u64>(block, b, REG_rsi);
  store<u64>(block, c, REG_rdx);
  store<u64>(block, d, REG_r10);
  store<u64>(block, e, REG_r8);
  store<u64>(block, f, REG_r9);
}

export function rewindSyscall(block: usize): void {
  store<u64>(block, load<u64>(block, REG_rip) - 2, REG_rip);
}

export function syscallResult(block: usize): u64 {
  return load<u64>(block, REG_rax);
}

export function encodeBootstrap(block: usize, parent: i32): void {
  store<u64>(block, <u64>(<u32>parent), REG_r15);
  store<u64>(block, 1, REG_rbx);
}

export function enterGuest(block: usize, initial: usize): i32 {
  store<u64>(block, load<u64>(initial, REG_cs), REG_cs);
  store<u64>(block, load<u64>(initial, REG_ss), REG_ss);
  memory.copy(block + REG_ds, initial + REG_ds, 32); // ds, es, fs, gs
  store<u64>(block, u64.MAX_VALUE, REG_orig_rax);
  return i32((load<u64>(block, REG_eflags) & TF) != 0);
}

export function decodeGuestSyscall(block: usize, at: usize): i32 {
  store<u64>(at, load<u64>(block, REG_rdi));
  store<u64>(at, load<u64>(block, REG_rsi), 8);
  store<u64>(at, load<u64>(block, REG_rdx), 16);
  store<u64>(at, load<u64>(block, REG_r10), 24);
  store<u64>(at, load<u64>(block, REG_r8), 32);
  store<u64>(at, load<u64>(block, REG_r9), 40);
  store<u64>(block, load<u64>(block, REG_orig_rax), REG_rax);
  return load<i32>(block, REG_orig_rax);
}

export function encodeGuestResult(block: usize, result: u64): void {
  store<u64>(block, result, REG_rax);
}

export function rewindVsyscall(block: usize, address: u64): void {
  store<u64>(block, address, REG_rip);
  store<u64>(block, load<u64>(block, REG_rsp) - 8, REG_rsp);
}
// ---- every architecture

// biome-ignore format: a table
export const PROT_NONE: i32 = 0, PROT_READ: i32 = 1, PROT_WRITE: i32 = 2, PROT_EXEC: i32 = 4, MAP_SHARED: i32 = 1,
  MAP_PRIVATE: i32 = 2, MAP_FIXED: i32 = 16, MAP_ANONYMOUS: i32 = 32, MAP_POPULATE: i32 = 0x8000,
  AT_EMPTY_PATH: i32 = 0x1000, PR_SET_PDEATHSIG: i32 = 1, PR_GET_PDEATHSIG: i32 = 2, SIGILL: i32 = 4,
  SIGTRAP: i32 = 5, SIGBUS: i32 = 7, SIGFPE: i32 = 8, SIGKILL: i32 = 9, SIGSEGV: i32 = 11, SIGCHLD: i32 = 17,
  SIGSTOP: i32 = 19, SIGSYS: i32 = 31, SIGRTMAX: i32 = 64, PTRACE_CONT: i32 = 7, PTRACE_DETACH: i32 = 17,
  PTRACE_SYSEMU: i32 = 31, PTRACE_SYSEMU_SINGLESTEP: i32 = 32, PTRACE_SETOPTIONS: i32 = 0x4200,
  PTRACE_GETEVENTMSG: i32 = 0x4201, PTRACE_O_TRACESYSGOOD: i32 = 1, PTRACE_O_TRACEEXIT: i32 = 64,
  PTRACE_O_EXITKILL: i32 = 0x100000, PTRACE_EVENT_EXIT: i32 = 6, PTRACE_EVENT_STOP: i32 = 128,
  SIGINFO_si_signo: i32 = 0, SIGINFO_si_errno: i32 = 4, SIGINFO_si_code: i32 = 8, SIGINFO_si_pid: i32 = 16,
  SIGINFO_si_addr: i32 = 16, SI_USER: i32 = 0, SI_KERNEL: i32 = 128, SI_TKILL: i32 = -6, SYS_SECCOMP: i32 = 1,
  SECCOMP_RET_ALLOW: i32 = 0x7fff0000, SECCOMP_RET_TRAP: i32 = 0x30000, SECCOMP_RET_KILL_PROCESS: u64 = 0x80000000;
// biome-ignore format: a table
export const CLONE_VM: i32 = 0x100, CLONE_FS: i32 = 0x200, CLONE_FILES: i32 = 0x400, CLONE_SIGHAND: i32 = 0x800,
  CLONE_PIDFD: i32 = 0x1000, CLONE_PTRACE: i32 = 0x2000, CLONE_THREAD: i32 = 0x10000, CLONE_NEWNS: i32 = 0x20000,
  CLONE_SYSVSEM: i32 = 0x40000, CLONE_PARENT_SETTID: i32 = 0x100000, CLONE_DETACHED: i32 = 0x400000,
  CLONE_NEWIPC: i32 = 0x8000000, CLONE_NEWUSER: i32 = 0x10000000, CLONE_NEWPID: i32 = 0x20000000;
export const STUB_THREAD_FLAGS: i32 =
  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PTRACE | CLONE_THREAD;
// biome-ignore format: a table
export const WNOHANG: i32 = 1, WUNTRACED: i32 = 2, WCONTINUED: i32 = 8, __WNOTHREAD: i32 = 0x20000000,
  __WALL: i32 = 0x40000000, __WCLONE: u64 = 0x80000000, WAIT_EXITED: i32 = 0, WAIT_SIGNALED: i32 = 1,
  WAIT_STOPPED: i32 = 2, WAIT_SYSCALL_STOP: i32 = 3, WAIT_EVENT: i32 = 4, WAIT_GROUP_STOP: i32 = 5,
  WAIT_CONTINUED: i32 = 6;
const EINVAL: i32 = 22;

export function syscallErrno(result: u64): i32 {
  return 0 - result - 1 < 4095 ? <i32>(0 - result) : 0;
}

export function restartsSyscall(errno: i32): i32 {
  return i32(errno >= 512 && errno <= 516 && errno != 515);
}

function both(flags: u64, one: i32, others: i32): bool {
  return (flags & one) != 0 && (flags & others) != 0;
}

function isRefused(flags: u64): bool {
  return (
    both(flags, CLONE_FS, CLONE_NEWNS | CLONE_NEWUSER) ||
    both(flags, CLONE_THREAD, CLONE_NEWUSER | CLONE_NEWPID) ||
    both(flags, CLONE_PIDFD, CLONE_DETACHED | CLONE_PARENT_SETTID) ||
    both(flags, CLONE_NEWIPC, CLONE_SYSVSEM) ||
    ((flags & CLONE_THREAD) != 0 && (flags & CLONE_SIGHAND) == 0) ||
    ((flags & CLONE_SIGHAND) != 0 && (flags & CLONE_VM) == 0)
  );
}

export function encodeClone(flags: u64, exitSignal: i32): i64 {
  const fits = (flags & 0xff) == 0 && flags >> 32 == 0 && <u32>exitSignal <= 0xff;
  return fits && !isRefused(flags) ? flags | exitSignal : -EINVAL;
}

export function encodeWaitOptions(options: u64): i64 {
  const known = __WCLONE | <u64>(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL);
  return (options & ~known) == 0 ? options : -EINVAL;
}

export function waitKind(status: u32): i32 {
  const signal = status & 0x7f,
    value = (status >> 8) & 0xff,
    event = status >> 16;
  if (status == 0xffff) return WAIT_CONTINUED;
  if ((status & 0xff) == 0x7f) {
    if (event == PTRACE_EVENT_STOP && value != SIGTRAP) return WAIT_GROUP_STOP;
    if (event != 0) return WAIT_EVENT;
    return value == (SIGTRAP | 0x80) ? WAIT_SYSCALL_STOP : WAIT_STOPPED;
  }
  if ((status & 0xffff00ff) == 0) return WAIT_EXITED;
  return status >> 8 == 0 && signal != 0 && signal != 0x7f ? WAIT_SIGNALED : -EINVAL;
}

export function waitValue(status: u32): i32 {
  const kind = waitKind(status);
  if (kind == WAIT_SIGNALED) return status & 0x7f;
  if (kind == WAIT_SYSCALL_STOP) return SIGTRAP;
  return kind == WAIT_CONTINUED || kind < 0 ? 0 : (status >> 8) & 0xff;
}

export function waitEvent(status: u32): i32 {
  return (status & 0xff) == 0x7f ? status >> 16 : 0;
}

export function waitCoreDumped(status: u32): i32 {
  return waitKind(status) == WAIT_SIGNALED ? (status >> 7) & 1 : 0;
}

export function signalSet(signal: i32): u64 {
  return signal >= 1 && signal <= 64 ? (<u64>1) << (signal - 1) : 0;
}

// struct sock_filter: code, jt, jf, k. BPF_LD | BPF_ABS, BPF_JMP | BPF_JEQ, BPF_RET
const LOAD: u16 = 0x20,
  EQUAL: u16 = 0x15,
  RETURN: u16 = 0x06;
let next: usize = 0;

function emit(code: u16, k: u64, jt: u8 = 0, jf: u8 = 0): void {
  store<u16>(next, code);
  store<u8>(next, jt, 2);
  store<u8>(next, jf, 3);
  store<u32>(next, <u32>k, 4);
  next += 8;
}

/** Allows a call with `count` wanted arguments from argument `index` on, each in both halves. */
function allow(call: u32, count: i32 = 0, index: u32 = 0, first: u32 = 0, second: u32 = 0): void {
  emit(EQUAL, call, 0, <u8>(4 * count + 1));
  for (let left = count; left > 0; left--) {
    const at = 16 + 8 * (index + count - left);
    emit(LOAD, at + 4);
    emit(EQUAL, 0, 0, <u8>(4 * left - 1));
    emit(LOAD, at);
    emit(EQUAL, left == count ? first : second, 0, <u8>(4 * left - 3));
  }
  emit(RETURN, SECCOMP_RET_ALLOW);
  emit(LOAD, 0);
}

export function encodeSeccomp(at: usize, exitSignal: i32): i32 {
  next = at;
  emit(LOAD, 4);
  emit(EQUAL, ARCHITECTURE, 1, 0);
  emit(RETURN, SECCOMP_RET_KILL_PROCESS);
  // The upper half of the instruction pointer, in the vsyscall page.
  if (HAS_VSYSCALLS) {
    emit(LOAD, 12);
    emit(EQUAL, 0xffffffff, 0, 1);
    emit(RETURN, SECCOMP_RET_TRAP);
  }
  emit(LOAD, 0);
  allow(SYS_mmap);
  allow(SYS_munmap);
  allow(SYS_mprotect);
  allow(SYS_getpid);
  allow(SYS_getppid);
  allow(SYS_wait4);
  allow(SYS_exit);
  allow(SYS_restart_syscall);
  allow(SYS_clone, 1, 0, CLONE_FILES | exitSignal);
  allow(SYS_clone, 1, 0, STUB_THREAD_FLAGS);
  allow(SYS_kill, 1, 1, SIGSTOP);
  allow(SYS_execveat, 1, 4, AT_EMPTY_PATH);
  allow(SYS_prctl, 2, 0, PR_SET_PDEATHSIG, SIGKILL);
  emit(RETURN, SECCOMP_RET_KILL_PROCESS);
  return i32((next - at) / 8);
}
