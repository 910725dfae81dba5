#include "machine.h"
#include "sandbox.h"
#include <asm-generic/errno.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>

/** The placeholder in the filter for the pid of the process. */
#define OWN_PID 0xffffffffU

#define LOAD(field)                                                                                \
    { BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, field) }
#define JUMP(test, k, yes, no)                                                                     \
    { BPF_JMP | (test) | BPF_K, yes, no, k }
#define ANSWER(action)                                                                             \
    { BPF_RET | BPF_K, 0, 0, action }
#define REFUSE(name) JUMP(BPF_JEQ, __NR_##name, 0, 1), ANSWER(SECCOMP_RET_ERRNO | EPERM)
#define MISSING(name) JUMP(BPF_JEQ, __NR_##name, 0, 1), ANSWER(SECCOMP_RET_ERRNO | ENOSYS)
/** Refuses a call unless its first argument is `k`. */
#define ONLY(name, k)                                                                              \
    JUMP(BPF_JEQ, __NR_##name, 0, 4), LOAD(args[0]), JUMP(BPF_JEQ, k, 1, 0),                       \
        ANSWER(SECCOMP_RET_ERRNO | EPERM), ANSWER(SECCOMP_RET_ALLOW)

/*
 * The process may create threads, but no processes, programs or sockets (a network namespace does
 * not cover sockets in the file system), and it may not touch other processes. A filter sees
 * neither the flags of clone3, which are in memory, nor the operations of io_uring: both calls fail
 * with ENOSYS, and C libraries and libuv fall back to others.
 */
static struct sock_filter filter[] = {
    LOAD(arch),
    JUMP(BPF_JEQ, NATIVE_ARCH, 1, 0),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
    REFUSE_NATIVE,
    MISSING(clone3),
    MISSING(io_uring_setup),
    REFUSE(execve),
    REFUSE(execveat),
    REFUSE(unshare),
    REFUSE(setns),
    REFUSE(ptrace),
    REFUSE(process_vm_readv),
    REFUSE(process_vm_writev),
    REFUSE(pidfd_getfd),
    REFUSE(pidfd_send_signal),
    REFUSE(rt_sigqueueinfo),
    REFUSE(tkill),
    REFUSE(setpriority),
    REFUSE(socket),
    REFUSE(connect),
    ONLY(kill, OWN_PID),
    ONLY(tgkill, OWN_PID),
    ONLY(rt_tgsigqueueinfo, OWN_PID),
    ONLY(prlimit64, 0),
    /* The process must end with its parent. */
    JUMP(BPF_JEQ, __NR_prctl, 0, 3),
    LOAD(args[0]),
    JUMP(BPF_JEQ, PR_SET_PDEATHSIG, 0, 1),
    ANSWER(SECCOMP_RET_ERRNO | EPERM),
    LOAD(nr),
    JUMP(BPF_JEQ, __NR_clone, 0, 3),
    LOAD(args[0]),
    JUMP(BPF_JSET, CLONE_THREAD, 1, 0),
    ANSWER(SECCOMP_RET_ERRNO | EPERM),
    ANSWER(SECCOMP_RET_ALLOW),
};

int64_t stublab_confine(void) {
    const uint32_t length = sizeof filter / sizeof *filter;
    const struct sock_fprog program = {length, filter};
    uint32_t pid = (uint32_t)syscall0(__NR_getpid);
    for (uint32_t i = 0; i < length; i++)
        if (filter[i].k == OWN_PID)
            filter[i].k = pid;
    long result = syscall6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
    if (result == 0)
        result = syscall3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
                          (long)&program);
    /* A positive result is the tid of a thread that cannot be synchronised. */
    return result > 0 ? -EBUSY : result;
}
