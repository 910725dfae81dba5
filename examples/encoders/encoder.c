// An encoder in C for amd64, without any library. It has all that stubs need, and two functions that only a comparison calls.
// docs/encoder-abi.md says what each function does; what is missing here is not compared.
//
//   clang --target=wasm32 -O2 -mbulk-memory -nostdlib -Wl,--no-entry \
//     -Wl,--initial-memory=131072,--max-memory=131072 -o mine.wasm examples/encoders/encoder.c
//   npx stublab compare ./mine.wasm
//
// A C compiler exports the address of a variable, so each constant is a function that returns it.

typedef unsigned long long word;

#define EXPORT(name) __attribute__((export_name(#name)))
#define CONSTANT(name, value) EXPORT(name) word constant_##name(void) { return value; }
#define VALUE(name, value) name = value,
#define FIELD(name) word name;
#define OFFSET(name) CONSTANT(REG_##name, __builtin_offsetof(struct registers, name))

// ---- amd64
// struct user_regs_struct, and from it REG_r15 = 0, REG_r14 = 8 …
#define REGISTERS(each)                                                                            \
    each(r15) each(r14) each(r13) each(r12) each(rbp) each(rbx) each(r11) each(r10) each(r9)       \
    each(r8) each(rax) each(rcx) each(rdx) each(rsi) each(rdi) each(orig_rax) each(rip) each(cs)   \
    each(eflags) each(rsp) each(ss) each(fs_base) each(gs_base) each(ds) each(es) each(fs) each(gs)
struct registers { REGISTERS(FIELD) };
REGISTERS(OFFSET)

#define NUMBERS(each)                                                                              \
    each(SYS_mmap, 9) each(SYS_mprotect, 10) each(SYS_munmap, 11) each(SYS_getpid, 39)             \
    each(SYS_clone, 56) each(SYS_exit, 60) each(SYS_wait4, 61) each(SYS_kill, 62)                  \
    each(SYS_getppid, 110) each(SYS_prctl, 157) each(SYS_restart_syscall, 219)                     \
    each(SYS_unshare, 272) each(SYS_execveat, 322) each(SYS_rseq, 334) each(SYS_close_range, 436)  \
    each(PTRACE_GETREGS, 12) each(PTRACE_SETREGS, 13) each(AUDIT_ARCH_X86_64, 0xc000003e)
enum { NUMBERS(VALUE) ARCHITECTURE = 0xc000003e, HAS_VSYSCALLS = 1, TF = 0x100 };

EXPORT(encodeSyscall)
void encodeSyscall(struct registers *block, const struct registers *initial, word number, word arg0,
                   word arg1, word arg2, word arg3, word arg4, word arg5) {
    *block = *initial;
    block->rax = number;
    block->orig_rax = -1ULL;
    block->rdi = arg0, block->rsi = arg1, block->rdx = arg2;
    block->r10 = arg3, block->r8 = arg4, block->r9 = arg5;
}
EXPORT(rewindSyscall) void rewindSyscall(struct registers *block) { block->rip -= 2; }
EXPORT(syscallResult) word syscallResult(const struct registers *block) { return block->rax; }

EXPORT(encodeBootstrap) void encodeBootstrap(struct registers *block, int parent) {
    block->r15 = (unsigned)parent;
    block->rbx = 1;
}

// A guest's registers: no segment of its own choice, no call to restart, and at a call its number and arguments.
EXPORT(enterGuest) int enterGuest(struct registers *block, const struct registers *initial) {
    block->cs = initial->cs, block->ss = initial->ss, block->ds = initial->ds;
    block->es = initial->es, block->fs = initial->fs, block->gs = initial->gs;
    block->orig_rax = ~0ULL;
    return (block->eflags & TF) != 0;
}
EXPORT(decodeGuestSyscall) int decodeGuestSyscall(struct registers *block, word *at) {
    at[0] = block->rdi, at[1] = block->rsi, at[2] = block->rdx;
    at[3] = block->r10, at[4] = block->r8, at[5] = block->r9;
    return (int)(block->rax = block->orig_rax);
}
EXPORT(encodeGuestResult) void encodeGuestResult(struct registers *block, word result) {
    block->rax = result;
}
EXPORT(rewindVsyscall) void rewindVsyscall(struct registers *block, word address) {
    block->rip = address;
    block->rsp -= 8;
}
// ---- every architecture

CONSTANT(REGISTERS_SIZE, sizeof(struct registers))
NUMBERS(CONSTANT)
extern char __heap_base; // the linker's: the end of this module's own data and stack
CONSTANT(heap, (word)&__heap_base)
CONSTANT(ENCODER_ABI, 2)

#define ARGUMENTS(each)                                                                            \
    each(PROT_NONE, 0) each(PROT_READ, 1) each(PROT_WRITE, 2) each(PROT_EXEC, 4)                   \
    each(MAP_SHARED, 1) each(MAP_PRIVATE, 2) each(MAP_FIXED, 16) each(MAP_ANONYMOUS, 32)           \
    each(MAP_POPULATE, 0x8000) each(AT_EMPTY_PATH, 0x1000) each(PR_SET_PDEATHSIG, 1)               \
    each(PR_GET_PDEATHSIG, 2) each(SIGILL, 4) each(SIGTRAP, 5) each(SIGBUS, 7) each(SIGFPE, 8)     \
    each(SIGKILL, 9) each(SIGSEGV, 11) each(SIGCHLD, 17) each(SIGSTOP, 19) each(SIGSYS, 31)        \
    each(SIGRTMAX, 64) each(PTRACE_CONT, 7) each(PTRACE_DETACH, 17) each(PTRACE_SYSEMU, 31)        \
    each(PTRACE_SYSEMU_SINGLESTEP, 32) each(PTRACE_SETOPTIONS, 0x4200)                             \
    each(PTRACE_GETEVENTMSG, 0x4201) each(PTRACE_O_TRACESYSGOOD, 1) each(PTRACE_O_TRACEEXIT, 64)   \
    each(PTRACE_O_EXITKILL, 0x100000) each(PTRACE_EVENT_EXIT, 6) each(PTRACE_EVENT_STOP, 128)      \
    each(SIGINFO_si_signo, 0) each(SIGINFO_si_errno, 4) each(SIGINFO_si_code, 8)                   \
    each(SIGINFO_si_pid, 16) each(SIGINFO_si_addr, 16) each(SI_USER, 0) each(SI_KERNEL, 128)       \
    each(SI_TKILL, -6) each(SYS_SECCOMP, 1) each(SECCOMP_RET_ALLOW, 0x7fff0000)                    \
    each(SECCOMP_RET_TRAP, 0x30000) each(SECCOMP_RET_KILL_PROCESS, 0x80000000)
#define WAIT(each)                                                                                 \
    each(WNOHANG, 1) each(WUNTRACED, 2) each(WCONTINUED, 8) each(__WNOTHREAD, 0x20000000)          \
    each(__WALL, 0x40000000) each(__WCLONE, 0x80000000) each(WAIT_EXITED, 0)                       \
    each(WAIT_SIGNALED, 1) each(WAIT_STOPPED, 2) each(WAIT_SYSCALL_STOP, 3) each(WAIT_EVENT, 4)    \
    each(WAIT_GROUP_STOP, 5) each(WAIT_CONTINUED, 6)
enum { ARGUMENTS(VALUE) WAIT(VALUE) EINVAL = 22 };
ARGUMENTS(CONSTANT)
WAIT(CONSTANT)

EXPORT(syscallErrno) int syscallErrno(word result) {
    return -result - 1 < 4095 ? (int)-result : 0;
}
EXPORT(restartsSyscall) int restartsSyscall(int errno) {
    return errno == 512 || errno == 513 || errno == 514 || errno == 516;
}

#define FLAGS(each)                                                                                \
    each(VM, 0x100) each(FS, 0x200) each(FILES, 0x400) each(SIGHAND, 0x800) each(PIDFD, 0x1000)                       \
    each(PTRACE, 0x2000) each(THREAD, 0x10000) each(NEWNS, 0x20000) each(SYSVSEM, 0x40000)                              \
    each(PARENT_SETTID, 0x100000) each(DETACHED, 0x400000) each(NEWIPC, 0x8000000)                 \
    each(NEWUSER, 0x10000000) each(NEWPID, 0x20000000)
#define FLAG(name, value) CONSTANT(CLONE_##name, value)
enum { FLAGS(VALUE) CSIGNAL_MASK = 0xff, STUB_THREAD = VM | FS | FILES | SIGHAND | PTRACE | THREAD };
FLAGS(FLAG)
CONSTANT(CSIGNAL, CSIGNAL_MASK)
CONSTANT(STUB_THREAD_FLAGS, STUB_THREAD)

static int both(word flags, word one, word other) { return flags & one && flags & other; }

static int refused(word flags) {
    return both(flags, FS, NEWNS | NEWUSER) || both(flags, THREAD, NEWUSER | NEWPID) ||
           both(flags, PIDFD, DETACHED | PARENT_SETTID) || both(flags, NEWIPC, SYSVSEM) ||
           (flags & THREAD && !(flags & SIGHAND)) || (flags & SIGHAND && !(flags & VM));
}
EXPORT(encodeClone) word encodeClone(word flags, int exitSignal) {
    int fits = !(flags & CSIGNAL_MASK) && flags >> 32 == 0 && (unsigned)exitSignal <= CSIGNAL_MASK;
    return fits && !refused(flags) ? flags | (unsigned)exitSignal : -22ULL;
}
EXPORT(cloneFlags) word cloneFlags(word clone) { return clone & 0xffffff00; }
EXPORT(cloneExitSignal) int cloneExitSignal(word clone) { return (int)(clone & CSIGNAL_MASK); }

EXPORT(encodeWaitOptions) word encodeWaitOptions(word options) {
    word known = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | __WCLONE;
    return options & ~known ? -(word)EINVAL : options;
}
EXPORT(waitKind) int waitKind(unsigned status) {
    unsigned signal = status & 0x7f, value = status >> 8 & 0xff, event = status >> 16;
    if (status == 0xffff) return WAIT_CONTINUED;
    if ((status & 0xff) == 0x7f) {
        if (event) return event == PTRACE_EVENT_STOP && value != SIGTRAP ? WAIT_GROUP_STOP : WAIT_EVENT;
        return value == (SIGTRAP | 0x80) ? WAIT_SYSCALL_STOP : WAIT_STOPPED;
    }
    if ((status & 0xffff00ff) == 0) return WAIT_EXITED;
    return status >> 8 == 0 && signal && signal != 0x7f ? WAIT_SIGNALED : -EINVAL;
}
EXPORT(waitValue) int waitValue(unsigned status) {
    int kind = waitKind(status);
    if (kind == WAIT_SIGNALED) return status & 0x7f;
    if (kind == WAIT_SYSCALL_STOP) return SIGTRAP;
    return kind == WAIT_CONTINUED || kind < 0 ? 0 : status >> 8 & 0xff;
}
EXPORT(waitEvent) int waitEvent(unsigned status) {
    return (status & 0xff) == 0x7f ? status >> 16 : 0;
}
EXPORT(waitCoreDumped) int waitCoreDumped(unsigned status) {
    return waitKind(status) == WAIT_SIGNALED ? status >> 7 & 1 : 0;
}
EXPORT(signalSet) word signalSet(int signal) {
    return signal >= 1 && signal <= 64 ? 1ULL << (signal - 1) : 0;
}

// struct sock_filter, and the instructions of the filter: BPF_LD | BPF_ABS, BPF_JMP | BPF_JEQ, BPF_RET
struct instruction { unsigned short code; unsigned char jt, jf; unsigned k; };
enum { LOAD = 0x20, EQUAL = 0x15, RETURN = 0x06 };
static struct instruction *next;

static void emit(int code, unsigned k, int jt, int jf) {
    *next++ = (struct instruction){code, jt, jf, k};
}
// Allows a call with `count` wanted arguments from argument `index` on, each in both halves.
static void allow(unsigned call, int count, int index, unsigned first, unsigned second) {
    emit(EQUAL, call, 0, 4 * count + 1);
    for (int left = count; left > 0; left--) {
        unsigned at = 16 + 8 * (index + count - left);
        emit(LOAD, at + 4, 0, 0), emit(EQUAL, 0, 0, 4 * left - 1);
        emit(LOAD, at, 0, 0), emit(EQUAL, left == count ? first : second, 0, 4 * left - 3);
    }
    emit(RETURN, SECCOMP_RET_ALLOW, 0, 0), emit(LOAD, 0, 0, 0);
}
EXPORT(encodeSeccomp) int encodeSeccomp(struct instruction *at, int exitSignal) {
    static const short calls[] = {SYS_mmap,    SYS_munmap, SYS_mprotect, SYS_getpid,
                                  SYS_getppid, SYS_wait4,  SYS_exit,     SYS_restart_syscall};
    next = at;
    emit(LOAD, 4, 0, 0), emit(EQUAL, ARCHITECTURE, 1, 0), emit(RETURN, SECCOMP_RET_KILL_PROCESS, 0, 0);
    // The upper half of the instruction pointer, in the vsyscall page.
    if (HAS_VSYSCALLS) {
        emit(LOAD, 12, 0, 0), emit(EQUAL, -1, 0, 1), emit(RETURN, SECCOMP_RET_TRAP, 0, 0);
    }
    emit(LOAD, 0, 0, 0);
    for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++) allow(calls[i], 0, 0, 0, 0);
    allow(SYS_clone, 1, 0, FILES | (unsigned)exitSignal, 0);
    allow(SYS_clone, 1, 0, STUB_THREAD, 0);
    allow(SYS_kill, 1, 1, SIGSTOP, 0);
    allow(SYS_execveat, 1, 4, AT_EMPTY_PATH, 0);
    allow(SYS_prctl, 2, 0, PR_SET_PDEATHSIG, SIGKILL);
    emit(RETURN, SECCOMP_RET_KILL_PROCESS, 0, 0);
    return next - at;
}
