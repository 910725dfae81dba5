#include "setups.h"
#include "attempt.h"
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
    if (result == -ESRCH)
        return result;
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
    int64_t result = get_block(tid, outcome->stopped);
    if (result < 0)
        return result;
    struct signal_info info = {0};
    if (setup->wants & STUBLAB_WANT_INFO)
        result = get_signal_info(tid, &info);
    if (result == -ESRCH)
        return result;
    // A group-stop has none.
    if (result == 0) {
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

static int is_gone(int64_t result) {
    return result == -ESRCH || result == -ECHILD;
}

static int emulates(unsigned int on) {
    return on == STUBLAB_ON_SYSEMU || on == STUBLAB_ON_SYSEMU_SINGLESTEP;
}

/** The obstacle that is known to be in the way of a setup. */
static unsigned int known_obstacle(const struct stublab_setup *setup,
                                   const struct stublab_trial *trial) {
    if (trial->unreachable >> setup->from & 1)
        return STUBLAB_OBSTACLE_START;
    if ((setup->from == STUBLAB_FROM_SYSEMU || emulates(setup->on)) &&
        trial->errors[STUBLAB_OBSTACLE_SYSEMU] != 0)
        return STUBLAB_OBSTACLE_SYSEMU;
    return trial->errors[STUBLAB_OBSTACLE_EMULATOR] != 0 && hangs_emulator(setup)
               ? STUBLAB_OBSTACLE_EMULATOR
               : obstacle_of_way(setup->way, trial);
}

/**
 * Whether the kernel refuses PTRACE_SYSEMU to a thread at rest, and not because of the signal or
 * the stop of a setup.
 */
static int lacks_sysemu(int32_t tid, struct stublab_trial *trial, const struct watch *watch) {
    int32_t status = 0;
    set_registers(tid, trial->rest);
    int64_t result = resume(tid, PTRACE_SYSEMU, 0, watch, &status);
    if (result < 0 && !is_gone(result))
        trial->errors[STUBLAB_OBSTACLE_SYSEMU] = (int32_t)-result;
    return trial->errors[STUBLAB_OBSTACLE_SYSEMU] != 0;
}

/** Brings a thread to the start of a setup. Returns the values of resume. */
static int64_t begin(int32_t tid, const struct stublab_setup *setup,
                     struct stublab_outcome *outcome, struct stublab_trial *trial,
                     const struct watch *watch) {
    int64_t result = begins_at_rest(setup) ? settle(tid, trial, watch) : 0;
    if (result == 0)
        result = arrive(tid, setup->from, trial, watch);
    if (result == 0)
        trial->reached |= 1U << setup->from;
    if (result >= 0)
        return result;
    const int emulated = setup->from == STUBLAB_FROM_SYSEMU && lacks_sysemu(tid, trial, watch);
    return hinder(outcome, emulated ? STUBLAB_OBSTACLE_SYSEMU : STUBLAB_OBSTACLE_START, result);
}

/** One attempt: from a stop by a signal to the stop after the setup. */
static int64_t attempt(int32_t tid, const struct stublab_setup *setup,
                       struct stublab_outcome *outcome, struct stublab_trial *trial,
                       const struct watch *watch) {
    hinder(outcome, STUBLAB_OBSTACLE_NONE, 0);
    outcome->error = 0;
    outcome->refused_at = -1;
    outcome->resumed = -1;
    outcome->status = 0;
    outcome->signal = 0;
    int64_t result = begin(tid, setup, outcome, trial, watch);
    if (result == 0)
        result = write_and_read(tid, setup, trial, outcome);
    if (result < 0 && outcome->obstacle == STUBLAB_OBSTACLE_NONE)
        hinder(outcome, STUBLAB_OBSTACLE_READ, result);
    if (result != 0 || outcome->error != 0 || setup->on == STUBLAB_ON_NONE)
        return result;
    result = resume(tid, REQUESTS[setup->on], setup->signal, watch, &outcome->status);
    if (is_gone(result))
        return result;
    if (result < 0 && emulates(setup->on) && lacks_sysemu(tid, trial, watch))
        return hinder(outcome, STUBLAB_OBSTACLE_SYSEMU, result);
    outcome->resumed = result < 0 ? (int32_t)-result : 0;
    if (result < 0)
        return 0;
    if (result == 0)
        result = look(tid, setup, outcome);
    return result < 0 ? hinder(outcome, STUBLAB_OBSTACLE_READ, result) : result;
}

/** Whether the next setup can begin without settle. */
static int is_ready(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    return outcome->resumed == 0
               ? is_clean(setup, outcome)
               : setup->from == STUBLAB_FROM_SIGNAL && !left_trap_flag(setup, outcome);
}

/**
 * Goes on after a setup that was not tried, or not to its end. Returns 0 if the next one can be
 * tried in the same stub. Other stops, which may be those of another process, end the batch.
 */
static int64_t give_up(int32_t tid, const struct stublab_setup *setup,
                       struct stublab_outcome *outcome, const struct stublab_trial *trial,
                       const struct watch *watch, int64_t error) {
    if (is_gone(error))
        hinder(outcome, STUBLAB_OBSTACLE_GONE, error);
    if (is_gone(error) || error == -EPROTO)
        return UNTRIED;
    restore(tid, setup, trial);
    int64_t result = settle(tid, trial, watch);
    return result < 0 || is_spoiled(setup, outcome) ? UNTRIED : result;
}

/**
 * Whether a signal of another process interfered with an attempt. It is the signal of the stop,
 * unless a setup blocks its own signal. In that case it may be pending still: the kernel drops a
 * signal of its own for an equal one that is pending, and takes one of its own that is blocked
 * because another is not (dequeue_synchronous_signal).
 */
static int is_disturbed(int32_t tid, const struct stublab_setup *setup,
                        const struct stublab_outcome *outcome) {
    // A blocked signal that the kernel sends again as if a process had is never that of a stop.
    if (is_sent(outcome->signal, outcome->code, outcome->address))
        return 1;
    if (setup->way != STUBLAB_WAY_SIGMASK || setup->signal == 0 || outcome->resumed != 0)
        return 0;
    const int sends_again =
        setup->from == STUBLAB_FROM_SIGNAL || setup->from == STUBLAB_FROM_STEP32;
    return is_sent_pending(tid, sends_again ? setup->signal : 0);
}

/**
 * Tries one setup, from a stop by a signal to the next. It is tried again if a signal of another
 * process interfered, but the last attempt always counts: not every kernel sets si_code in the same
 * way.
 */
static int64_t try_one(int32_t tid, const struct stublab_setup *setup,
                       struct stublab_outcome *outcome, struct stublab_trial *trial,
                       const struct watch *watch) {
    const unsigned int obstacle = known_obstacle(setup, trial);
    if (obstacle != STUBLAB_OBSTACLE_NONE) {
        hinder(outcome, obstacle, -trial->errors[obstacle]);
        return 0;
    }
    for (int tries = 1;; tries++) {
        int64_t result = attempt(tid, setup, outcome, trial, watch);
        if (result < 0)
            return give_up(tid, setup, outcome, trial, watch, result);
        if (result > 0)
            return result;
        const int disturbed = tries < MOST_TRIES && is_disturbed(tid, setup, outcome);
        restore(tid, setup, trial);
        if (is_spoiled(setup, outcome))
            return SPOILED;
        if (!disturbed && is_ready(setup, outcome))
            return 0;
        result = settle(tid, trial, watch);
        // The outcome counts; the next setup needs another stub.
        if (result < 0 && !disturbed)
            return SPOILED;
        if (result < 0)
            return give_up(tid, setup, outcome, trial, watch, result);
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
    trial->over = (uint32_t)result;
    return done;
}
