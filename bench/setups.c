// Register setups in plain C, with the requests that the fuzzer makes: by ptrace, and by
// rt_sigreturn.

#include "signal.h"
#include "stub.h"
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/ucontext.h>
#include <linux/mman.h>

#define INT3 0xcc

static struct stub target;
static struct user_regs_struct next;

// Creates a stub that has stopped at an INT3, and the registers of the next setup.
static void prepare_target(void) {
    static struct stub master;
    master = create_master();
    create_grandchild(&master, &target);
    INJECT(&target, getpid, 0);
    PTRACE(PTRACE_GETREGS, target.pid, &next);
    next.rip--; // back to the INT3
    next.orig_rax = -1UL;
}

static void change(long i) {
    next.rax = (unsigned long)i;
    next.rdx = ~(unsigned long)i;
    next.r12 = (unsigned long)i << 32;
}

static int64_t run_setup(long count) {
    siginfo_t info;
    struct user_regs_struct seen;
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++) {
        change(i);
        PTRACE(PTRACE_SETREGS, target.pid, &next);
        PTRACE(PTRACE_CONT, target.pid, 0);
        if (!stopped_by(wait_for(target.pid), SIGTRAP))
            fail("PTRACE_CONT", 0);
        PTRACE(PTRACE_GETREGS, target.pid, &seen);
        PTRACE(PTRACE_GETSIGINFO, target.pid, &info);
    }
    return nanoseconds() - start;
}

static int64_t run_write(long count) {
    struct user_regs_struct seen;
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++) {
        change(i);
        PTRACE(PTRACE_SETREGS, target.pid, &next);
        PTRACE(PTRACE_GETREGS, target.pid, &seen);
    }
    return nanoseconds() - start;
}

// ---- by rt_sigreturn, in this process ----

// The words of struct sigcontext before its fpstate: r8 to cr2.
enum { R12 = 4, RDX = 12, RAX = 13, RIP = 16, WORDS = 23 };

static __u64 next_words[WORDS], seen_words[WORDS], home[WORDS];
static siginfo_t seen_info;
static long left;
static unsigned char *code;

static __u64 *words_of(void *context) {
    return &((struct ucontext *)context)->uc_mcontext.r8;
}

// Stores the outcome of a setup, and returns into the next; after the last, into run_sigreturn.
static void on_trap(int signal, void *info, void *context) {
    (void)signal;
    __u64 *const words = words_of(context);
    __builtin_memcpy(seen_words, words, sizeof seen_words);
    seen_info = *(siginfo_t *)info;
    if (left == 0) {
        __builtin_memcpy(words, home, sizeof home);
        return;
    }
    left--;
    next_words[RAX] = (uint64_t)left;
    next_words[RDX] = ~(uint64_t)left;
    next_words[R12] = (uint64_t)left << 32;
    __builtin_memcpy(words, next_words, sizeof next_words);
}

// Continues after the INT3 of run_sigreturn.
static void on_start(int signal, void *info, void *context) {
    (void)signal, (void)info;
    __builtin_memcpy(home, words_of(context), sizeof home);
}

static void prepare_sigreturn(void) {
    const unsigned long size = 64 << 10;
    const stack_t alternate = {.ss_sp = memory(size, false), .ss_size = size};
    CALL(sigaltstack, &alternate, 0);
    code = memory(PAGE, false);
    __builtin_memset(code, INT3, PAGE);
    CALL(mprotect, code, PAGE, PROT_READ | PROT_EXEC);
}

static int64_t run_sigreturn(long count) {
    handle(SIGTRAP, on_start, SA_ONSTACK | SA_NODEFER);
    volatile int returned = 0;
    const int64_t start = nanoseconds();
    __asm__ volatile("int3" ::: "memory");
    if (!returned) {
        returned = 1;
        handle(SIGTRAP, on_trap, SA_ONSTACK | SA_NODEFER);
        left = count;
        __builtin_memcpy(next_words, home, sizeof home);
        next_words[RIP] = (uint64_t)code;
        __asm__ volatile("int3" ::: "memory");
    }
    return nanoseconds() - start;
}

const struct mechanism setup_mechanisms[] = {
    {"setup-c", prepare_target, run_setup},
    {"write-c", prepare_target, run_write},
    {"sigreturn-c", prepare_sigreturn, run_sigreturn},
    {0},
};
