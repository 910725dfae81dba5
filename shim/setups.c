#include "setups.h"
#include "attempt.h"
#include "canary.h"
#include "registers.h"
#include <asm-generic/errno.h>

/**
 * Reads the registers in the signal frame on the stack, or zeros if the stack has no frame. Some
 * containers forbid process_vm_readv, but PTRACE_PEEKDATA always works.
 */
static int64_t read_frame(int32_t tid, struct stublab_outcome *outcome) {
    const uint64_t at = frame_registers(outcome->stopped);
    int64_t result = stublab_read_memory(tid, at, outcome->frame, sizeof outcome->frame);
    if (result == sizeof outcome->frame)
        return 0;
    const int forbidden = result == -EPERM || result == -ENOSYS;
    for (uint64_t i = 0; forbidden && i < STUBLAB_SIGCONTEXT; i++) {
        result = stublab_ptrace(PTRACE_PEEKDATA, tid, at + 8 * i, &outcome->frame[i]);
        if (result == -ESRCH)
            return result;
        if (result < 0)
            break;
    }
    if (!forbidden || result < 0)
        for (int i = 0; i < STUBLAB_SIGCONTEXT; i++)
            outcome->frame[i] = 0;
    return 0;
}

/** Reads the state at the stop that the setup requests. */
static int64_t look(int32_t tid, const struct stublab_setup *setup,
                    struct stublab_outcome *outcome) {
    int64_t result = get_registers(tid, outcome->stopped);
    if (result < 0)
        return result;
    struct signal_info info = {0};
    if ((setup->wants & STUBLAB_WANT_INFO) && get_signal_info(tid, &info) == 0) {
        outcome->signal = info.signal;
        outcome->code = info.code;
        outcome->address = info.address;
    }
    return setup->wants & STUBLAB_WANT_FRAME ? read_frame(tid, outcome) : 0;
}

static const int64_t REQUESTS[] = {
    [STUBLAB_ON_CONT] = PTRACE_CONT,
    [STUBLAB_ON_SYSCALL] = PTRACE_SYSCALL,
    [STUBLAB_ON_SINGLESTEP] = PTRACE_SINGLESTEP,
    [STUBLAB_ON_SYSEMU] = PTRACE_SYSEMU,
    [STUBLAB_ON_SYSEMU_SINGLESTEP] = PTRACE_SYSEMU_SINGLESTEP,
};

/** One attempt: from a stop by a signal to the stop after the setup. */
static int64_t attempt(int32_t tid, const struct stublab_setup *setup,
                       struct stublab_outcome *outcome, const struct stublab_trial *trial,
                       const struct watch *watch) {
    outcome->error = 0;
    outcome->refused_at = -1;
    outcome->resumed = -1;
    outcome->status = 0;
    outcome->signal = 0;
    int64_t result = begins_at_rest(setup) ? settle(tid, trial, watch) : 0;
    if (result == 0)
        result = arrive(tid, setup->from, trial, watch);
    if (result == 0)
        result = write_and_read(tid, setup, trial, outcome);
    if (result != 0 || outcome->error != 0 || setup->on == STUBLAB_ON_NONE)
        return result;
    result = resume(tid, REQUESTS[setup->on], setup->signal, watch, &outcome->status);
    if (result == -ESRCH)
        return result;
    outcome->resumed = result < 0 ? (int32_t)-result : 0;
    if (result < 0)
        return 0;
    return result > 0 ? result : look(tid, setup, outcome);
}

/** Whether the next setup can begin without settle. */
static int is_ready(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    return outcome->resumed == 0
               ? is_clean(setup, outcome)
               : setup->from == STUBLAB_FROM_SIGNAL && !left_trap_flag(setup, outcome);
}

/**
 * Tries one setup, from a stop by a signal to the next. It is tried again if a signal of another
 * process interfered, but the last attempt always counts: not every kernel sets si_code in the same
 * way.
 */
static int64_t try_one(int32_t tid, const struct stublab_setup *setup,
                       struct stublab_outcome *outcome, const struct stublab_trial *trial,
                       const struct watch *watch) {
    for (int tries = 1;; tries++) {
        int64_t result = attempt(tid, setup, outcome, trial, watch);
        if (result != 0)
            return result;
        restore(tid, setup, trial);
        if (is_spoiled(setup, outcome))
            return SPOILED;
        // A blocked signal that the kernel sends again as if a process had is never that of a stop.
        const int disturbed = tries < MOST_TRIES && is_sent(outcome->signal, outcome->code);
        if (!disturbed && is_ready(setup, outcome))
            return 0;
        result = settle(tid, trial, watch);
        if (result != 0 || !disturbed)
            return result;
    }
}

int64_t stublab_try(int32_t tid, const struct stublab_setup *setups,
                    struct stublab_outcome *outcomes, uint32_t count, struct stublab_trial *trial,
                    struct stublab_canary *canary) {
    struct stublab_deadline deadline = {.timeout = trial->timeout};
    struct watch watch = {0};
    uint32_t done = 0;
    int64_t result = 0;
    start_watch(&watch, &deadline);
    plant_canary(canary);
    for (; result == 0 && done < count; done++) {
        deadline.seen = 0;
        result = try_one(tid, &setups[done], &outcomes[done], trial, &watch);
    }
    inspect_canary(canary);
    end_watch(&watch);
    trial->over = result > 0 ? (uint32_t)result : 0;
    return result < 0 ? result : done;
}
