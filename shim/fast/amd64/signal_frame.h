// The part of the lane fast that depends on the architecture: a guest's state in the signal
// frame and the header of a pages.
#ifndef STUBLAB_SIGNAL_FRAME_H
#define STUBLAB_SIGNAL_FRAME_H

#include "handler.h"
#include <linux/filter.h>

/**
 * Writes the filter of a stub: its handler, in the page at `handler`, may give and await its turn
 * and return; the tracer decides about calls with the instruction that ends at `injection`; all
 * others raise SIGSYS. Returns the number of instructions.
 */
uint16_t write_stub_filter(struct sock_filter *filter, uint64_t handler, uint64_t injection);

/**
 * Takes the places of the frame from the header, if they have changed: the kernel makes the frame
 * below rsp if the guest has that on the handler's stack, and a larger one once the guest has used
 * a dynamic component of XSAVE, as AMX. Returns 0, or -EPROTO and changes nothing.
 */
int64_t find_frame(struct stublab_pages *pages);

/** Writes general registers to the frame. Returns 0, or -EIO as PTRACE_SETREGS does. */
int64_t write_frame(const struct stublab_pages *pages, const uint64_t *block);
/**
 * Reads them, over those with which the guest was resumed. Returns whether it has made a system
 * call, not into the vsyscall page: `siginfo` is that of the call, or of a SIGSYS that hides it.
 */
int read_frame(const struct stublab_pages *pages, uint64_t *block, int32_t *siginfo);
/** Notes in its registers that a guest was stopped by something other than a system call. */
void forget_call(uint64_t *block);

/** What the kernel allows in an XSAVE area, from that of a new process. */
void take_features(struct stublab_pages *pages, const void *xstate);
/** Writes an XSAVE area to the frame. Returns 0, or -EINVAL as PTRACE_SETREGSET does. */
int64_t write_area(const struct stublab_pages *pages, const void *xstate, uint64_t length);
/** Reads it. */
void read_area(const struct stublab_pages *pages, void *xstate, uint64_t length);

#endif
