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
    const int forbidden = result < 0 && result != -EFAULT && result != -ESRCH;
    int whole = forbidden || result == sizeof outcome->frame;
    for (uint64_t i = 0; forbidden && whole && i < STUBLAB_SIGCONTEXT; i++) {
        result = stublab_ptrace(PTRACE_PEEKDATA, tid, at + 8 * i, &outcome->frame[i]);
        whole = result == 0;
    }
    if (!whole)
        __builtin_memset(outcome->frame, 0, sizeof outcome->frame);
    return result == -ESRCH ? result : 0;
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
    // Since the stop was reported, SIGKILL has brought the thread to its exit stop.
    if (result == 0 && info.code == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
        result = -ESRCH;
    // A group-stop has none: EINVAL. Every other errno is a lack.
    if (result < 0 && result != -EINVAL)
        return result;
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

/** The obstacle that is known to be in the way of the last of `count` steps. */
static unsigned int known_obstacle(const struct stublab_setup *steps, uint32_t count,
                                   const struct stublab_trial *trial) {
    const struct stublab_setup *setup = &steps[count - 1];
    if (trial->unreachable >> setup->from & 1)
        return STUBLAB_OBSTACLE_START;
    if ((setup->from == STUBLAB_FROM_SYSEMU || emulates(setup->on)) &&
        trial->errors[STUBLAB_OBSTACLE_SYSEMU] != 0)
        return STUBLAB_OBSTACLE_SYSEMU;
    return trial->errors[STUBLAB_OBSTACLE_EMULATOR] != 0 && hangs_emulator(steps, count)
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

/** Brings a thread to the start of a case. Returns the values of resume. */
static int64_t begin(int32_t tid, const struct steps *it, struct stublab_trial *trial,
                     const struct watch *watch) {
    const struct stublab_setup *first = it->setups;
    // A further step may depend on how the thread stopped at first.
    const int rests = it->count > 1 || begins_at_rest(first);
    int64_t result = rests ? settle(tid, trial, watch) : 0;
    if (result == 0)
        result = arrive(tid, first->from, trial, watch);
    if (result == 0 && it->count > 1)
        reset_debug_status(tid);
    if (result == 0)
        trial->reached |= 1U << first->from;
    if (result >= 0)
        return result;
    const int emulated = first->from == STUBLAB_FROM_SYSEMU && lacks_sysemu(tid, trial, watch);
    return hinder(it->outcomes, emulated ? STUBLAB_OBSTACLE_SYSEMU : STUBLAB_OBSTACLE_START,
                  result);
}

/**
 * Writes a setup and reads back. The errno of the write goes to the outcome. Returns the -errno of
 * reading. The registers after a refused write depend on those before it: these are set to the
 * registers of rest, unless arrive has just done so. -ESRCH means that the thread is gone, not that
 * a write was refused.
 */
static int64_t write_and_read(int32_t tid, const struct stublab_setup *setup,
                              const struct stublab_trial *trial, struct stublab_outcome *outcome) {
    const int at_rest = setup->from == STUBLAB_FROM_SIGNAL, all = writes_all(setup->way);
    if (at_rest && !all)
        set_registers(tid, trial->rest);
    int64_t result = write_setup(tid, setup, trial, outcome);
    if (at_rest && all && result < 0) {
        set_registers(tid, trial->rest);
        result = write_setup(tid, setup, trial, outcome);
    }
    if (result == -ESRCH)
        return result;
    outcome->error = (int32_t)-result;
    if (!writes_registers(setup->way) || (result == 0 && !(setup->wants & STUBLAB_WANT_WRITTEN)))
        return 0;
    return get_block(tid, outcome->written);
}

/** One attempt at a step: from the start of it to the stop after it. */
static int64_t attempt_step(int32_t tid, const struct steps *it, uint32_t i,
                            struct stublab_trial *trial, const struct watch *watch) {
    const struct stublab_setup *setup = &it->setups[i];
    struct stublab_outcome *outcome = &it->outcomes[i];
    const unsigned int obstacle = known_obstacle(it->setups, i + 1, trial);
    hinder(outcome, obstacle, -trial->errors[obstacle]);
    outcome->error = 0;
    outcome->refused_at = -1;
    outcome->resumed = -1;
    outcome->status = 0;
    outcome->signal = 0;
    if (obstacle != STUBLAB_OBSTACLE_NONE)
        return 0;
    int64_t result = i == 0 ? begin(tid, it, trial, watch) : 0;
    if (result == 0)
        result = write_and_read(tid, setup, trial, outcome);
    if (result < 0 && outcome->obstacle == STUBLAB_OBSTACLE_NONE)
        hinder(outcome, STUBLAB_OBSTACLE_READ, result);
    if (result != 0 || outcome->error != 0 || setup->on == STUBLAB_ON_NONE)
        return result;
    result = resume(tid, REQUESTS[setup->on], setup->signal, watch, &outcome->status);
    if (is_gone(result))
        return result;
    // A step after this one would not go on from here.
    if (result < 0 && emulates(setup->on) && i + 1 == it->count && lacks_sysemu(tid, trial, watch))
        return hinder(outcome, STUBLAB_OBSTACLE_SYSEMU, result);
    outcome->resumed = result < 0 ? (int32_t)-result : 0;
    if (result < 0)
        return 0;
    if (result == 0)
        result = look(tid, setup, outcome);
    return result < 0 ? hinder(outcome, STUBLAB_OBSTACLE_READ, result) : result;
}

/** Notes why the steps from `i` on are not tried. */
static void hinder_from(const struct steps *it, uint32_t i, unsigned int obstacle, int64_t result) {
    for (; i < it->count; i++)
        hinder(&it->outcomes[i], obstacle, result);
}

/** One attempt: from a stop by a signal to the stop after the last step. */
static int64_t attempt(int32_t tid, const struct steps *it, struct stublab_trial *trial,
                       const struct watch *watch) {
    for (uint32_t i = 0; i < it->count; i++) {
        int64_t result = attempt_step(tid, it, i, trial, watch);
        const struct stublab_outcome *outcome = &it->outcomes[i];
        const int hindered = outcome->obstacle != STUBLAB_OBSTACLE_NONE;
        if (result == 0 && !hindered)
            continue;
        hinder_from(it, i + 1, hindered ? outcome->obstacle : STUBLAB_OBSTACLE_ENDED,
                    -outcome->obstacle_error);
        return result;
    }
    return 0;
}

/** Undoes what the steps wrote that were tried. Returns whether they left what cannot be undone. */
static int undo(int32_t tid, const struct steps *it, const struct stublab_trial *trial) {
    int spoiled = 0;
    for (uint32_t i = 0; i < it->count; i++) {
        restore(tid, &it->setups[i], trial);
        spoiled |= is_spoiled(&it->setups[i], &it->outcomes[i]);
        if (it->outcomes[i].obstacle != STUBLAB_OBSTACLE_NONE)
            break;
    }
    return spoiled;
}

/** Whether the next case can begin without settle. */
static int is_ready(const struct steps *it) {
    const struct stublab_setup *setup = it->setups;
    const struct stublab_outcome *outcome = it->outcomes;
    if (it->count > 1)
        return 0;
    return outcome->resumed == 0
               ? is_clean(setup, outcome)
               : setup->from == STUBLAB_FROM_SIGNAL && !left_trap_flag(setup, outcome);
}

/**
 * Goes on after a case that was not tried, or not to its end. Returns 0 if the next one can be
 * tried in the same stub. Other stops, which may be those of another process, end the batch.
 */
static int64_t give_up(int32_t tid, const struct steps *it, const struct stublab_trial *trial,
                       const struct watch *watch, int64_t error) {
    if (is_gone(error))
        hinder_from(it, 0, STUBLAB_OBSTACLE_GONE, error);
    if (is_gone(error) || error == -EPROTO)
        return STUBLAB_OVER_UNTRIED;
    const int spoiled = undo(tid, it, trial);
    int64_t result = settle(tid, trial, watch);
    return result < 0 || spoiled ? STUBLAB_OVER_UNTRIED : result;
}

/**
 * Whether a signal of another process interfered with an attempt. It is the signal of a stop,
 * unless a step has blocked it. In that case it may be pending still: the kernel drops a signal of
 * its own for an equal one that is pending, and takes one of its own that is blocked because
 * another is not (dequeue_synchronous_signal).
 */
static int is_disturbed(int32_t tid, const struct steps *it) {
    int blocks = 0;
    for (uint32_t i = 0; i < it->count; i++) {
        const struct stublab_outcome *outcome = &it->outcomes[i];
        if (outcome->obstacle != STUBLAB_OBSTACLE_NONE)
            break;
        if (is_sent(outcome->signal, outcome->code, outcome->address))
            return 1;
        blocks |= it->setups[i].way == STUBLAB_WAY_SIGMASK;
    }
    return blocks && is_sent_pending(tid);
}

/**
 * Tries one case, from a stop by a signal to the next. It is tried again if a signal of another
 * process interfered, but the last attempt always counts: not every kernel sets si_code in the same
 * way.
 */
static int64_t try_case(int32_t tid, const struct steps *it, struct stublab_trial *trial,
                        const struct watch *watch) {
    if (known_obstacle(it->setups, 1, trial) != STUBLAB_OBSTACLE_NONE)
        return attempt(tid, it, trial, watch);
    for (int tries = 1;; tries++) {
        int64_t result = attempt(tid, it, trial, watch);
        if (result < 0)
            return give_up(tid, it, trial, watch, result);
        trial->disturbed = is_disturbed(tid, it);
        if (result > 0)
            return result;
        if (undo(tid, it, trial))
            return STUBLAB_OVER_SPOILED;
        const int again = trial->disturbed && tries < MOST_TRIES;
        if (!again && is_ready(it))
            return 0;
        result = settle(tid, trial, watch);
        // The outcome counts; the next case needs another stub.
        if (result < 0 && !again)
            return STUBLAB_OVER_SPOILED;
        if (result < 0)
            return give_up(tid, it, trial, watch, result);
        if (result != 0 || !again)
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
    while (result == 0 && done < count) {
        const struct steps it = {&setups[done], &outcomes[done],
                                 count_steps(&setups[done], count - done)};
        deadline.seen = 0;
        trial->disturbed = 0;
        result = try_case(tid, &it, trial, &watch);
        done += it.count;
    }
    inspect_canary(canary);
    end_watch(&watch);
    trial->over = (uint32_t)result;
    return done;
}
