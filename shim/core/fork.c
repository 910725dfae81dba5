// The birth of a stub by the host.
#include "machine.h"
#include "shim.h"
#include "signal.h"
#include <asm-generic/errno.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

enum { RSEQ_FLAG_UNREGISTER = 1, RSEQ_LEAST_LENGTH = 32 };

/*
 * The rseq area that glibc 2.35 and later registers. The symbols are weak: with another C library
 * their addresses are 0. The shim has no other undefined symbols.
 */
extern const long __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));

/** The arguments of the child's steps. */
struct plan {
    const void *filter;
    uint32_t filter_length;
    uint32_t options;
};

static long reset_dispositions(const struct plan *plan) {
    (void)plan;
    return default_dispositions();
}

/**
 * The kernel requires the length that was registered. glibc registers the size of the kernel's
 * features (__rseq_size), but at least 32 bytes. If another length was registered, the kernel fails
 * with EINVAL; the tracer then unregisters, with the length from
 * PTRACE_GET_RSEQ_CONFIGURATION (src/core/stub/birth.ts).
 */
static long unregister_rseq(const struct plan *plan) {
    (void)plan;
    if (&__rseq_offset == 0 || &__rseq_size == 0 || __rseq_size == 0)
        return 0;
    long area = (long)(thread_pointer() + __rseq_offset);
    long length = __rseq_size < RSEQ_LEAST_LENGTH ? RSEQ_LEAST_LENGTH : __rseq_size;
    long result = syscall4(__NR_rseq, area, length, RSEQ_FLAG_UNREGISTER, RSEQ_SIGNATURE);
    return result == -EINVAL ? 0 : result;
}

static long set_mask(const uint64_t *mask, uint64_t *previous) {
    return syscall4(__NR_rt_sigprocmask, SIG_SETMASK, (long)mask, (long)previous, SIGSET_SIZE);
}

static long unmask(const struct plan *plan) {
    (void)plan;
    const uint64_t none = 0;
    return set_mask(&none, 0);
}

static long new_session(const struct plan *plan) {
    return plan->options & STUBLAB_FORK_GROUP ? syscall2(__NR_setpgid, 0, 0)
                                              : syscall0(__NR_setsid);
}

static long install_filter(const struct plan *plan) {
    if (plan->filter_length == 0)
        return 0;
    const struct sock_fprog program = {(unsigned short)plan->filter_length,
                                       (struct sock_filter *)plan->filter};
    long result = syscall6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
    if (result < 0)
        return result;
    return syscall3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&program);
}

/**
 * Ends a child whose set-up failed, with `error` as exit status. Its exit signal may kill the
 * parent, which must report the failure. An execve resets the exit signal to SIGCHLD, so the child
 * exits through a program if it can.
 */
__attribute__((noreturn)) static void leave(long error) {
    /* Static: clang would call memset to clear an array on the stack. */
    static const char *arguments[256];
    for (long i = 0; i < error && i < 255; i++)
        arguments[i] = "";
    /* The image must not appear in the file table of the parent. */
    syscall1(__NR_unshare, CLONE_FILES);
    int64_t image = stublab_idle_image();
    syscall6(__NR_execveat, image, (long)"", (long)arguments, 0, AT_EMPTY_PATH, 0);
    syscall1(__NR_exit, error);
    __builtin_unreachable();
}

static long stop_itself(void) {
    return syscall2(__NR_kill, syscall0(__NR_getpid), SIGSTOP);
}

/** Makes the parent the tracer, and stops until the parent resumes this process. */
static long become_traced(void) {
    long result = syscall4(__NR_ptrace, PTRACE_TRACEME, 0, 0, 0);
    return result < 0 ? result : stop_itself();
}

/** Raw system calls only: the child has a copy of the memory of a threaded process, without the
 * other threads. */
__attribute__((noreturn)) static void child(uint64_t stub, uint32_t omit, uint64_t parent,
                                            volatile uint32_t *step, const struct plan *plan) {
    static long (*const steps[])(const struct plan *) = {new_session, reset_dispositions,
                                                         unregister_rseq, unmask, install_filter};
    const uint32_t traced = plan->options & STUBLAB_FORK_TRACED;
    long stopped = traced ? become_traced() : 0;
    if (stopped < 0)
        leave(-stopped);
    for (uint32_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (omit & (1U << i))
            continue;
        *step = 1U << i;
        long result = steps[i](plan);
        if (result < 0)
            leave(-result);
    }
    *step = STUBLAB_CHILD_STUB;
    if (traced)
        stop_itself();
    enter_stub(stub, omit & STUBLAB_CHILD_PARENT ? 0 : parent);
}

int64_t stublab_fork(uint64_t clone_word, uint64_t stub, uint32_t omit, volatile uint32_t *step,
                     const void *filter, uint32_t filter_length, uint32_t options) {
    const struct plan plan = {filter, filter_length, options};
    const uint64_t all = ~0ULL;
    uint64_t previous = 0;
    uint64_t parent = (uint64_t)syscall0(__NR_getpid);
    long result = set_mask(&all, &previous);
    if (result < 0)
        return result;
    int64_t pid = syscall6(__NR_clone, (long)clone_word, 0, 0, 0, 0, 0);
    if (pid == 0)
        child(stub, omit, parent, step, &plan);
    set_mask(&previous, 0);
    return pid;
}
