// Stubs: their code, births, injections and ends.

#include "stub.h"
#include "signal.h"
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/wait.h>

#define TOP ((1ul << 47) - PAGE) // the end of user space
#define STACK_ROOM (1ul << 30)   // where the main thread's stack may grow
#define POLLS 64                 // on one processor, yielding is quicker than blocking
#define SYSCALL_LENGTH 2         // the bytes of a SYSCALL instruction

// The stub code. R15 is the pid that the parent must have; RBX is 1 after an injected clone.
__asm__(".pushsection .rodata\n"
        ".globl stub_code\n"
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
extern const char stub_code_end[];

static _Noreturn void fail_stop(const char *call) {
    fail(call, 0);
}

// ---- ptrace ----

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

// ---- the master ----

// Maps the stub code at the highest free page that the stack does not need.
static char *map_stub(void) {
    const unsigned long stack = (unsigned long)__builtin_frame_address(0);
    long mapped = -1;
    for (unsigned long page = TOP - PAGE; mapped < 0; page -= PAGE) {
        if (page < stack && page >= stack - STACK_ROOM)
            page = stack - STACK_ROOM - PAGE;
        mapped = syscall6(__NR_mmap, (long)page, PAGE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (mapped < 0 && mapped != -17) // EEXIST
            fail("mmap", mapped);
    }
    char *const code = (char *)mapped;
    __builtin_memcpy(code, stub_code, (unsigned long)(stub_code_end - stub_code));
    CALL(mprotect, code, PAGE, PROT_READ | PROT_EXEC);
    return code;
}

static void expect(long result) {
    if (result < 0)
        syscall1(__NR_exit_group, -result);
}

static const uint64_t no_signals, all_signals = UINT64_MAX;

// The steps of the child before it is a stub. glibc's rseq, which stublab unregisters here, is not
// registered in a program without libc.
static void prepare_child(void) {
    expect(syscall0(__NR_setsid));
    expect(default_dispositions());
    expect(syscall4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&no_signals, 0, SIGSET_SIZE));
}

static void become_stub(long parent, const char *code) {
    prepare_child();
    __asm__ volatile("mov %%rdi, %%r15\n\tjmp *%%rax" : : "D"(parent), "a"(code));
    __builtin_unreachable();
}

static int fork_master(const char *code) {
    uint64_t before = 0;
    const int parent = own_pid();
    CALL(rt_sigprocmask, SIG_SETMASK, &all_signals, &before, SIGSET_SIZE);
    const long pid = syscall6(__NR_clone, SIGCHLD | CLONE_FILES, 0, 0, 0, 0, 0);
    if (pid == 0)
        become_stub(parent, code);
    CALL(rt_sigprocmask, SIG_SETMASK, &before, 0, SIGSET_SIZE);
    return (int)check("clone", pid);
}

// Unmaps everything except the page of the stub code.
static void scrub(const struct stub *stub) {
    const unsigned long start = stub->initial.rip & -(unsigned long)PAGE, end = start + PAGE;
    INJECT(stub, munmap, 0, (long)start);
    if (end < TOP) // a length of 0 is EINVAL
        INJECT(stub, munmap, (long)end, (long)(TOP - end));
}

static struct stub adopt(int pid) {
    struct stub master = {.pid = pid};
    int status = 0;
    CALL(wait4, pid, &status, __WALL | WUNTRACED, 0);
    if (!stopped_by(status, SIGSTOP))
        fail_stop("clone");
    attach(&master);
    scrub(&master);
    return master;
}

struct stub create_master(void) {
    static const char *code;
    if (!code)
        code = map_stub();
    return adopt(fork_master(code));
}

// ---- grandchildren and ends ----

void create_grandchild(const struct stub *master, struct stub *child) {
    struct stub cloner = *master;
    cloner.initial.r15 = (unsigned long)master->pid; // the stub code's convention, for the child
    cloner.initial.rbx = 1;
    child->pid = (int)INJECT(&cloner, clone, SIGCHLD | CLONE_FILES);
    INJECT(master, wait4, child->pid, 0, __WALL | WUNTRACED);
    attach(child);
}

void kill_stub(int pid) {
    CALL(kill, pid, SIGKILL);
    while ((wait_for(pid) & 0xff) == 0x7f) // at the exit event
        PTRACE(PTRACE_CONT, pid, 0);
}

void destroy_grandchild(const struct stub *master, const struct stub *child) {
    kill_stub(child->pid);
    INJECT(master, wait4, child->pid, 0, __WALL);
}
