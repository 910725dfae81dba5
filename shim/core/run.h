// The parts of a run that its drivers share: injections, turns of a ring, switches to guests.
#ifndef STUBLAB_RUN_H
#define STUBLAB_RUN_H

#include "shim.h"

/** What a judgement returns besides enum stublab_end: the thread is to be resumed. */
enum { PASSED_OVER = STUBLAB_END_LEFT + 1 };

/** The index of si_code in a siginfo_t. */
enum { SI_CODE = 2 };

/** The signal of a signal-delivery-stop or group-stop; 0 for an event or a system call stop. */
static inline int stop_signal(int32_t status) {
    const int signal = status >> 8;
    return (status & 0xff) == 0x7f && signal > 0 && signal <= 64 ? signal : 0;
}

/** Writes the general registers of a stopped thread. Returns 0 or -errno. */
int64_t write_block(int32_t tid, const void *block, struct stublab_run *run);

/** Resumes a thread by a ptrace request. Returns 0 or -errno. */
int64_t resume_thread(int32_t tid, int64_t request, struct stublab_run *run);

/** Waits for the next stop or the end of a thread. Returns its tid, -ETIMEDOUT or -errno. */
int64_t await_stop(int32_t tid, struct stublab_run *run);

/**
 * Reads the siginfo of a stop by a signal; zeros at a group-stop. Returns STUBLAB_END_SIGNAL,
 * STUBLAB_END_OTHER if the thread is at its exit stop meanwhile, or -errno.
 */
int64_t read_siginfo(int32_t tid, struct stublab_run *run);

/** The same, but a signal of another process is PASSED_OVER: only the kernel's end an injection. */
int64_t judge_signal(int32_t tid, struct stublab_run *run);

/** Judges the last stop: returns an enum stublab_end, PASSED_OVER or -errno. */
typedef int64_t judgement(int32_t tid, void *judged, struct stublab_run *run);

/** Waits for a stop, and judges it. */
int64_t await_judged(int32_t tid, judgement *judge, void *judged, struct stublab_run *run);

/** Resumes a thread after a stop until one is not to be passed over. */
int64_t pass_over(int32_t tid, judgement *judge, void *judged, struct stublab_run *run);

#endif
