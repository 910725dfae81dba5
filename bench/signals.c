// A handler in this process that answers a system call.

#include "bench.h"
#include "signal.h"
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/ucontext.h>
#include <linux/prctl.h>

// From Linux 5.11; older headers lack them.
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#define SYSCALL_DISPATCH_FILTER_ALLOW 0
#define SYSCALL_DISPATCH_FILTER_BLOCK 1
#endif

enum { ANSWER = 4711 };

static volatile char selector = SYSCALL_DISPATCH_FILTER_ALLOW;

static void answer_call(int signal, void *info, void *context) {
    (void)signal, (void)info;
    selector = SYSCALL_DISPATCH_FILTER_ALLOW; // for rt_sigreturn
    ((struct ucontext *)context)->uc_mcontext.rax = ANSWER;
}

void restore_signal(void);
__asm__(".pushsection .text\nrestore_signal:\n  mov $15, %eax\n  syscall\n.popsection\n");

void handle(int signal, void (*handler)(int, void *, void *), unsigned long flags) {
    const struct kernel_sigaction action = {.handler = (const void *)handler,
                                            .flags = flags | SA_SIGINFO | SA_RESTORER,
                                            .restorer = (const void *)restore_signal};
    CALL(rt_sigaction, signal, &action, 0, SIGSET_SIZE);
}

static void prepare_dispatch(void) {
    handle(SIGSYS, answer_call, 0);
    CALL(prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector);
}

static int64_t run_dispatch(long count) {
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++) {
        selector = SYSCALL_DISPATCH_FILTER_BLOCK;
        if (syscall0(__NR_getpid) != ANSWER)
            fail_because("Syscall User Dispatch did not dispatch");
    }
    return nanoseconds() - start;
}

const struct mechanism signal_mechanisms[] = {
    {"dispatch", prepare_dispatch, run_dispatch},
    {0},
};
