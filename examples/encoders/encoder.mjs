// An encoder in JavaScript for amd64, which needs no build. It has all that stubs need, and two functions that only a
// comparison calls.
// docs/encoder-abi.md says what each function does; what is missing here is not compared.
//
//   npx stublab compare examples/encoders/encoder.mjs
//
// An i32 is a Number and an i64 a BigInt. Constants are exports under the kernel's own names.

export const ENCODER_ABI = 2;
/** All of it is the host's, because there is no `heap`. */
export const memory = new ArrayBuffer(1 << 20);
const words = new BigUint64Array(memory);
const get = (block, register) => words[(block + register) / 8];
const set = (block, register, word) => {
  words[(block + register) / 8] = BigInt.asUintN(64, word);
};

// ---- amd64
// struct user_regs_struct
export const REGISTERS_SIZE = 216;
// biome-ignore format: in the order of the block
export const REG_r15 = 0, REG_r14 = 8, REG_r13 = 16, REG_r12 = 24, REG_rbp = 32, REG_rbx = 40, REG_r11 = 48,
  REG_r10 = 56, REG_r9 = 64, REG_r8 = 72, REG_rax = 80, REG_rcx = 88, REG_rdx = 96, REG_rsi = 104, REG_rdi = 112,
  REG_orig_rax = 120, REG_rip = 128, REG_cs = 136, REG_eflags = 144, REG_rsp = 152, REG_ss = 160, REG_fs_base = 168,
  REG_gs_base = 176, REG_ds = 184, REG_es = 192, REG_fs = 200, REG_gs = 208;

// biome-ignore format: a table
export const SYS_mmap = 9, SYS_mprotect = 10, SYS_munmap = 11, SYS_getpid = 39, SYS_clone = 56, SYS_exit = 60, SYS_wait4 = 61,
  SYS_kill = 62, SYS_getppid = 110, SYS_prctl = 157, SYS_restart_syscall = 219, SYS_unshare = 272,
  SYS_execveat = 322, SYS_rseq = 334, SYS_close_range = 436, PTRACE_GETREGS = 12, PTRACE_SETREGS = 13,
  AUDIT_ARCH_X86_64 = 0xc000003e;
const ARCHITECTURE = AUDIT_ARCH_X86_64;
const HAS_VSYSCALLS = true;

const ARGUMENTS = [REG_rdi, REG_rsi, REG_rdx, REG_r10, REG_r8, REG_r9];

export function encodeSyscall(block, initial, number, ...args) {
  words.copyWithin(block / 8, initial / 8, (initial + REGISTERS_SIZE) / 8);
  set(block, REG_rax, number);
  set(block, REG_orig_rax, -1n);
  for (const [i, register] of ARGUMENTS.entries()) set(block, register, args[i]);
}

export const rewindSyscall = (block) => set(block, REG_rip, get(block, REG_rip) - 2n);
export const syscallResult = (block) => get(block, REG_rax);

export function encodeBootstrap(block, parent) {
  set(block, REG_r15, BigInt(parent >>> 0));
  set(block, REG_rbx, 1n);
}

/** A guest has no segments of its own choice, and no call to restart. Returns whether it single-steps itself. */
export function enterGuest(block, initial) {
  for (const own of [REG_cs, REG_ss, REG_ds, REG_es, REG_fs, REG_gs])
    set(block, own, get(initial, own));
  set(block, REG_orig_rax, -1n);
  return (get(block, REG_eflags) & 0x100n) === 0n ? 0 : 1;
}

export function decodeGuestSyscall(block, at) {
  for (const [i, register] of ARGUMENTS.entries()) set(at, 8 * i, get(block, register));
  set(block, REG_rax, get(block, REG_orig_rax));
  return Number(BigInt.asIntN(32, get(block, REG_orig_rax)));
}

export const encodeGuestResult = (block, result) => set(block, REG_rax, result);

export function rewindVsyscall(block, address) {
  set(block, REG_rip, address);
  set(block, REG_rsp, get(block, REG_rsp) - 8n);
}
// ---- every architecture

// biome-ignore format: a table
export const PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 16,
  MAP_ANONYMOUS = 32, MAP_POPULATE = 0x8000, AT_EMPTY_PATH = 0x1000, PR_SET_PDEATHSIG = 1, PR_GET_PDEATHSIG = 2,
  SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGKILL = 9, SIGSEGV = 11, SIGCHLD = 17, SIGSTOP = 19,
  SIGSYS = 31, SIGRTMAX = 64, PTRACE_CONT = 7, PTRACE_DETACH = 17, PTRACE_SYSEMU = 31,
  PTRACE_SYSEMU_SINGLESTEP = 32, PTRACE_SETOPTIONS = 0x4200, PTRACE_GETEVENTMSG = 0x4201,
  PTRACE_O_TRACESYSGOOD = 1, PTRACE_O_TRACEEXIT = 64, PTRACE_O_EXITKILL = 0x100000, PTRACE_EVENT_EXIT = 6,
  PTRACE_EVENT_STOP = 128, SIGINFO_si_signo = 0, SIGINFO_si_errno = 4, SIGINFO_si_code = 8, SIGINFO_si_pid = 16,
  SIGINFO_si_addr = 16, SI_USER = 0, SI_KERNEL = 128, SI_TKILL = -6, SYS_SECCOMP = 1,
  SECCOMP_RET_ALLOW = 0x7fff0000, SECCOMP_RET_TRAP = 0x30000, SECCOMP_RET_KILL_PROCESS = 0x80000000;

export const syscallErrno = (result) =>
  result > 2n ** 64n - 4096n ? Number(2n ** 64n - result) : 0;
export const restartsSyscall = (errno) => ([512, 513, 514, 516].includes(errno) ? 1 : 0);

// biome-ignore format: a table
export const CLONE_VM = 0x100n, CLONE_FS = 0x200n, CLONE_FILES = 0x400n, CLONE_SIGHAND = 0x800n, CLONE_PIDFD = 0x1000n,
  CLONE_PTRACE = 0x2000n, CLONE_THREAD = 0x10000n, CLONE_NEWNS = 0x20000n, CLONE_SYSVSEM = 0x40000n,
  CLONE_PARENT_SETTID = 0x100000n, CLONE_DETACHED = 0x400000n, CLONE_NEWIPC = 0x8000000n,
  CLONE_NEWUSER = 0x10000000n, CLONE_NEWPID = 0x20000000n;
export const STUB_THREAD_FLAGS =
  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PTRACE | CLONE_THREAD;
/** Flags of which the kernel refuses each pair; and flags that need another. */
const REFUSED = [
  [CLONE_NEWNS, CLONE_FS],
  [CLONE_NEWUSER, CLONE_FS],
  [CLONE_THREAD, CLONE_NEWUSER],
  [CLONE_THREAD, CLONE_NEWPID],
  [CLONE_PIDFD, CLONE_DETACHED],
  [CLONE_PIDFD, CLONE_PARENT_SETTID],
  [CLONE_NEWIPC, CLONE_SYSVSEM],
];
const NEEDED = [
  [CLONE_THREAD, CLONE_SIGHAND],
  [CLONE_SIGHAND, CLONE_VM],
];

export function encodeClone(flags, exitSignal) {
  const has = (flag) => (flags & flag) !== 0n;
  const fits = (flags & 0xffffffffn & ~0xffn) === flags && exitSignal >= 0 && exitSignal <= 0xff;
  const isRefused =
    REFUSED.some(([one, other]) => has(one) && has(other)) ||
    NEEDED.some(([one, other]) => has(one) && !has(other));
  return fits && !isRefused ? flags | BigInt(exitSignal) : BigInt(-EINVAL);
}

const EINVAL = 22;
export const WNOHANG = 1n;
export const WUNTRACED = 2n;
export const WCONTINUED = 8n;
export const __WNOTHREAD = 0x20000000n;
export const __WALL = 0x40000000n;
export const __WCLONE = 0x80000000n;
const OPTIONS = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | __WCLONE;

export function encodeWaitOptions(options) {
  return (options & ~OPTIONS) === 0n ? options : BigInt(-EINVAL);
}

export const WAIT_EXITED = 0;
export const WAIT_SIGNALED = 1;
export const WAIT_STOPPED = 2;
export const WAIT_SYSCALL_STOP = 3;
export const WAIT_EVENT = 4;
export const WAIT_GROUP_STOP = 5;
export const WAIT_CONTINUED = 6;

export function waitKind(status) {
  const [signal, value, event] = [status & 0x7f, (status >> 8) & 0xff, status >>> 16];
  if (status === 0xffff) return WAIT_CONTINUED;
  if ((status & 0xff) === 0x7f) {
    if (event === PTRACE_EVENT_STOP && value !== SIGTRAP) return WAIT_GROUP_STOP;
    if (event !== 0) return WAIT_EVENT;
    return value === (SIGTRAP | 0x80) ? WAIT_SYSCALL_STOP : WAIT_STOPPED;
  }
  if ((status & 0xffff00ff) === 0) return WAIT_EXITED;
  return status >>> 8 === 0 && signal !== 0 && signal !== 0x7f ? WAIT_SIGNALED : -EINVAL;
}

export function waitValue(status) {
  const kind = waitKind(status);
  if (kind === WAIT_SIGNALED) return status & 0x7f;
  if (kind === WAIT_SYSCALL_STOP) return SIGTRAP;
  return kind === WAIT_CONTINUED || kind < 0 ? 0 : (status >> 8) & 0xff;
}

export const waitEvent = (status) => ((status & 0xff) === 0x7f ? status >>> 16 : 0);
export const waitCoreDumped = (status) =>
  waitKind(status) === WAIT_SIGNALED ? (status >> 7) & 1 : 0;
export const encodeStop = (signal) => (signal << 8) | 0x7f;

export function signalSet(signal) {
  return signal >= 1 && signal <= 64 ? 1n << BigInt(signal - 1) : 0n;
}

/** Without SIGKILL, 9, and SIGSTOP, 19. */
export const blockableSignals = (set) => set & ~(signalSet(9) | signalSet(19));

// struct sock_filter: code, jt, jf, k. BPF_LD | BPF_ABS, BPF_JMP | BPF_JEQ, BPF_RET
const [LOAD, EQUAL, RETURN] = [0x20, 0x15, 0x06];
const ALLOWED = [SYS_mmap, SYS_munmap, SYS_mprotect, SYS_getpid, SYS_getppid, SYS_wait4, SYS_exit];

/** Allows a call with wanted arguments, pairs of an index and a word, which are compared in both halves. */
function allow(number, ...wanted) {
  const tests = wanted.flatMap(([i, word]) => [
    [LOAD, 20 + 8 * i],
    [EQUAL, 0],
    [LOAD, 16 + 8 * i],
    [EQUAL, word],
  ]);
  return [
    [EQUAL, number, 0, tests.length + 1],
    ...tests.map(([code, k], i) => (code === EQUAL ? [code, k, 0, tests.length - i] : [code, k])),
    [RETURN, SECCOMP_RET_ALLOW],
    [LOAD, 0],
  ];
}

export function encodeSeccomp(at, exitSignal) {
  const program = [
    [LOAD, 4],
    [EQUAL, ARCHITECTURE, 1, 0],
    [RETURN, SECCOMP_RET_KILL_PROCESS],
    // The upper half of the instruction pointer, in the vsyscall page.
    ...(HAS_VSYSCALLS
      ? [
          [LOAD, 12],
          [EQUAL, 0xffffffff, 0, 1],
          [RETURN, SECCOMP_RET_TRAP],
        ]
      : []),
    [LOAD, 0],
    ...[...ALLOWED, SYS_restart_syscall].flatMap((number) => allow(number)),
    ...allow(SYS_clone, [0, Number(CLONE_FILES) | exitSignal]),
    ...allow(SYS_clone, [0, Number(STUB_THREAD_FLAGS)]),
    ...allow(SYS_kill, [1, SIGSTOP]),
    ...allow(SYS_execveat, [4, AT_EMPTY_PATH]),
    ...allow(SYS_prctl, [0, PR_SET_PDEATHSIG], [1, SIGKILL]),
    [RETURN, SECCOMP_RET_KILL_PROCESS],
  ];
  for (const [i, [code, k, jt = 0, jf = 0]] of program.entries()) {
    set(at, 8 * i, BigInt(code | (jt << 16)) | (BigInt(jf) << 24n) | (BigInt(k >>> 0) << 32n));
  }
  return program.length;
}
