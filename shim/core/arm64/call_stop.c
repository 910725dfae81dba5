// A guest's registers at a system call stop, which hides x7.
#include "registers.h"
#include "run.h"
#include <asm-generic/errno.h>
#include <asm/signal.h>
#include <linux/wait.h>

enum { STEP_MICROSECONDS = 5000000 };

/** The single-step bit of pstate: PSTATE.SS of the architecture. */
#define PSTATE_SS (UINT64_C(1) << 21)

/** The kernel would restart a call whose first argument looks like -ERESTARTSYS. */
static int64_t forget_number(int32_t tid) {
    int32_t none = -1;
    struct iovec area = {&none, sizeof none};
    return stublab_ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &area);
}

/**
 * Leaves a system call stop for the SIGTRAP with which the kernel reports a single-step over the
 * call, before the next instruction. Returns 0; STUBLAB_END_OTHER at an event or at the end.
 */
static int64_t step_over(int32_t tid, struct stublab_run *run) {
    struct stublab_deadline deadline = {.timeout = STEP_MICROSECONDS};
    int32_t status = 0;
    /* Another stop, a group-stop for example, may come first. The SIGTRAP is queued then. */
    for (int64_t request = PTRACE_SINGLESTEP; status >> 8 != SIGTRAP; request = PTRACE_CONT) {
        int64_t result = resume_thread(tid, request, run);
        if (result < 0)
            return result;
        run->step = STUBLAB_STEP_WAIT;
        result = stublab_wait_within(tid, __WALL, &deadline, &status);
        if (result <= 0)
            return result == 0 ? -ETIME : result;
        if ((status & 0xff) != 0x7f || status >> 16 != 0) {
            run->status = status;
            return STUBLAB_END_OTHER;
        }
    }
    return 0;
}

int64_t get_call_registers(int32_t tid, uint64_t *block, struct stublab_run *run) {
    int64_t result = forget_number(tid);
    if (result == 0)
        result = step_over(tid, run);
    if (result != 0)
        return result;
    run->step = STUBLAB_STEP_GETREGS;
    result = get_registers(tid, block);
    block[REG_PSTATE] &= ~PSTATE_SS;
    return result;
}
