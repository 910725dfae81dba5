// Executes a program that ends with the thread that started it, even if it never gets to run:
//
//     guard PARENT PROGRAM ARGUMENT...
//
// PARENT is the pid of the starter, which may have ended already. The death signal outlives the
// execve. If the program cannot be executed, the exit status is 127.
#include "machine.h"
#include <asm/signal.h>
#include <linux/prctl.h>

enum { NOT_EXECUTED = 127 };

static long number(const char *digits) {
    long value = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        value = value * 10 + *digits - '0';
    return value;
}

__attribute__((noreturn, used)) void begin(const long *stack) {
    const long count = stack[0];
    char *const *arguments = (char *const *)&stack[1];
    syscall6(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
    if (count > 2 && syscall0(__NR_getppid) == number(arguments[1]))
        syscall3(__NR_execve, (long)arguments[2], (long)&arguments[2], (long)&arguments[count + 1]);
    for (;;)
        syscall1(__NR_exit_group, NOT_EXECUTED);
}
