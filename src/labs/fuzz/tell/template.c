/*
 * A program that reproduces a case, and the template of all such programs (export_c.ts).
 *
 * An export replaces this head, and the values in the section "The case". It keeps the parts
 * `#if BY_...`, `#if FROM_...` and `#if WITH_...` that the case needs, without their conditions.
 * The case of this file needs those that are defined here. With AS_KSELFTEST the program is a test
 * of the kernel's selftests: it compares with the prediction, and reports as kselftest.h does.
 */
#define BY_SETREGS 1
#define WITH_BLOCK 1
#define WITH_CODE 1
#define WITH_FRAME 1
#define WITH_GROUPS 1
#define WITH_HANDLERS 1
#define WITH_REGISTERS 1
#define WITH_RESUME 1
#define WITH_SCRATCH 1
#define WITH_SIGINFO 1
#define WITH_STATUS 1
#define WITH_STOP 1
/* End of the head. */

#define _GNU_SOURCE
#include <asm/prctl.h>
#include <elf.h>
#include <errno.h>
#if !AS_KSELFTEST
#include <inttypes.h>
#endif
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reg.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#if WITH_DEBUG
#include <sys/user.h>
#endif
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#if AS_KSELFTEST
#include "../kselftest.h"

#endif
#define COUNT(array) (sizeof(array) / sizeof *(array))

#if AS_KSELFTEST
/* The tests, in their order. */
static const char *const TESTS[] = {
#if !BY_SIGRETURN
    "result of the write",
#endif
#if WITH_REGISTERS
    "registers read back",
#endif
#if WITH_READ
    "words read back",
#endif
#if WITH_RESUME
    "result of the resume",
#endif
#if WITH_STATUS
    "status",
#endif
#if WITH_STOP
    "registers at the stop",
#endif
#if WITH_SIGINFO
    "siginfo",
#endif
#if WITH_FRAME
    "registers in the signal frame",
#endif
};

/* The exit status of a child that cannot begin. */
enum { CANNOT = KSFT_FAIL };
#else
/* Exit statuses. */
enum { REPRODUCED = 0, DIFFERENT = 1, CANNOT = 2 };
#endif

/* Registers are words in the order of struct user_regs_struct. <sys/reg.h> has their indices. */
enum { REGISTERS = 27 };

/* The fields of an outcome, in the order in which they are read. */
enum {
    ERROR,                             /* the errno of the write, or 0 */
    REFUSED_AT,                        /* the index of the pair that was refused, or -1 */
    WRITTEN,                           /* what is read back: registers, then debug registers */
    RESUMED = WRITTEN + REGISTERS + 6, /* the errno of the resume, or 0 */
    STATUS,                            /* from wait4(2), or 0 if the child does not stop */
    STOPPED,                           /* the registers at the stop */
    SIGNAL = STOPPED + REGISTERS,      /* siginfo */
    SIGNAL_CODE,
    ADDRESS,
    FRAME, /* struct sigcontext of a signal frame, in the order of <ucontext.h> */
    FIELDS = FRAME + NGREG
};

/* Values that are not predicted, and values that are different in each run. */
enum { UNPREDICTED = 1, UNSTABLE = 2 };

struct expectation {
    uint64_t field, predicted, seen, unknown;
};

/* The case. */
/* clang-format off */

/* The child's memory. Addresses are fixed, because registers contain them. */
enum {
    PAGE = 0x1000,
    CODE = 0x10000000, /* r-x */
    INT3 = 0xcc, /* fills the page of code */
#if WITH_CONSTANTS
    CONSTANTS = 0x10002000, /* r--, the word at offset n is CONSTANT + n */
#endif
#if WITH_SCRATCH
    SCRATCH = 0x10004000, /* rw-, the stack */
    SCRATCH_SIZE = 0x4000,
#endif
#if WITH_SYSCALL
    CALL = 0x10000080, /* SYSCALL, INT3 */
#endif
#if FROM_CALL32
    CALL32 = 0x100002c0, /* INT 0x80, INT3 */
#endif
#if WITH_HANDLERS
    HANDLER = 0x10000400, /* INT3 */
#endif
};

#if WITH_CONSTANTS
static const uint64_t CONSTANT = 0xc0de000000000000;
#endif

#if WITH_CODE
/* Code that the case may reach. */
static const struct {
    uint32_t address, length;
    const char *bytes;
} CODES[] = {
    /* nop, sixteen times */
    {0x100000c0, 16, "\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90"},
};
#endif

#if WITH_FILTER
/* The only calls that the case can make. */
static const int HARMLESS[] = {
    SYS_getpid,
    SYS_gettid,
    SYS_getppid,
    SYS_getuid,
    SYS_getgid,
    SYS_geteuid,
    SYS_getegid,
    SYS_sched_yield,
    SYS_restart_syscall,
};
#endif

#if WITH_HANDLERS
/* Signals with a handler. */
static const struct {
    int signal, flags;
} HANDLERS[] = {
    {SIGUSR1, 0},
    {SIGUSR2, SA_RESTART},
};
#endif

/* The child's registers before the case. */
static const uint64_t START[REGISTERS] = {
    [RDI] = 0x10002000,
    [ORIG_RAX] = 0xffffffffffffffff,
    [RIP] = 0x10000040,
    [CS] = 0x33,
    [EFLAGS] = 0x202,
    [RSP] = 0x10007000,
    [SS] = 0x2b,
};

#if FROM_CALL
/* How the child enters a system call. */
static const long ENTER = PTRACE_SYSCALL;
#endif

#if WITH_BLOCK
/* The registers that the case writes. */
static const uint64_t GIVEN[REGISTERS] = {
    [RAX] = 0xfffffffffffffe00,
    [RDI] = 0x10002000,
    [ORIG_RAX] = 1,
    [RIP] = 0x100000c0,
    [CS] = 0x33,
    [EFLAGS] = 0x202,
    [RSP] = 0x10007000,
    [SS] = 0x2b,
};
#endif

#if BY_SIGRETURN
static const unsigned long UC_FLAGS = 0;
#endif

#if WITH_IMAGE
/* Where the floating point of the frame is. */
static const uint64_t IMAGE = 0;
#endif

#if WITH_PAIRS
#if BY_POKEUSER
/* The words that the case writes, and their offsets in struct user. */
#else
/* The words that the case writes, and their offsets in the area. */
#endif
static const struct {
    uint64_t offset, word;
} PAIRS[] = {
};
#endif

#if WITH_WORDS
#if BY_SYSCALL_INFO
#ifndef PTRACE_SET_SYSCALL_INFO
#define PTRACE_SET_SYSCALL_INFO 0x4212 /* Linux 6.16 */
#endif
/* The struct ptrace_syscall_info that the case writes. */
#endif
#if BY_SIGMASK
/* The mask that the case writes. */
#endif
#if BY_DISPATCH
#ifndef PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG
#define PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG 0x4210 /* Linux 6.4 */
#define PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG 0x4211
#endif
/* The struct ptrace_sud_config that the case writes, and rip and rax. */
#endif
static const uint64_t WORDS[] = {
};
#endif

#if WITH_READ
/* The names of the words that are read back after the write. */
static const char *const READ[] = {
};
#endif

#if WITH_LENGTH
/* The length that the request passes, in bytes. */
static const uint64_t LENGTH = 0;
#endif

#if WITH_RESUME
/* How the case resumes the child, and the signal that it passes. */
static const long RESUME = PTRACE_CONT;
static const uintptr_t PASSED = SIGUSR1;
#endif

#if WITH_GROUPS
/* Registers that are not in EXPECTED must be as in this block. */
static const uint64_t *const BEFORE = GIVEN;
#endif

#if WITH_IGNORED
/* The flags that are not compared. */
static const uint64_t IGNORED = 0;
#endif

/* Fields: what is predicted, what was seen there, and which of both is unknown. */
static const struct expectation EXPECTED[] = {
    {ERROR, 0, 0, 0},
    {RESUMED, 0, 0, 0},
    {STATUS, 0x57f, 0x57f, 0},
    {STOPPED + RAX, 0, 0, 0},
    {STOPPED + RDX, 0x10006280, 0x10006280, 0},
    {STOPPED + RSI, 0x100063b0, 0x100063b0, 0},
    {STOPPED + RDI, 0xa, 0xa, 0},
    {STOPPED + ORIG_RAX, 0xffffffffffffffff, 0xffffffffffffffff, 0},
    {STOPPED + RIP, 0x10000401, 0x10000401, 0},
    {STOPPED + RSP, 0x10006278, 0x10006278, 0},
    {SIGNAL, 5, 5, 0},
    {SIGNAL_CODE, 0x80, 0x80, 0},
    {ADDRESS, 0, 0, 0},
    {FRAME + REG_RDI, 0x10002000, 0x10002000, 0},
    {FRAME + REG_RAX, 0xfffffffffffffffc, 0xfffffffffffffffc, 0},
    {FRAME + REG_RSP, 0x10007000, 0x10007000, 0},
    {FRAME + REG_RIP, 0x100000c0, 0x100000c0, 0},
    {FRAME + REG_EFL, 0x202, 0x202, 0},
    {FRAME + REG_CSGSFS, 0x2b000000000033, 0x2b000000000033, 0},
    {FRAME + REG_ERR, 0, 0, UNPREDICTED},
    {FRAME + REG_TRAPNO, 0, 3, UNPREDICTED},
    {FRAME + REG_CR2, 0, 0, UNPREDICTED},
};

/* clang-format on */
/* End of the case. */

static pid_t child;

/* The outcome on this machine. */
#if BY_SIGRETURN
static uint64_t *here; /* in memory that the child shares */
#else
static uint64_t here[FIELDS];
#endif

/* Ends the program if the case cannot be tried. */
static void cannot(const char *what) {
#if AS_KSELFTEST
    const int error = errno;
    if (child > 0)
        kill(child, SIGKILL);
    while (ksft_test_num() < COUNT(TESTS))
        ksft_test_result_fail("%s: failed to %s: %s\n", TESTS[ksft_test_num()], what,
                              strerror(error));
    ksft_print_cnts();
    exit(KSFT_FAIL);
#else
    fprintf(stderr, "cannot %s: %s\n", what, strerror(errno));
    if (child > 0)
        kill(child, SIGKILL);
    exit(CANNOT);
#endif
}

/* The child. It maps memory in which the case has the same effect in each run. */

static void *map(uintptr_t address, size_t length) {
    void *place = mmap((void *)address, length, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (place != (void *)address)
        _exit(CANNOT);
    return place;
}

static void map_pages(void) {
    unsigned char *code = map(CODE, PAGE);
    memset(code, INT3, PAGE);
#if WITH_CODE
    for (size_t i = 0; i < COUNT(CODES); i++)
        memcpy(code + (CODES[i].address - CODE), CODES[i].bytes, CODES[i].length);
#endif
    mprotect(code, PAGE, PROT_READ | PROT_EXEC);
#if WITH_CONSTANTS
    uint64_t *words = map(CONSTANTS, PAGE);
    for (uint64_t i = 0; i < PAGE / sizeof *words; i++)
        words[i] = CONSTANT + i * sizeof *words;
    mprotect(words, PAGE, PROT_READ);
#endif
#if WITH_SCRATCH
    map(SCRATCH, SCRATCH_SIZE);
#endif
}

#if WITH_FILTER
#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, member)
#define JUMP_IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)

/*
 * Writes a filter that allows harmless calls, whatever their arguments are. All others fail with
 * ENOSYS. Returns the number of its instructions.
 */
static unsigned short write_filter(struct sock_filter *program) {
    static const struct sock_filter CHECKS[] = {
        LOAD(offsetof(struct seccomp_data, arch)),
        JUMP_IF(AUDIT_ARCH_X86_64, 1, 0),
        REFUSE,
        /* Functions of the vsyscall page write to the addresses in their arguments. */
        LOAD(offsetof(struct seccomp_data, instruction_pointer) + 4),
        JUMP_IF(0xffffffff, 0, 1),
        REFUSE,
#if BY_SIGRETURN
        /* Calls from outside of the page of code are those of this program. */
        JUMP_IF(0, 1, 0),
        ALLOW,
        LOAD(offsetof(struct seccomp_data, instruction_pointer)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(PAGE - 1U)),
        JUMP_IF(CODE, 1, 0),
        ALLOW,
#endif
        LOAD(offsetof(struct seccomp_data, nr)),
    };
    size_t length = COUNT(CHECKS);
    memcpy(program, CHECKS, sizeof CHECKS);
    for (size_t i = 0; i < COUNT(HARMLESS); i++) {
        program[length++] = (struct sock_filter)JUMP_IF((uint32_t)HARMLESS[i], 0, 1);
        program[length++] = (struct sock_filter)ALLOW;
    }
    program[length++] = (struct sock_filter)REFUSE;
    return (unsigned short)length;
}

/* Leaves the filter in the child's memory, in the form that seccomp(2) takes. */
static void leave_filter(void) {
    struct sock_fprog *header = (struct sock_fprog *)SCRATCH;
    header->filter = (struct sock_filter *)(header + 1);
    header->len = write_filter(header->filter);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
#endif

#if WITH_HANDLERS
/* A handler is an INT3: it stops before it has changed anything. */
static void install_handlers(void) {
    for (size_t i = 0; i < COUNT(HANDLERS); i++) {
        struct sigaction action = {.sa_flags = SA_SIGINFO | SA_NODEFER | HANDLERS[i].flags};
        action.sa_handler = (void (*)(int))HANDLER;
        sigaction(HANDLERS[i].signal, &action, NULL);
    }
}
#endif

#if BY_SIGRETURN
/* Where a block and a signal frame have the same register. */
static const struct {
    int in_block, in_frame;
} PLACES[] = {
    {R15, REG_R15}, {R14, REG_R14}, {R13, REG_R13},    {R12, REG_R12}, {RBP, REG_RBP},
    {RBX, REG_RBX}, {R11, REG_R11}, {R10, REG_R10},    {R9, REG_R9},   {R8, REG_R8},
    {RAX, REG_RAX}, {RCX, REG_RCX}, {RDX, REG_RDX},    {RSI, REG_RSI}, {RDI, REG_RDI},
    {RIP, REG_RIP}, {RSP, REG_RSP}, {EFLAGS, REG_EFL},
};

/* The wrappers of libc read the thread area, which the child does not keep. */
static long call(long number, uint64_t a, uint64_t b, uint64_t c) {
    long result = 0;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

#if WITH_IMAGE
/* Floating point in a signal frame: struct _fpx_sw_bytes at SW_BYTES, and the end of its header. */
enum { MXCSR = 24, MXCSR_MASK = 28, SW_BYTES = 464, HEADER = 512, HEADER_END = 576, MAGIC2 = 4 };

static uint32_t area_length(const unsigned char *area) {
    uint32_t length = 0;
    memcpy(&length, area + SW_BYTES + 16, sizeof length);
    return length;
}

/*
 * Writes floating point as in a new program to the scratch pages, as far as it is in them, with the
 * words of the case. `area` is what the kernel has saved.
 */
static void write_image(const unsigned char *area) {
    static unsigned char image[64 << 10];
    const uint32_t length = area_length(area);
    const uint32_t mxcsr = 0x1f80;
    const uint16_t control = 0x37f;
    memcpy(image, area, length + MAGIC2);
    memset(image, 0, SW_BYTES);
    memcpy(image, &control, sizeof control);
    memcpy(image + MXCSR, &mxcsr, sizeof mxcsr);
    memcpy(image + MXCSR_MASK, area + MXCSR_MASK, 4);
    memcpy(image + HEADER, area + SW_BYTES + 8, 8);
    memset(image + HEADER_END, 0, length - HEADER_END);
    for (uint64_t i = 0; i < length + MAGIC2; i++)
        if (IMAGE + i - SCRATCH < SCRATCH_SIZE)
            *(unsigned char *)(uintptr_t)(IMAGE + i) = image[i];
#if WITH_PAIRS
    for (size_t i = 0; i < COUNT(PAIRS); i++) {
        const uint64_t place = IMAGE + PAIRS[i].offset;
        if (place - SCRATCH <= SCRATCH_SIZE - 8)
            memcpy((void *)(uintptr_t)place, &PAIRS[i].word, 8);
    }
#endif
}
#endif

#if WITH_AREA
/* Reads the words at the offsets of those of the case. */
static void read_area(const unsigned char *area) {
    const uint64_t last = area_length(area) + MAGIC2 - 8;
    for (size_t i = 0; i < COUNT(PAIRS); i++)
        if (PAIRS[i].offset <= last)
            memcpy(&here[WRITTEN + i], area + PAIRS[i].offset, 8);
}
#endif

/* Writes the case to the registers that the kernel has saved. rt_sigreturn(2) restores them. */
static void write_frame(ucontext_t *context) {
    greg_t *const frame = context->uc_mcontext.gregs;
    for (size_t i = 0; i < COUNT(PLACES); i++)
        frame[PLACES[i].in_frame] = (greg_t)GIVEN[PLACES[i].in_block];
    frame[REG_CSGSFS] = (greg_t)((GIVEN[CS] & 0xffff) | GIVEN[SS] << 48);
    context->uc_flags = UC_FLAGS;
#if WITHOUT_FPSTATE
    context->uc_mcontext.fpregs = NULL;
#endif
#if WITH_IMAGE
    write_image((const unsigned char *)context->uc_mcontext.fpregs);
    context->uc_mcontext.fpregs = (void *)(uintptr_t)IMAGE;
#endif
}

static void read_frame(const siginfo_t *info, const ucontext_t *context) {
    const greg_t *const frame = context->uc_mcontext.gregs;
    uint64_t *const stopped = here + STOPPED;
    for (size_t i = 0; i < COUNT(PLACES); i++)
        stopped[PLACES[i].in_block] = (uint64_t)frame[PLACES[i].in_frame];
    stopped[CS] = (uint64_t)frame[REG_CSGSFS] & 0xffff;
    stopped[SS] = (uint64_t)frame[REG_CSGSFS] >> 48;
    __asm__("mov %%ds, %q0" : "=r"(stopped[DS]));
    __asm__("mov %%es, %q0" : "=r"(stopped[ES]));
    __asm__("mov %%fs, %q0" : "=r"(stopped[FS]));
    __asm__("mov %%gs, %q0" : "=r"(stopped[GS]));
    call(SYS_arch_prctl, ARCH_GET_FS, (uintptr_t)&stopped[FS_BASE], 0);
    call(SYS_arch_prctl, ARCH_GET_GS, (uintptr_t)&stopped[GS_BASE], 0);
    here[SIGNAL] = (uint64_t)info->si_signo;
    here[SIGNAL_CODE] = (uint64_t)info->si_code;
    here[ADDRESS] = (uintptr_t)info->si_addr;
#if WITH_AREA
    read_area((const unsigned char *)context->uc_mcontext.fpregs);
#endif
}

/* The first signal is that of the INT3 at which the child begins. The second ends the case. */
static void on_signal(int signal, siginfo_t *info, void *context) {
    static int begun;
    (void)signal;
    /* Clears AC, which the case may have set: unaligned accesses of this program would fault. */
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushf\n\tandq $~0x40000, (%%rsp)\n\tpopf\n\t"
                     "lea 128(%%rsp), %%rsp" ::
                         : "memory", "cc");
    if (!begun) {
        begun = 1;
        write_frame(context);
        return;
    }
    read_frame(info, context);
    call(SYS_exit_group, 0, 0, 0);
}

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

/* The handler has a stack of its own, and starts at its end wherever RSP is. */
static void handle_signals(void) {
    static const int RAISED[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};
    static unsigned char place[64 << 10];
    const stack_t stack = {.ss_sp = place, .ss_size = sizeof place, .ss_flags = (int)SS_AUTODISARM};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    action.sa_sigaction = on_signal;
    if (sigaltstack(&stack, NULL) != 0)
        _exit(CANNOT);
    for (size_t i = 0; i < COUNT(RAISED); i++)
        sigaction(RAISED[i], &action, NULL);
}

/* Starts the case. */
static void begin(void) {
    handle_signals();
    leave_filter();
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, SCRATCH) != 0)
        _exit(CANNOT);
    memset((void *)SCRATCH, 0, PAGE);
    /* A signal frame does not have these registers. */
    call(SYS_arch_prctl, ARCH_SET_GS, START[GS_BASE], 0);
    call(SYS_arch_prctl, ARCH_SET_FS, START[FS_BASE], 0);
    __asm__ volatile("mov %0, %%ds\n\tmov %1, %%es" : : "r"(START[DS]), "r"(START[ES]));
    __asm__ volatile("jmp *%0" : : "r"(START[RIP]));
}
#else
/* Stops for the parent, which traces it. libc does not run after that. */
static void begin(void) {
#if WITH_HANDLERS
    install_handlers();
#endif
#if WITH_FILTER
    leave_filter();
#endif
    /* raise(3) of some libcs blocks signals while it stops. */
    if (syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0) == 0)
        kill(getpid(), SIGSTOP);
}
#endif

static void run_child(pid_t parent) {
    /* With a limit of one byte, the kernel does not dump core, not even to a program. */
    const struct rlimit no_core = {1, 1};
    sigset_t none;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(CANNOT);
    setrlimit(RLIMIT_CORE, &no_core);
#if WITH_TERMINAL_STOP
    /* SIGTSTP, SIGTTIN and SIGTTOU do not stop a process of an orphaned process group. */
    setsid();
#endif
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    map_pages();
    /* The case may make any call: without open files, it cannot write to one. */
    syscall(SYS_close_range, 0, 0x7fffffff, 0);
    begin();
    _exit(CANNOT);
}

static void start_child(void) {
    const pid_t parent = getpid();
    child = fork();
    if (child < 0)
        cannot("fork");
    if (child == 0)
        run_child(parent);
}

/* The parent. */

/* The status of the next stop, or of the child's end; 0 if the child runs for two seconds. */
static int next_stop(void) {
    const struct timespec pause = {0, 100000};
    struct timespec now, end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    for (end.tv_sec += 2;;) {
        int status = 0;
        pid_t pid = waitpid(child, &status, __WALL | WNOHANG);
        if (pid == child)
            return status;
        if (pid < 0)
            cannot("wait for the child");
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec > end.tv_nsec))
            return 0;
        nanosleep(&pause, NULL);
    }
}

#if !BY_SIGRETURN
/* ptrace(2) by its number: the function of libc has other types, and rejects some requests. */
static long trace(long request, uint64_t address, const void *data) {
    return syscall(SYS_ptrace, request, child, address, data);
}

static uint64_t error_of(long result) {
    return result == 0 ? 0 : (uint64_t)errno;
}

/* Resumes the child up to a stop that must follow. */
static void go(long request, uintptr_t signal, int stop) {
    if (trace(request, 0, (void *)signal) != 0)
        cannot("resume");
    if (next_stop() >> 8 != stop) {
        errno = ECHILD;
        cannot("bring the child to the start of the case");
    }
}

/* Brings the child to a stop by a signal that an instruction raised. */
static void settle(void) {
    if (next_stop() >> 8 != SIGSTOP)
        cannot("start a child");
    if (trace(PTRACE_SETOPTIONS, 0, (void *)(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD)) != 0)
        cannot("set options");
    trace(PTRACE_SETREGS, 0, START);
    go(PTRACE_CONT, 0, SIGTRAP);
    trace(PTRACE_SETREGS, 0, START);
}

#if WITH_CALLS
/* Makes the child call the kernel, and returns the result. */
static uint64_t inject(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    uint64_t regs[REGISTERS];
    memcpy(regs, START, sizeof regs);
    regs[RAX] = (uint64_t)number;
    regs[RIP] = CALL;
    regs[RDI] = a;
    regs[RSI] = b;
    regs[RDX] = c;
    regs[R10] = d;
    trace(PTRACE_SETREGS, 0, regs);
    go(PTRACE_CONT, 0, SIGTRAP);
    trace(PTRACE_GETREGS, 0, regs);
    trace(PTRACE_SETREGS, 0, START);
    return regs[RAX];
}
#endif

#if WITH_UNMAPPING
#ifndef PTRACE_GET_RSEQ_CONFIGURATION
#define PTRACE_GET_RSEQ_CONFIGURATION 0x420f
#endif

/* Unmaps this program and libc in the child, because registers of the case point to them. */
static void unmap_others(void) {
    const uint64_t end = SCRATCH + SCRATCH_SIZE;
    struct {
        uint64_t pointer;
        uint32_t size, signature, flags, padding;
    } rseq = {0};
    /* The kernel kills a process whose area of restartable sequences is not mapped. */
    if (trace(PTRACE_GET_RSEQ_CONFIGURATION, sizeof rseq, &rseq) > 0 && rseq.pointer != 0)
        inject(SYS_rseq, rseq.pointer, rseq.size, 1, rseq.signature);
    if (inject(SYS_munmap, 0, CODE, 0, 0) != 0 ||
        inject(SYS_munmap, end, 0x7ffffffff000 - end, 0, 0) != 0)
        cannot("unmap the rest of the child");
}
#endif

#if WITH_FILTER
/* Installs the filter. The child cannot do it itself: it could not stop after that. */
static void install_filter(void) {
    static char zeros[PAGE];
    const struct iovec none = {zeros, PAGE}, page = {(void *)SCRATCH, PAGE};
    if (inject(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, SCRATCH, 0) != 0)
        cannot("install a filter");
    if (process_vm_writev(child, &none, 1, &page, 1, 0) != PAGE)
        cannot("write to the child");
}
#endif

#if FROM_GROUP
/* Brings the child into a group-stop. */
static void arrive(void) {
    go(PTRACE_CONT, SIGSTOP, SIGSTOP);
}
#endif
#if FROM_CALL
/* Brings the child to a stop of a system call. */
static void arrive(void) {
    uint64_t regs[REGISTERS];
    memcpy(regs, START, sizeof regs);
#if FROM_CALL32
    regs[RAX] = 20; /* getpid(2) of 32-bit programs */
    regs[RIP] = CALL32;
#else
    regs[RAX] = SYS_getpid;
    regs[RIP] = CALL;
#endif
    trace(PTRACE_SETREGS, 0, regs);
#if FROM_STEP
    go(ENTER, 0, SIGTRAP);
#else
    go(ENTER, 0, SIGTRAP | 0x80);
#endif
#if FROM_EXIT
    go(PTRACE_SYSCALL, 0, SIGTRAP | 0x80);
#endif
}
#endif

#if WITH_XSTATE
/* The bytes of the area that the request writes. */
static size_t area_size;

/*
 * Resets all components of the XSAVE area to the state of a new program, and returns the area. The
 * bytes at 464 have a bit for each component, and those at 28 the bits that mxcsr may have.
 */
static unsigned char *reset_xstate(void) {
    _Alignas(64) static unsigned char area[16 << 10];
    struct iovec vector = {area, sizeof area};
    const uint16_t control = 0x37f;
    const uint32_t mxcsr = 0x1f80;
    /* A component that a process has to request is there, but must not be set. */
    enum { GET_XCOMP_PERM = 0x1022 };
    uint64_t components, permitted = ~0ULL;
    if (trace(PTRACE_GETREGSET, NT_X86_XSTATE, &vector) != 0)
        cannot("read the XSAVE area");
#if BY_SETFPREGS
    area_size = 512;
#else
    area_size = vector.iov_len;
#endif
    memset(area, 0, 28);
    memset(area + 32, 0, 464 - 32);
    memset(area + 472, 0, vector.iov_len - 472);
    memcpy(area, &control, sizeof control);
    memcpy(area + 24, &mxcsr, sizeof mxcsr);
    syscall(SYS_arch_prctl, GET_XCOMP_PERM, &permitted);
    memcpy(&components, area + 464, sizeof components);
    components &= permitted;
    memcpy(area + 512, &components, sizeof components);
    if (trace(PTRACE_SETREGSET, NT_X86_XSTATE, &vector) != 0)
        cannot("write the XSAVE area");
    return area;
}

#if WITH_AREA
/* Writes the words of the case to an area. Bytes outside of it are omitted. */
static void put_pairs(unsigned char *area) {
    for (size_t i = 0; i < COUNT(PAIRS); i++)
        for (uint64_t k = 0, at = PAIRS[i].offset; k < 8 && at >= PAIRS[i].offset; k++, at++)
            if (at < area_size)
                area[at] = (unsigned char)(PAIRS[i].word >> (8 * k));
}

/* Reads the words at the same places. */
static void read_pairs(const unsigned char *area) {
    for (size_t i = 0; i < COUNT(PAIRS); i++)
        for (uint64_t k = 0, at = PAIRS[i].offset; k < 8 && at >= PAIRS[i].offset; k++, at++)
            if (at < area_size)
                here[WRITTEN + i] |= (uint64_t)area[at] << (8 * k);
}
#endif
#endif

#if WITH_DEBUG
static uint64_t debug_register(size_t number) {
    return offsetof(struct user, u_debugreg) + 8 * number;
}
#endif

/* Writes the case, and reads back. */
static void write_case(void) {
#if BY_SETREGS
    here[ERROR] = error_of(trace(PTRACE_SETREGS, 0, GIVEN));
#endif
#if BY_SETREGSET
    const struct iovec registers = {(void *)GIVEN, LENGTH};
    here[ERROR] = error_of(trace(PTRACE_SETREGSET, NT_PRSTATUS, &registers));
#endif
#if BY_POKEUSER
    here[REFUSED_AT] = (uint64_t)-1;
#if WITH_DEBUG
    trace(PTRACE_POKEUSR, debug_register(6), (void *)0xffff0ff0);
#endif
#if WITH_PAIRS
    for (size_t i = 0; i < COUNT(PAIRS) && here[ERROR] == 0; i++) {
        here[ERROR] = error_of(trace(PTRACE_POKEUSR, PAIRS[i].offset, (void *)PAIRS[i].word));
        if (here[ERROR] != 0)
            here[REFUSED_AT] = i;
    }
#endif
#if WITH_DEBUG
    /* 4 and 5 do not exist. */
    for (size_t i = 0; i < COUNT(READ); i++)
        trace(PTRACE_PEEKUSR, debug_register(i < 4 ? i : i + 2), &here[WRITTEN + REGISTERS + i]);
#endif
#endif
#if BY_SYSCALL_INFO
    here[ERROR] = error_of(trace(PTRACE_SET_SYSCALL_INFO, LENGTH, WORDS));
#endif
#if BY_SIGMASK
    here[ERROR] = error_of(trace(PTRACE_SETSIGMASK, LENGTH, WORDS));
    trace(PTRACE_GETSIGMASK, sizeof here[WRITTEN], &here[WRITTEN]);
#endif
#if BY_DISPATCH
    here[ERROR] = error_of(trace(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, LENGTH, WORDS));
    trace(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, 32, &here[WRITTEN]);
    if (here[ERROR] == 0) {
        trace(PTRACE_POKEUSR, 8UL * RIP, (void *)WORDS[4]);
        trace(PTRACE_POKEUSR, 8UL * RAX, (void *)WORDS[5]);
    }
#endif
#if WITH_XSTATE
    unsigned char *const area = reset_xstate();
#if WITH_AREA
    put_pairs(area);
#endif
#if BY_SETFPREGS
    here[ERROR] = error_of(trace(PTRACE_SETFPREGS, 0, area));
    trace(PTRACE_GETFPREGS, 0, area);
#endif
#if BY_XSTATE
    const struct iovec vector = {area, LENGTH}, all = {area, area_size};
    here[ERROR] = error_of(trace(PTRACE_SETREGSET, NT_X86_XSTATE, &vector));
    trace(PTRACE_GETREGSET, NT_X86_XSTATE, &all);
#endif
#if WITH_AREA
    read_pairs(area);
#endif
#endif
#if WITH_REGISTERS
    trace(PTRACE_GETREGS, 0, &here[WRITTEN]);
#endif
}

#if WITH_SIGINFO
static void read_siginfo(void) {
    siginfo_t info = {0};
    trace(PTRACE_GETSIGINFO, 0, &info);
    here[SIGNAL] = (uint64_t)info.si_signo;
    here[SIGNAL_CODE] = (uint64_t)info.si_code;
    here[ADDRESS] = (uintptr_t)info.si_addr;
}
#endif

#if WITH_FRAME
/* Reads the signal frame: struct sigcontext without floating-point state. */
static void read_frame(void) {
    /* Before it are the return address, uc_flags, uc_link and uc_stack. */
    const uintptr_t address = here[STOPPED + RSP] + 8 + offsetof(ucontext_t, uc_mcontext);
    const size_t length = NGREG * sizeof *here;
    const struct iovec to = {&here[FRAME], length}, from = {(void *)address, length};
    if (process_vm_readv(child, &to, 1, &from, 1, 0) != (ssize_t)length)
        memset(&here[FRAME], 0, length);
}
#endif
#endif

/* The comparison. */

#if WITH_GROUPS
static const char *const REGISTER_NAMES[] = {
    "r15",    "r14", "r13", "r12",     "rbp",     "rbx", "r11",      "r10", "r9",
    "r8",     "rax", "rcx", "rdx",     "rsi",     "rdi", "orig_rax", "rip", "cs",
    "eflags", "rsp", "ss",  "fs_base", "gs_base", "ds",  "es",       "fs",  "gs"};
#endif
#if WITH_FRAME
static const char *const FRAME_NAMES[] = {"r8",        "r9",  "r10",    "r11",     "r12", "r13",
                                          "r14",       "r15", "rdi",    "rsi",     "rbp", "rbx",
                                          "rdx",       "rax", "rcx",    "rsp",     "rip", "eflags",
                                          "selectors", "err", "trapno", "oldmask", "cr2"};
#endif

/* Whether a field of the outcome is not as expected. */
static int differs(uint64_t field, uint64_t expected) {
    uint64_t difference = here[field] ^ expected;
#if WITH_IGNORED
    if (field == WRITTEN + EFLAGS || field == STOPPED + EFLAGS || field == FRAME + REG_EFL)
        difference &= ~IGNORED;
#endif
    return difference != 0;
}

#if AS_KSELFTEST
/* The fields of a test that have a prediction, and those that differ from it. */
static int predicted, not_as_predicted;

static void compare_row(const char *group, const char *name, const struct expectation *row) {
    const uint64_t word = here[row->field];
    const int same = !(row->unknown & UNSTABLE) && !differs(row->field, row->seen);
    if (row->unknown & UNPREDICTED)
        return;
    predicted++;
    if (!differs(row->field, row->predicted))
        return;
    not_as_predicted++;
    ksft_print_msg("%s%s: expected 0x%llx, got 0x%llx%s\n", group, name,
                   (unsigned long long)row->predicted, (unsigned long long)word,
                   same ? ", as seen before" : "");
}

/* Ends the test whose fields were compared. */
static void end_test(void) {
    const char *name = TESTS[ksft_test_num()];
    if (predicted == 0)
        ksft_test_result_skip("%s: not predicted\n", name);
    else
        ksft_test_result(not_as_predicted == 0, "%s\n", name);
    predicted = 0;
    not_as_predicted = 0;
}
#else
static int not_as_predicted, not_as_seen;

static void print_word(uint64_t word, uint64_t unknown) {
    char text[24] = "?";
    if (!unknown)
        snprintf(text, sizeof text, word < 10 ? "%" PRIu64 : "0x%" PRIx64, word);
    printf(" %-18s", text);
}

static void compare_row(const char *group, const char *name, const struct expectation *row) {
    const uint64_t word = here[row->field];
    const int surprising = !(row->unknown & UNPREDICTED) && differs(row->field, row->predicted);
    const int different = !(row->unknown & UNSTABLE) && differs(row->field, row->seen);
    printf("%s%-*s", group, 16 - (int)strlen(group), name);
    print_word(row->predicted, row->unknown & UNPREDICTED);
    print_word(row->seen, row->unknown & UNSTABLE);
    print_word(word, 0);
    printf("%s%s\n", surprising ? " not as predicted" : "", different ? " NOT AS SEEN" : "");
    not_as_predicted += surprising;
    not_as_seen += different;
}
#endif

static const struct expectation *find_row(uint64_t field) {
    for (size_t i = 0; i < COUNT(EXPECTED); i++)
        if (EXPECTED[i].field == field)
            return &EXPECTED[i];
    return NULL;
}

/* Compares a field, if it is expected. */
static void compare(const char *name, uint64_t field) {
    const struct expectation *row = find_row(field);
    if (row != NULL)
        compare_row("", name, row);
}

#if WITH_GROUPS
/* Compares fields of a group. Those that are not in EXPECTED must be as in `before`. */
static void compare_group(const char *group, const char *const *names, uint64_t first, size_t count,
                          const uint64_t *before) {
    for (size_t i = 0; i < count; i++) {
        const struct expectation usual = {first + i, before[i], before[i], 0};
        const struct expectation *row = find_row(first + i);
        if (row != NULL || here[first + i] != before[i])
            compare_row(group, names[i], row != NULL ? row : &usual);
#if AS_KSELFTEST
        else
            predicted++;
#endif
    }
}
#endif

static int verdict(void) {
    kill(child, SIGKILL);
#if AS_KSELFTEST
    while (ksft_test_num() < COUNT(TESTS))
        ksft_test_result_skip("%s: not reached\n", TESTS[ksft_test_num()]);
    ksft_finished();
#else
    printf("%d fields are not as predicted, and %d not as seen there\n", not_as_predicted,
           not_as_seen);
    return not_as_seen == 0 ? REPRODUCED : DIFFERENT;
#endif
}

int main(void) {
#if AS_KSELFTEST
    ksft_print_header();
    ksft_set_plan(COUNT(TESTS));
#else
    printf("%-17s%-19s%-19s%s\n", "", "predicted", "seen there", "here");
    fflush(stdout);
#endif
#if BY_SIGRETURN
    here = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (here == MAP_FAILED)
        cannot("map memory");
    start_child();
    here[STATUS] = (uint64_t)next_stop();
    /* The child ends after it has read the signal: a tracer would see a stop. */
    if (here[SIGNAL] != 0)
        here[STATUS] = here[SIGNAL] << 8 | 0x7f;
#else
    start_child();
    settle();
#if WITH_UNMAPPING
    unmap_others();
#endif
#if WITH_FILTER
    install_filter();
#endif
#if WITH_ARRIVAL
    arrive();
#endif
    write_case();
    compare("error", ERROR);
    compare("refusedAt", REFUSED_AT);
#if AS_KSELFTEST
    end_test();
#endif
#endif
#if WITH_REGISTERS
    compare_group("written.", REGISTER_NAMES, WRITTEN, REGISTERS, BEFORE);
#if AS_KSELFTEST
    end_test();
#endif
#endif
#if WITH_READ
    for (size_t i = 0; i < COUNT(READ); i++)
#if WITH_DEBUG
        compare(READ[i], WRITTEN + REGISTERS + i);
#else
        compare(READ[i], WRITTEN + i);
#endif
#if AS_KSELFTEST
    end_test();
#endif
#endif
#if WITH_RESUME
    here[RESUMED] = error_of(trace(RESUME, 0, (void *)PASSED));
    compare("resumed", RESUMED);
#if AS_KSELFTEST
    end_test();
#endif
    if (here[RESUMED] != 0)
        return verdict();
#endif
#if WITH_STATUS
#if !BY_SIGRETURN
    here[STATUS] = (uint64_t)next_stop();
#endif
    compare("status", STATUS);
#if AS_KSELFTEST
    end_test();
#endif
#endif
#if WITH_STOP
    if ((here[STATUS] & 0xff) != 0x7f)
        return verdict();
#if !BY_SIGRETURN
    trace(PTRACE_GETREGS, 0, &here[STOPPED]);
#endif
    compare_group("stopped.", REGISTER_NAMES, STOPPED, REGISTERS, BEFORE);
#if AS_KSELFTEST
    end_test();
#endif
#endif
#if WITH_SIGINFO
#if !BY_SIGRETURN
    read_siginfo();
#endif
    compare("signal", SIGNAL);
    compare("code", SIGNAL_CODE);
    compare("address", ADDRESS);
#if AS_KSELFTEST
    end_test();
#endif
#endif
#if WITH_FRAME
    static const uint64_t ZEROS[NGREG];
    read_frame();
    compare_group("frame.", FRAME_NAMES, FRAME, NGREG, ZEROS);
#if AS_KSELFTEST
    end_test();
#endif
#endif
    return verdict();
}
