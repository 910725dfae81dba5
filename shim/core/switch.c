// One switch: a guest runs until its next stop.
#include "registers.h"
#include "run.h"
#include <asm/signal.h>

/** The signal of a system call stop under PTRACE_O_TRACESYSGOOD. */
#define SYSCALL_STOP (SIGTRAP | 0x80)

int64_t stublab_switch_wait(int32_t tid, void *block, void *xstate, struct stublab_run *run) {
    int64_t result = await_stop(tid, run);
    if (result < 0)
        return result;
    const int at_call = run->status >> 8 == SYSCALL_STOP;
    if (!at_call && stop_signal(run->status) == 0)
        return STUBLAB_END_OTHER;
    run->step = STUBLAB_STEP_GETREGS;
    result = at_call ? get_call_registers(tid, block, run) : get_registers(tid, block);
    if (result != 0)
        return result;
    if (run->xstate_length != 0) {
        run->step = STUBLAB_STEP_GETREGSET;
        result = stublab_read_xstate(tid, xstate, run->xstate_length);
        if (result < 0)
            return result;
    }
    return at_call ? STUBLAB_END_DONE : read_siginfo(tid, run);
}

int64_t stublab_switch(int32_t tid, void *block, void *xstate, struct stublab_run *run) {
    int64_t result = write_block(tid, block, run);
    if (result == 0 && run->xstate_length != 0) {
        run->step = STUBLAB_STEP_SETREGSET;
        result = stublab_write_xstate(tid, xstate, run->xstate_length);
    }
    if (result >= 0)
        result = resume_thread(tid, run->request, run);
    return result < 0 ? result : stublab_switch_wait(tid, block, xstate, run);
}
