#ifndef STUBLAB_INJECTION_H
#define STUBLAB_INJECTION_H

#include "shim.h"

/** What a judgement returns besides enum stublab_inject_end: the thread is to be resumed. */
enum { PASSED_OVER = 3 };

/** The signal of a signal-delivery-stop or group-stop; 0 for an event or a system call stop. */
int stop_signal(int32_t status);

/**
 * Classifies a stop by a signal: the kernel's own end an injection (STUBLAB_INJECT_STOPPED), those
 * of other processes are passed over. Returns -errno if the thread is gone.
 */
int64_t judge_signal(int32_t tid, struct stublab_injection *injection);

#endif
