// Detects what a register setup leaves in a thread on arm64.

#include "attempt.h"
#include "registers.h"

/**
 * The stop must be a signal-delivery-stop that leaves nothing behind. A stop signal may have
 * stopped the process instead. If the stop has another reason, a signal given with the resume may
 * still be pending, or its handler may just have been entered. After a single-step a write sets
 * PSTATE.SS until the next resume, and after a stop of a call syscallno is not that of rest.
 */
int is_clean(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    const int signal = outcome->status >> 8;
    if (signal < 1 || signal > 64 || (signal >= SIGSTOP && signal <= SIGTTOU))
        return 0;
    if (setup->on == STUBLAB_ON_SINGLESTEP || setup->on == STUBLAB_ON_SYSEMU_SINGLESTEP)
        return 0;
    return setup->signal == 0 || setup->from == STUBLAB_FROM_SIGNAL;
}

/** A setup that was not resumed has left nothing but registers. Its syscallno counts no more. */
int left_trap_flag(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    (void)setup, (void)outcome;
    return 1;
}

int begins_at_rest(const struct stublab_setup *setup) {
    (void)setup;
    return 0;
}

int hangs_emulator(const struct stublab_setup *steps, uint32_t count) {
    (void)steps, (void)count;
    return 0;
}

int is_spoiled(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    (void)setup, (void)outcome;
    return 0;
}
