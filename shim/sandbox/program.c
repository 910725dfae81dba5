// Starts a program of the package, which talks by its standard input and output.
#include "machine.h"
#include "sandbox.h"
#include "signal.h"
#include <asm-generic/errno.h>
#include <asm-generic/fcntl.h>
#include <asm-generic/poll.h>
#include <linux/time_types.h>

/** Raw system calls only: the child has a copy of the memory of a threaded process, without the
 * other threads. */
__attribute__((noreturn)) static void execute(const char *path, const char *argument, int32_t input,
                                              int32_t output) {
    enum { NOT_EXECUTED = 127 };
    const char *const arguments[] = {path, argument, 0}, *const environment[] = {0};
    const uint64_t none = 0;
    syscall0(__NR_setsid);
    default_dispositions();
    syscall3(__NR_dup3, input, 0, 0);
    syscall3(__NR_dup3, output, 1, 0);
    syscall4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, SIGSET_SIZE);
    syscall3(__NR_execve, (long)path, (long)arguments, (long)environment);
    for (;;)
        syscall1(__NR_exit_group, NOT_EXECUTED);
}

int64_t stublab_run_program(const char *path, const char *argument, int32_t input, int32_t output) {
    const uint64_t all = ~0ULL;
    uint64_t previous = 0;
    long result =
        syscall4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&previous, SIGSET_SIZE);
    if (result < 0)
        return result;
    int64_t pid = syscall6(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0);
    if (pid == 0)
        execute(path, argument, input, output);
    syscall4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&previous, 0, SIGSET_SIZE);
    return pid;
}

int64_t stublab_pipe(int32_t *ends, uint32_t own) {
    long result = syscall2(__NR_pipe2, (long)ends, O_CLOEXEC);
    return result < 0 ? result : syscall3(__NR_fcntl, ends[own], F_SETFL, O_NONBLOCK);
}

int64_t stublab_await_file(int32_t file, uint32_t timeout) {
    struct pollfd entry = {file, POLLIN | POLLOUT, 0};
    struct __kernel_timespec rest = {timeout / 1000, timeout % 1000 * 1000000L};
    long result = syscall6(__NR_ppoll, (long)&entry, 1, (long)&rest, 0, 0, 0);
    return result == -EINTR ? 0 : result;
}
