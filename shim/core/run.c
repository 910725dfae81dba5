// How a traced thread is run: registers, resume, wait, and what the stop is. An injection.
#include "run.h"
#include "machine.h"
#include "registers.h"
#include <asm-generic/errno.h>
#include <asm/signal.h>
#include <linux/ptrace.h>
#include <linux/wait.h>

/** The si_code of an exit stop. */
#define EXIT_STOP (SIGTRAP | PTRACE_EVENT_EXIT << 8)

int64_t write_block(int32_t tid, const void *block, struct stublab_run *run) {
    run->step = STUBLAB_STEP_SETREGS;
    return set_registers(tid, block);
}

int64_t resume_thread(int32_t tid, int64_t request, struct stublab_run *run) {
    run->step = STUBLAB_STEP_RESUME;
    return stublab_ptrace(request, tid, 0, 0);
}

int64_t await_stop(int32_t tid, struct stublab_run *run) {
    run->step = STUBLAB_STEP_WAIT;
    const int64_t result = stublab_wait_within(tid, __WALL, &run->deadline, &run->status);
    return result == 0 ? -ETIMEDOUT : result;
}

int64_t read_siginfo(int32_t tid, struct stublab_run *run) {
    run->step = STUBLAB_STEP_GETSIGINFO;
    const int64_t result = stublab_ptrace(PTRACE_GETSIGINFO, tid, 0, run->siginfo);
    /* A group-stop has the same status word as a stop by its signal, but no siginfo. */
    if (result == -EINVAL)
        for (unsigned int i = 0; i < sizeof run->siginfo / sizeof *run->siginfo; i++)
            run->siginfo[i] = 0;
    else if (result < 0)
        return result;
    /* SIGKILL can move a thread there after another stop was reported (ptrace_stop in
       kernel/signal.c). */
    if (run->siginfo[SI_CODE] != EXIT_STOP)
        return STUBLAB_END_SIGNAL;
    run->status = 0x7f | EXIT_STOP << 8;
    return STUBLAB_END_OTHER;
}

int64_t stublab_is_at_exit(int32_t tid) {
    struct stublab_run run;
    const int64_t result = read_siginfo(tid, &run);
    return result < 0 ? result : result == STUBLAB_END_OTHER;
}

int64_t judge_signal(int32_t tid, struct stublab_run *run) {
    const int64_t result = read_siginfo(tid, run);
    return result == STUBLAB_END_SIGNAL && run->siginfo[SI_CODE] <= 0 ? PASSED_OVER : result;
}

int64_t await_judged(int32_t tid, judgement *judge, void *judged, struct stublab_run *run) {
    const int64_t result = await_stop(tid, run);
    return result < 0 ? result : judge(tid, judged, run);
}

int64_t pass_over(int32_t tid, judgement *judge, void *judged, struct stublab_run *run) {
    int64_t result = PASSED_OVER;
    while (result == PASSED_OVER) {
        result = resume_thread(tid, PTRACE_CONT, run);
        if (result < 0)
            return result;
        if (stublab_time_left(&run->deadline) <= 0)
            return -ETIMEDOUT;
        result = await_judged(tid, judge, judged, run);
    }
    return result;
}

/**
 * Classifies a stop during an injection. Only the kernel sends signals with a positive si_code, but
 * a SIGTRAP that another process sent before the breakpoint hides the kernel's own. Only in these
 * two cases is the program counter just past the breakpoint.
 */
static int64_t judge_call(int32_t tid, void *block, struct stublab_run *run) {
    const int signal = stop_signal(run->status);
    /* The filter of a stub that runs guests without a tracer asks the tracer. */
    if (run->status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
        return PASSED_OVER;
    if (signal == 0)
        return STUBLAB_END_OTHER;
    if (run->pass_over & (1ULL << (signal - 1)))
        return PASSED_OVER;
    if (signal == SIGTRAP) {
        run->step = STUBLAB_STEP_GETREGS;
        const int64_t result = get_registers(tid, block);
        if (result < 0 || program_counter(block) == run->rest)
            return result;
        if (program_counter(block) / PAGE_SIZE != run->rest / PAGE_SIZE)
            return STUBLAB_END_LEFT;
    }
    return judge_signal(tid, run);
}

int64_t stublab_inject(int32_t tid, void *block, struct stublab_run *run) {
    int64_t result = write_block(tid, block, run);
    if (result == 0)
        result = resume_thread(tid, PTRACE_CONT, run);
    if (result == 0)
        result = await_judged(tid, judge_call, block, run);
    return result == PASSED_OVER ? pass_over(tid, judge_call, block, run) : result;
}
