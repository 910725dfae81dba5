// The parts of an attempt at a register setup: bringing the thread to the start of the setup
// (stops.c), writing the setup (amd64/write.c), and detecting what it leaves (amd64/residue.c).
// setups.c combines them.
#ifndef STUBLAB_ATTEMPT_H
#define STUBLAB_ATTEMPT_H

#include "kinds.h"
#include "setups.h"
#include "wait.h"
#include <asm-generic/errno.h>
#include <linux/uio.h>

/** A case: its steps, and their outcomes. */
struct steps {
    const struct stublab_setup *setups;
    struct stublab_outcome *outcomes;
    uint32_t count;
};

/** How often a case is tried or approached if signals from other processes get in its way. */
enum { MOST_TRIES = 16 };

/** The beginning of a siginfo_t, which is 128 bytes. */
struct signal_info {
    int32_t signal, error, code, padding;
    uint64_t address;
    uint64_t rest[13];
};

/** Notes why a setup is not tried. Returns `result`. */
static inline int64_t hinder(struct stublab_outcome *outcome, unsigned int obstacle,
                             int64_t result) {
    outcome->obstacle = obstacle;
    outcome->obstacle_error = (int32_t)-result;
    return result;
}

/** What a kernel lacks that a way needs: enum stublab_obstacle. */
unsigned int obstacle_of_way(unsigned int way, const struct stublab_trial *trial);

static inline int64_t get_regset(int32_t tid, uint64_t note, void *bytes, uint64_t length) {
    struct iovec area = {bytes, length};
    return stublab_ptrace(PTRACE_GETREGSET, tid, note, &area);
}

static inline int64_t set_regset(int32_t tid, uint64_t note, const void *bytes, uint64_t length) {
    struct iovec area = {(void *)bytes, length};
    return stublab_ptrace(PTRACE_SETREGSET, tid, note, &area);
}

static inline int64_t get_signal_info(int32_t tid, struct signal_info *info) {
    return stublab_ptrace(PTRACE_GETSIGINFO, tid, 0, info);
}

/**
 * Whether another process sent a signal: the kernel's own signals have a positive si_code, mostly.
 * One that a thread was resumed with, and blocks, has the tracer's pid.
 */
static inline int is_sent(int32_t signal, int32_t code, uint64_t address) {
    return signal != 0 && code <= 0 && !is_step_over_call(signal, code, address) &&
           (int32_t)address != stublab_gettid();
}

/** Whether such a signal is pending for a thread alone, not for its whole process. */
int is_sent_pending(int32_t tid);

/**
 * Resumes a thread and waits. Returns 0 and a status word; STUBLAB_OVER_ENDED or
 * STUBLAB_OVER_RUNS_ON; or the -errno of the request.
 */
int64_t resume(int32_t tid, int64_t request, uint64_t signal, const struct watch *watch,
               int32_t *status);

/** Brings a thread back to a stop by a signal, at rest. Returns the values of resume. */
int64_t settle(int32_t tid, const struct stublab_trial *trial, const struct watch *watch);

/**
 * Brings a thread from a stop by a signal to the start of a setup. Returns the values of resume;
 * -EPROTO if other stops are in the way.
 */
int64_t arrive(int32_t tid, unsigned int from, const struct stublab_trial *trial,
               const struct watch *watch);

/** Reads all registers that a setup has. Returns 0 or -errno. */
int64_t get_block(int32_t tid, uint64_t *block);

/** A debug exception of an earlier case may have left its mark in debug register 6 of amd64. */
void reset_debug_status(int32_t tid);

/** The result of a write; -ESRCH if the thread was killed before what the write left was read. */
static inline int64_t written(int64_t result, int64_t read) {
    return read == -ESRCH ? read : result;
}

/** Whether a way writes general registers, which are then read back as a whole. */
int writes_registers(unsigned int way);

/** Writes a setup; what has no general registers is read back. Returns the result of the write. */
int64_t write_setup(int32_t tid, const struct stublab_setup *setup,
                    const struct stublab_trial *trial, struct stublab_outcome *outcome);

/** Writes pairs to a copy of an area. Pairs outside the area are skipped. */
void put_pairs(const struct stublab_setup *setup, const uint8_t *area, uint8_t *copy,
               uint64_t length);
/** Reads the words at the offsets of the pairs; 0 outside the area. */
void take_pairs(const struct stublab_setup *setup, const uint8_t *area, uint64_t length,
                uint64_t *words);

/** Undoes what a setup wrote in addition to the general registers. */
void restore(int32_t tid, const struct stublab_setup *setup, const struct stublab_trial *trial);

/**
 * Whether a setup must begin at the breakpoint, as its outcome depends on how the thread stopped:
 * it sets the trap flag on its way, or it blocks the signal with which it resumes.
 */
int begins_at_rest(const struct stublab_setup *setup);

/** Whether the next setup can begin at the stop after a setup. */
int is_clean(const struct stublab_setup *setup, const struct stublab_outcome *outcome);

/** Whether a write without a resume has left the trap flag set, as is_clean checks for stops. */
int left_trap_flag(const struct stublab_setup *setup, const struct stublab_outcome *outcome);

/** Whether QEMU's TCG would run the last of `count` steps for ever: the whole machine would hang.
 */
int hangs_emulator(const struct stublab_setup *steps, uint32_t count);

/** Whether a setup left something that no request can undo. */
int is_spoiled(const struct stublab_setup *setup, const struct stublab_outcome *outcome);

#endif
