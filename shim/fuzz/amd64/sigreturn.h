// Register setups that a stub tries by itself, by rt_sigreturn. The probe and the stub share a
// struct stublab_exchange.
#ifndef STUBLAB_SIGRETURN_H
#define STUBLAB_SIGRETURN_H

#include "canary.h"
#include "records.h"
#include "shim.h"

/**
 * The code of the stub's loop (sigreturn.S), of less than a page; in it the word for the address of
 * the exchange, the signal handler, and what a new stub enters.
 */
extern const char stublab_sigreturn_begin[], stublab_sigreturn_exchange[],
    stublab_sigreturn_handler[], stublab_sigreturn_enter[], stublab_sigreturn_end[];

/**
 * Gives the stub its turn if `gives` is not 0, and waits for the host's. Returns 1, or 0 if it did
 * not come within `timeout` microseconds. `canary` says whether the caller's vector registers have
 * changed.
 */
int64_t stublab_await_turn(struct stublab_exchange *exchange, int gives, int64_t timeout,
                           struct stublab_canary *canary);

/**
 * Writes to `length` zeros the floating point of a new program, with these components, as the
 * kernel writes it to a signal frame, of which the XSAVE area has `size` bytes. Returns its length
 * with FP_XSTATE_MAGIC2; 0 if frames have no XSAVE area, or there is no room.
 */
uint32_t stublab_fresh_frame(void *image, uint64_t length, uint64_t components, uint64_t size,
                             uint32_t mxcsr_mask);

#endif
