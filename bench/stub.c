// Stubs in plain C, by the system calls that stublab makes from TypeScript and in the same order.

#define _GNU_SOURCE
#include "stub.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOP ((1ul << 47) - PAGE) // the end of user space
#define STACK_ROOM (1ul << 30)   // where the main thread's stack may grow
#define POLLS 64                 // on one processor, yielding is quicker than blocking
#define SYSCALL_LENGTH 2         // the bytes of a SYSCALL instruction
#define MAX_ERRNO 4095
#define RSEQ_REGISTERED 32 // what the kernel may hold where __rseq_size says 20 or 28
#define SIGNALS 64
#define SIGSET_BYTES 8 // the kernel's sigset_t, not libc's

// The stub code. R15 is the pid that the parent must have; RBX is 1 after an injected clone.
__asm__(".pushsection .rodata\n"
        "stub_code:\n"
        "    mov $157, %eax\n" // prctl(PR_SET_PDEATHSIG, SIGKILL)
        "    mov $1, %edi\n"
        "    mov $9, %esi\n"
        "    syscall\n"
        "    test %rax, %rax\n"
        "    jnz 3f\n"
        "    mov $110, %eax\n" // getppid: another pid if the parent died before the prctl
        "    syscall\n"
        "    cmp %r15, %rax\n"
        "    jne 3f\n"
        "    xor %ebx, %ebx\n"
        "    mov $39, %eax\n" // getpid
        "    syscall\n"
        "    mov %eax, %edi\n" // kill(getpid(), SIGSTOP)
        "    mov $19, %esi\n"
        "    mov $62, %eax\n"
        "    syscall\n" // the injection site
        "    cmp $1, %rbx\n"
        "    jne 2f\n"
        "    test %rax, %rax\n"
        "    jz stub_code\n" // the child of an injected clone
        "2:  int3\n"
        "    jmp 2b\n"
        "3:  mov $60, %eax\n" // exit(1)
        "    mov $1, %edi\n"
        "    syscall\n"
        "    hlt\n"
        "stub_code_end:\n"
        ".popsection\n");
extern const char stub_code[], stub_code_end[];

static const char *errno_name(int error) {
    const char *name = strerrorname_np(error);
    return name ? name : "unknown errno";
}

void fail_errno(const char *call, int error) {
    fprintf(stderr, "baseline: %s: %s (%d)\n", call, errno_name(error), error);
    exit(1); // EXITKILL and PDEATHSIG end the stubs
}

void fail(const char *call) {
    fail_errno(call, errno);
}

void fail_status(const char *call, pid_t pid, int status) {
    const char *how = WIFEXITED(status) ? "exited" : WIFSIGNALED(status) ? "killed" : "stopped";
    int number = WIFEXITED(status)     ? WEXITSTATUS(status)
                 : WIFSIGNALED(status) ? WTERMSIG(status)
                                       : status >> 8;
    fprintf(stderr, "baseline: %s: stub %d unexpectedly %s: %d\n", call, pid, how, number);
    exit(1);
}

// ---- ptrace ----

void trace(enum __ptrace_request request, pid_t pid, long address, void *data, const char *name) {
    if (ptrace(request, pid, address, data) == -1)
        fail(name);
}

int wait_for(pid_t pid) {
    int status = 0;
    pid_t got = 0;
    for (int polls = 0; got == 0 && polls < POLLS; polls++) {
        sched_yield();
        got = wait4(pid, &status, __WALL | WNOHANG, NULL);
    }
    if (got == 0)
        got = wait4(pid, &status, __WALL, NULL);
    if (got != pid)
        fail("wait4");
    return status;
}

int stopped_by(int status, int signal) {
    return WIFSTOPPED(status) && status >> 8 == signal;
}

static void attach(struct stub *stub) {
    PTRACE(PTRACE_ATTACH, stub->pid, 0);
    int status = wait_for(stub->pid);
    if (!stopped_by(status, SIGSTOP))
        fail_status("PTRACE_ATTACH", stub->pid, status);
    PTRACE(PTRACE_SETOPTIONS, stub->pid,
           (uintptr_t)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL));
    PTRACE(PTRACE_GETREGS, stub->pid, &stub->initial);
    stub->initial.rip -= SYSCALL_LENGTH;
}

long inject(const struct stub *stub, const char *call, long number, const long args[6]) {
    struct user_regs_struct regs = stub->initial;
    regs.rax = number;
    regs.rdi = args[0];
    regs.rsi = args[1];
    regs.rdx = args[2];
    regs.r10 = args[3];
    regs.r8 = args[4];
    regs.r9 = args[5];
    regs.orig_rax = -1; // otherwise the kernel may restart the call that the stub stopped in
    PTRACE(PTRACE_SETREGS, stub->pid, &regs);

    int status;
    do { // the first resume after an attach meets its SIGSTOP; children send SIGCHLD
        PTRACE(PTRACE_CONT, stub->pid, 0);
        status = wait_for(stub->pid);
    } while (stopped_by(status, SIGSTOP) || stopped_by(status, SIGCHLD));
    if (!stopped_by(status, SIGTRAP))
        fail_status(call, stub->pid, status);

    PTRACE(PTRACE_GETREGS, stub->pid, &regs);
    long result = regs.rax;
    if (result < 0 && result >= -MAX_ERRNO)
        fail_errno(call, -result);
    return result;
}

// ---- the master ----

static unsigned long stack_top(void) {
    FILE *maps = fopen("/proc/self/maps", "r");
    if (!maps)
        fail("fopen(/proc/self/maps)");
    char *line = NULL;
    size_t size = 0;
    unsigned long top = 0;
    while (!top && getline(&line, &size, maps) != -1)
        if (strstr(line, "[stack]") && sscanf(line, "%*x-%lx", &top) != 1)
            top = 0;
    free(line);
    fclose(maps);
    if (!top)
        fail_errno("[stack] in /proc/self/maps", ENOENT);
    return top;
}

// Maps the stub code at the highest free page that the stack does not need.
static char *map_stub(void) {
    unsigned long stack = stack_top();
    void *mapped = MAP_FAILED;
    for (unsigned long page = TOP - PAGE; mapped == MAP_FAILED && page > 0; page -= PAGE) {
        if (page < stack && page >= stack - STACK_ROOM)
            page = stack - STACK_ROOM - PAGE;
        mapped = mmap((void *)page, PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (mapped == MAP_FAILED && errno != EEXIST)
            fail("mmap");
    }
    if (mapped == MAP_FAILED)
        fail("mmap");
    memcpy(mapped, stub_code, stub_code_end - stub_code);
    if (mprotect(mapped, PAGE, PROT_READ | PROT_EXEC) == -1)
        fail("mprotect");
    return mapped;
}

static inline long raw(long number, long a, long b, long c, long d, long e) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return number;
}

static void check_in_child(long result) {
    if (result < 0)
        raw(SYS_exit_group, -result, 0, 0, 0, 0); // the parent sees the errno as the exit status
}

// The child inherits the rseq area that libc registered. Once the area is unmapped, the kernel
// would kill the stub.
static void unregister_rseq(void) {
    if (__rseq_size == 0)
        return; // libc did not register one
    long area;
    __asm__("mov %%fs:0, %0" : "=r"(area));
    area += __rseq_offset;
    if (raw(SYS_rseq, area, __rseq_size, RSEQ_FLAG_UNREGISTER, RSEQ_SIG, 0) < 0)
        check_in_child(raw(SYS_rseq, area, RSEQ_REGISTERED, RSEQ_FLAG_UNREGISTER, RSEQ_SIG, 0));
}

// Raw system calls only: libc's state in the child is that of another process.
static _Noreturn void become_stub(pid_t parent, const char *code) {
    static const long by_default[4]; // the kernel's struct sigaction, SIG_DFL
    static const uint64_t none;
    check_in_child(raw(SYS_setsid, 0, 0, 0, 0, 0));
    for (int signal = 1; signal <= SIGNALS; signal++)
        if (signal != SIGKILL && signal != SIGSTOP)
            check_in_child(raw(SYS_rt_sigaction, signal, (long)by_default, 0, SIGSET_BYTES, 0));
    unregister_rseq();
    check_in_child(raw(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, SIGSET_BYTES, 0));
    __asm__ volatile("mov %%rdi, %%r15\n\tjmp *%%rax" : : "D"((long)parent), "a"(code));
    __builtin_unreachable();
}

static pid_t fork_master(const char *code) {
    static const uint64_t all = UINT64_MAX;
    uint64_t before;
    pid_t parent = getpid();
    // Raw, so that libc's own signals are blocked too.
    if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, SIGSET_BYTES) == -1)
        fail("rt_sigprocmask");
    long pid = raw(SYS_clone, SIGCHLD | CLONE_FILES, 0, 0, 0, 0);
    if (pid == 0)
        become_stub(parent, code);
    if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, SIGSET_BYTES) == -1)
        fail("rt_sigprocmask");
    if (pid < 0)
        fail_errno("clone", -pid);
    return pid;
}

// Unmaps everything except the page of the stub code.
static void scrub(const struct stub *stub, const char *code) {
    unsigned long start = (unsigned long)code, end = start + PAGE;
    INJECT(stub, munmap, 0, start);
    if (end < TOP) // a length of 0 is EINVAL
        INJECT(stub, munmap, end, TOP - end);
}

struct stub create_master(void) {
    const char *code = map_stub();
    struct stub master = {.pid = fork_master(code)};
    int status;
    if (wait4(master.pid, &status, __WALL | WUNTRACED, NULL) != master.pid)
        fail("wait4");
    if (!stopped_by(status, SIGSTOP))
        fail_status("clone", master.pid, status);
    attach(&master);
    scrub(&master, code);
    return master;
}

// ---- grandchildren and ends ----

void create_grandchild(const struct stub *master, struct stub *child) {
    struct stub cloner = *master;
    cloner.initial.r15 = master->pid; // the stub code's convention, for the child
    cloner.initial.rbx = 1;
    child->pid = INJECT(&cloner, clone, SIGCHLD | CLONE_FILES);
    INJECT(master, wait4, child->pid, 0, __WALL | WUNTRACED);
    attach(child);
}

void kill_stub(pid_t pid) {
    if (kill(pid, SIGKILL) == -1)
        fail("kill");
    int status = wait_for(pid);
    while (WIFSTOPPED(status)) { // at the exit event
        PTRACE(PTRACE_CONT, pid, 0);
        status = wait_for(pid);
    }
}

void destroy_grandchild(const struct stub *master, const struct stub *child) {
    kill_stub(child->pid);
    INJECT(master, wait4, child->pid, 0, __WALL);
}
