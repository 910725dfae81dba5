#include "machine.h"
#include "shim.h"
#include "signal.h"

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
