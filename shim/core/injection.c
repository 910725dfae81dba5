// One injected call: registers, resume, wait, and whether the stop is its end.
#include "machine.h"
#include "registers.h"
#include "shim.h"
#include "wait.h"
#include <asm-generic/errno.h>
#include <asm/signal.h>
#include <linux/ptrace.h>
#include <linux/wait.h>

/** The si_code of the signal that stopped the thread if the kernel raised it, else 0; or -ESRCH. */
static int64_t signal_code(int32_t tid) {
    struct {
        int32_t signal, error, code;
        uint8_t rest[116];
    } info = {0};
    int64_t result = stublab_ptrace(PTRACE_GETSIGINFO, tid, 0, &info);
    if (result == -ESRCH)
        return result;
    return result == 0 && info.code > 0 ? info.code : 0;
}

int64_t judge_signal(int32_t tid, struct stublab_injection *injection) {
    injection->step = STUBLAB_INJECT_GETSIGINFO;
    int64_t code = signal_code(tid);
    if (code < 0)
        return code;
    if (exit_stop((int32_t)code) != 0)
        injection->status = exit_stop((int32_t)code);
    return code > 0 ? STUBLAB_INJECT_STOPPED : PASSED_OVER;
}

/**
 * Classifies a stop during an injection: returns an enum stublab_inject_end, PASSED_OVER, or
 * -errno. Only the kernel sends signals with a positive si_code, but a SIGTRAP that another process
 * sent before the breakpoint hides the kernel's own. Only in these two cases is the program counter
 * just past the breakpoint.
 */
static int64_t judge_stop(int32_t tid, uint64_t *block, struct stublab_injection *injection) {
    const int signal = stop_signal(injection->status);
    /* The filter of a stub that runs guests without a tracer asks the tracer. */
    if (injection->status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
        return PASSED_OVER;
    if (signal == 0)
        return STUBLAB_INJECT_STOPPED;
    if (injection->pass_over & (1ULL << (signal - 1)))
        return PASSED_OVER;
    if (signal == SIGTRAP) {
        injection->step = STUBLAB_INJECT_GETREGS;
        int64_t result = get_registers(tid, block);
        if (result < 0 || program_counter(block) == injection->rest)
            return result;
        if (program_counter(block) / PAGE_SIZE != injection->rest / PAGE_SIZE)
            return STUBLAB_INJECT_LEFT;
    }
    return judge_signal(tid, injection);
}

int64_t stublab_inject(int32_t tid, void *block, struct stublab_injection *injection) {
    injection->step = STUBLAB_INJECT_SETREGS;
    int64_t result = set_registers(tid, block);
    if (result < 0)
        return result;
    do {
        injection->step = STUBLAB_INJECT_CONT;
        const int again = result == PASSED_OVER;
        result = stublab_ptrace(PTRACE_CONT, tid, 0, 0);
        if (result < 0)
            return result;
        injection->step = STUBLAB_INJECT_WAIT;
        if (again && stublab_time_left(&injection->deadline) <= 0)
            return -ETIMEDOUT;
        result = stublab_wait_within(tid, __WALL, &injection->deadline, &injection->status);
        if (result <= 0)
            return result == 0 ? -ETIMEDOUT : result;
        result = judge_stop(tid, block, injection);
    } while (result == PASSED_OVER);
    return result;
}
