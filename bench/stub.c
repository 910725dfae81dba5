// Stubs: births, injections and ends. Their code and the fork are the shim's.

#include "stub.h"
#include "shim.h"
#include <asm-generic/errno-base.h>
#include <linux/sched.h>
#include <linux/wait.h>

#define TOP ((1ul << 47) - PAGE) // the end of user space
#define STACK_ROOM (1ul << 30)   // where the main thread's stack may grow
#define POLLS 64                 // on one processor, yielding is quicker than blocking
#define SYSCALL_LENGTH 2         // the bytes of a SYSCALL instruction

static _Noreturn void fail_stop(const char *call) {
    fail(call, 0);
}

int wait_for(int pid) {
    int status = 0;
    long got = 0;
    for (int polls = 0; got == 0 && polls < POLLS; polls++) {
        syscall0(__NR_sched_yield);
        got = syscall4(__NR_wait4, pid, (long)&status, __WALL | WNOHANG, 0);
    }
    if (got == 0)
        got = syscall4(__NR_wait4, pid, (long)&status, __WALL, 0);
    check("wait4", got);
    return status;
}

bool stopped_by(int status, int signal) {
    return (status & 0xff) == 0x7f && status >> 8 == signal;
}

static void attach(struct stub *stub) {
    PTRACE(PTRACE_ATTACH, stub->pid, 0);
    if (!stopped_by(wait_for(stub->pid), SIGSTOP))
        fail_stop("PTRACE_ATTACH");
    PTRACE(PTRACE_SETOPTIONS, stub->pid,
           PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
    PTRACE(PTRACE_GETREGS, stub->pid, &stub->initial);
    stub->initial.rip -= SYSCALL_LENGTH;
}

long inject(const struct stub *stub, const char *call, long number, const long args[6]) {
    struct user_regs_struct regs = stub->initial;
    regs.rax = (unsigned long)number;
    regs.rdi = (unsigned long)args[0];
    regs.rsi = (unsigned long)args[1];
    regs.rdx = (unsigned long)args[2];
    regs.r10 = (unsigned long)args[3];
    regs.r8 = (unsigned long)args[4];
    regs.r9 = (unsigned long)args[5];
    regs.orig_rax = -1UL; // otherwise the kernel may restart the call that the stub stopped in
    PTRACE(PTRACE_SETREGS, stub->pid, &regs);

    int status = 0;
    do { // the first resume after an attach meets its SIGSTOP; children send SIGCHLD
        PTRACE(PTRACE_CONT, stub->pid, 0);
        status = wait_for(stub->pid);
    } while (stopped_by(status, SIGSTOP) || stopped_by(status, SIGCHLD));
    if (!stopped_by(status, SIGTRAP))
        fail_stop(call);

    PTRACE(PTRACE_GETREGS, stub->pid, &regs);
    return check(call, (long)regs.rax);
}

// Maps the stub code at the highest free page that the stack does not need.
static uint64_t map_stub(void) {
    const unsigned long stack = (unsigned long)__builtin_frame_address(0);
    int64_t mapped = -EEXIST;
    for (unsigned long page = TOP - PAGE; mapped == -EEXIST; page -= PAGE) {
        if (page < stack && page >= stack - STACK_ROOM)
            page = stack - STACK_ROOM - PAGE;
        mapped = stublab_map_stub(page);
    }
    return (uint64_t)check("mmap", mapped);
}

// Unmaps everything except the page of the stub code.
static void scrub(const struct stub *stub) {
    const unsigned long start = stub->initial.rip & -(unsigned long)PAGE, end = start + PAGE;
    INJECT(stub, munmap, 0, (long)start);
    if (end < TOP) // a length of 0 is EINVAL
        INJECT(stub, munmap, (long)end, (long)(TOP - end));
}

struct stub create_master(void) {
    uint32_t *const step = memory(sizeof *step, true);
    const int64_t pid = stublab_fork(SIGCHLD | CLONE_FILES, map_stub(), 0, step, 0, 0, 0);
    struct stub master = {.pid = (int)check("clone", pid)};
    int status = 0;
    CALL(wait4, master.pid, &status, __WALL | WUNTRACED, 0);
    if (!stopped_by(status, SIGSTOP))
        fail_stop("clone");
    attach(&master);
    scrub(&master);
    return master;
}

void create_grandchild(const struct stub *master, struct stub *child) {
    struct stub cloner = *master;
    cloner.initial.r15 = (unsigned long)master->pid; // the stub code's convention, for the child
    cloner.initial.rbx = 1;
    child->pid = (int)INJECT(&cloner, clone, SIGCHLD | CLONE_FILES);
    INJECT(master, wait4, child->pid, 0, __WALL | WUNTRACED);
    attach(child);
}

void destroy_grandchild(const struct stub *master, const struct stub *child) {
    CALL(kill, child->pid, SIGKILL);
    while ((wait_for(child->pid) & 0xff) == 0x7f) // at the exit event
        PTRACE(PTRACE_CONT, child->pid, 0);
    INJECT(master, wait4, child->pid, 0, __WALL);
}
