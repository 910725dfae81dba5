// Register setups in plain C, as the fuzzer tries them: by ptrace, and by rt_sigreturn.

#define _GNU_SOURCE
#include "setups.h"
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define INT3 0xcc

// Creates a stub that has stopped at an INT3, and the registers of the next setup.
static void create_target(const struct stub *master, struct stub *target,
                          struct user_regs_struct *next) {
    create_grandchild(master, target);
    INJECT(target, getpid, 0);
    PTRACE(PTRACE_GETREGS, target->pid, next);
    next->rip--; // back to the INT3
    next->orig_rax = -1;
}

static void change(struct user_regs_struct *next, long i) {
    next->rax = i;
    next->rdx = ~i;
    next->r12 = (unsigned long)i << 32;
}

static double setups(const struct stub *master, long count, int with_siginfo) {
    struct stub target;
    siginfo_t info;
    struct user_regs_struct next, seen;
    create_target(master, &target, &next);
    double start = microseconds();
    for (long i = 0; i < count; i++) {
        change(&next, i);
        PTRACE(PTRACE_SETREGS, target.pid, &next);
        PTRACE(PTRACE_CONT, target.pid, 0);
        int status = wait_for(target.pid);
        if (!stopped_by(status, SIGTRAP))
            fail_status("PTRACE_CONT", target.pid, status);
        PTRACE(PTRACE_GETREGS, target.pid, &seen);
        if (with_siginfo)
            PTRACE(PTRACE_GETSIGINFO, target.pid, &info);
    }
    double each = (microseconds() - start) / count;
    destroy_grandchild(master, &target);
    return each;
}

double setup_batch(const struct stub *master, long count) {
    return setups(master, count, 0);
}

double siginfo_batch(const struct stub *master, long count) {
    return setups(master, count, 1);
}

double write_batch(const struct stub *master, long count) {
    struct stub target;
    struct user_regs_struct next, seen;
    create_target(master, &target, &next);
    double start = microseconds();
    for (long i = 0; i < count; i++) {
        change(&next, i);
        PTRACE(PTRACE_SETREGS, target.pid, &next);
        PTRACE(PTRACE_GETREGS, target.pid, &seen);
    }
    double each = (microseconds() - start) / count;
    destroy_grandchild(master, &target);
    return each;
}

// ---- by rt_sigreturn, in this process ----

static gregset_t next_registers, seen_registers, home;
static siginfo_t seen_info;
static long left;

// Stores the outcome of a setup, and returns into the next; after the last, into sigreturn_batch.
static void on_trap(int signal, siginfo_t *info, void *context) {
    (void)signal;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    memcpy(seen_registers, registers, sizeof seen_registers);
    seen_info = *info;
    if (left == 0) {
        memcpy(registers, home, sizeof home);
        return;
    }
    left--;
    next_registers[REG_RAX] = left;
    next_registers[REG_RDX] = ~left;
    next_registers[REG_R12] = left << 32;
    memcpy(registers, next_registers, sizeof next_registers);
}

// Continues after the INT3 of sigreturn_batch.
static void on_start(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    memcpy(home, ((ucontext_t *)context)->uc_mcontext.gregs, sizeof home);
}

static void handle(void (*handler)(int, siginfo_t *, void *)) {
    struct sigaction action = {.sa_sigaction = handler,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    if (sigaction(SIGTRAP, &action, NULL) == -1)
        fail("sigaction");
}

static unsigned char *prepare(void) {
    static unsigned char stack[64 << 10];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    if (sigaltstack(&alternate, NULL) == -1)
        fail("sigaltstack");
    unsigned char *code =
        mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED)
        fail("mmap");
    memset(code, INT3, PAGE);
    if (mprotect(code, PAGE, PROT_READ | PROT_EXEC) == -1)
        fail("mprotect");
    return code;
}

double sigreturn_batch(const struct stub *master, long count) {
    static unsigned char *code;
    (void)master;
    if (!code)
        code = prepare();
    handle(on_start);
    volatile int returned = 0;
    double start = microseconds();
    __asm__ volatile("int3" ::: "memory");
    if (!returned) {
        returned = 1;
        handle(on_trap);
        left = count;
        memcpy(next_registers, home, sizeof home);
        next_registers[REG_RIP] = (greg_t)(uintptr_t)code;
        __asm__ volatile("int3" ::: "memory");
    }
    return (microseconds() - start) / count;
}
