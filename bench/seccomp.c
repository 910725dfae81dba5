// A filter that stops system calls for a supervisor, which answers them.

#include "stub.h"
#include <linux/filter.h>
#include <linux/ioctl.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/wait.h>

// Has getppid answered by a supervisor. Returns what seccomp(2) does: a file descriptor for it.
static long supervise_getppid(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, __builtin_offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof code / sizeof *code, code};
    CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return CALL(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static int *listener; // of the child; both have one table of files

static void loop_notifying(void) {
    const long file = supervise_getppid();
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
    {"notify", prepare_notify, run_notify},
    {0},
};
