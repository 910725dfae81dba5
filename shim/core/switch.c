// One switch: a guest runs until its next stop.
#include "machine.h"
#include "registers.h"
#include "shim.h"
#include "wait.h"
#include <asm-generic/errno.h>
#include <asm/signal.h>
#include <linux/ptrace.h>
#include <linux/wait.h>

/** The signal of a system call stop under PTRACE_O_TRACESYSGOOD. */
#define SYSCALL_STOP (SIGTRAP | 0x80)

static int64_t enter(int32_t tid, void *block, void *xstate, struct stublab_switch *exchange) {
    exchange->step = STUBLAB_SWITCH_SETREGS;
    int64_t result = set_registers(tid, block);
    if (result < 0)
        return result;
    if (exchange->xstate_length != 0) {
        exchange->step = STUBLAB_SWITCH_SETREGSET;
        result = stublab_write_xstate(tid, xstate, exchange->xstate_length);
        if (result < 0)
            return result;
    }
    exchange->step = STUBLAB_SWITCH_RESUME;
    return stublab_ptrace(exchange->request, tid, 0, 0);
}

int64_t stublab_switch_wait(int32_t tid, void *block, void *xstate,
                            struct stublab_switch *exchange) {
    exchange->step = STUBLAB_SWITCH_WAIT;
    int64_t result = stublab_wait_within(tid, __WALL, &exchange->deadline, &exchange->status);
    if (result <= 0)
        return result == 0 ? -ETIMEDOUT : result;
    /* At an event the bits above the signal are not 0; after the end the low byte is not 0x7f. */
    if ((exchange->status & 0xff) != 0x7f || exchange->status >> 16 != 0)
        return 2;
    const int at_call = exchange->status >> 8 == SYSCALL_STOP;
    exchange->step = STUBLAB_SWITCH_GETREGS;
    result = at_call ? get_call_registers(tid, block, exchange) : get_registers(tid, block);
    if (result != 0)
        return result;
    if (exchange->xstate_length != 0) {
        exchange->step = STUBLAB_SWITCH_GETREGSET;
        result = stublab_read_xstate(tid, xstate, exchange->xstate_length);
        if (result < 0)
            return result;
    }
    if (at_call)
        return 0;
    exchange->step = STUBLAB_SWITCH_GETSIGINFO;
    result = stublab_ptrace(PTRACE_GETSIGINFO, tid, 0, exchange->siginfo);
    if (result == 0 && exit_stop(exchange->siginfo[SI_CODE]) != 0) {
        exchange->status = exit_stop(exchange->siginfo[SI_CODE]);
        return 2;
    }
    if (result != -EINVAL)
        return result < 0 ? result : 1;
    /* A group-stop has the same status word as a stop by its signal, but no siginfo. */
    for (unsigned int i = 0; i < sizeof exchange->siginfo / sizeof *exchange->siginfo; i++)
        exchange->siginfo[i] = 0;
    return 1;
}

int64_t stublab_switch(int32_t tid, void *block, void *xstate, struct stublab_switch *exchange) {
    int64_t result = enter(tid, block, xstate, exchange);
    return result < 0 ? result : stublab_switch_wait(tid, block, xstate, exchange);
}
