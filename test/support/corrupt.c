// A library for a test: a signal handler that changes a vector register of the thread that it
// interrupts, as a kernel would that gives a thread the floating point of another.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <ucontext.h>

enum { REGISTER = 5, PERIOD = 300 };

static uintptr_t code_begin, code_end;

static void corrupt(int signal, siginfo_t *info, void *context) {
    mcontext_t *frame = &((ucontext_t *)context)->uc_mcontext;
    const uintptr_t at = (uintptr_t)frame->gregs[REG_RIP];
    (void)signal;
    (void)info;
    if (at >= code_begin && at < code_end)
        frame->fpregs->_xmm[REGISTER].element[0] ^= 1;
}

/** Begins to change the register every 300 microseconds, if the code in this range is running. */
int start_corrupting(uintptr_t begin, uintptr_t end) {
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESTART};
    const struct itimerval period = {{0, PERIOD}, {0, PERIOD}};
    code_begin = begin;
    code_end = end;
    action.sa_sigaction = corrupt;
    if (sigaction(SIGALRM, &action, 0) != 0)
        return -1;
    return setitimer(ITIMER_REAL, &period, 0);
}

int stop_corrupting(void) {
    const struct itimerval never = {{0, 0}, {0, 0}};
    return setitimer(ITIMER_REAL, &never, 0);
}
