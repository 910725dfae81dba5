// A filter that stops system calls: for a tracer, which puts another call in their place, or for a
// supervisor, which answers them.

#include "stub.h"
#include <linux/filter.h>
#include <linux/ioctl.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/wait.h>

// From Linux 6.16 and 6.6; older headers lack them.
#define PTRACE_SET_SYSCALL_INFO 0x4212
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#define TRACED 0x7000 // the number of no system call
#define STRINGIFY(number) #number
#define TEXT(number) STRINGIFY(number)

#define EVENT_STOP (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)

// Applies `action` to a system call, and allows all others. Returns what seccomp(2) does.
static long filter(unsigned int number, unsigned int action, unsigned int flags) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, __builtin_offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof code / sizeof *code, code};
    CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return CALL(seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

// ---- a tracer that puts a call in the place of one ----

static int traced;

// Each round makes the call TRACED with the result of the round before as its argument.
static void loop_traced(void) {
    filter(TRACED, SECCOMP_RET_TRACE, 0);
    CALL(ptrace, PTRACE_TRACEME, 0, 0, 0);
    CALL(kill, own_pid(), SIGSTOP);
    __asm__ volatile("1: mov %%rax, %%rdi\n\t"
                     "mov $" TEXT(TRACED) ", %%eax\n\t"
                                          "syscall\n\t"
                                          "jmp 1b"
                     :
                     :
                     : "rax", "rcx", "rdi", "r11", "memory");
}

static void await_event(void) {
    const int status = wait_for(traced);
    if ((status & 0xff) != 0x7f || status >> 8 != EVENT_STOP)
        fail("wait for PTRACE_EVENT_SECCOMP", 0);
}

static void prepare_trace(void) {
    traced = start_child(loop_traced);
    if (!stopped_by(wait_for(traced), SIGSTOP))
        fail_because("seccomp or PTRACE_TRACEME: not permitted");
    PTRACE(PTRACE_SETOPTIONS, traced, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
    PTRACE(PTRACE_CONT, traced, 0);
    await_event();
}

static int64_t run_trace(long count) {
    struct ptrace_syscall_info next = {.op = PTRACE_SYSCALL_INFO_SECCOMP};
    struct ptrace_syscall_info seen = {0};
    next.entry.nr = __NR_getpid;
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++) {
        PTRACE_AT(PTRACE_SET_SYSCALL_INFO, traced, sizeof next, &next);
        PTRACE(PTRACE_CONT, traced, 0);
        await_event();
        PTRACE_AT(PTRACE_GET_SYSCALL_INFO, traced, sizeof seen, &seen);
        if ((int)seen.seccomp.args[0] != traced)
            fail("traced getpid", 0);
    }
    return nanoseconds() - start;
}

// ---- a supervisor that answers calls ----

static int *listener; // of the child; both have one table of files

static void loop_notifying(void) {
    const long file =
        filter(__NR_getppid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    __atomic_store_n(listener, (int)file, __ATOMIC_SEQ_CST);
    for (;;)
        syscall0(__NR_getppid);
}

static void prepare_notify(void) {
    listener = memory(sizeof *listener, true);
    const int child = start_child(loop_notifying);
    while (__atomic_load_n(listener, __ATOMIC_SEQ_CST) == 0) {
        if (syscall4(__NR_wait4, child, 0, WNOHANG, 0) != 0)
            fail_because("seccomp with a listener: not permitted");
        syscall0(__NR_sched_yield);
    }
}

static void prepare_notify_sync(void) {
    prepare_notify();
    CALL(ioctl, *listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

static int64_t run_notify(long count) {
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++) {
        struct seccomp_notif request = {0};
        CALL(ioctl, *listener, SECCOMP_IOCTL_NOTIF_RECV, &request);
        const struct seccomp_notif_resp response = {.id = request.id, .val = i};
        CALL(ioctl, *listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
    }
    return nanoseconds() - start;
}

const struct mechanism seccomp_mechanisms[] = {
    {"call-trace", prepare_trace, run_trace},
    {"notify", prepare_notify, run_notify},
    {"notify-sync", prepare_notify_sync, run_notify},
    {0},
};
