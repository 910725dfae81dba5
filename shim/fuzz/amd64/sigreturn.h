// Register setups that a stub tries by itself, by rt_sigreturn. The probe and the stub share a
// struct stublab_exchange.
#ifndef STUBLAB_SIGRETURN_H
#define STUBLAB_SIGRETURN_H

#include "canary.h"
#include "records.h"
#include "shim.h"

/**
 * Copies the code of the stub's loop to `page`, which has `length` bytes. `exchange` is the address
 * of the exchange in the stub. Returns the length of the code.
 */
int64_t stublab_sigreturn_code(void *page, uint64_t length, uint64_t exchange);
/** Offsets in that code: of the signal handler, and of what a new stub enters (sigreturn.S). */
uint32_t stublab_sigreturn_handler_offset(void);
uint32_t stublab_sigreturn_enter_offset(void);

/**
 * Waits for the host's turn. Returns 1, or 0 if it did not come within `timeout` microseconds.
 * `canary` says whether the caller's vector registers have changed.
 */
int64_t stublab_await_turn(struct stublab_exchange *exchange, int64_t timeout,
                           struct stublab_canary *canary);
/** Gives the stub its turn, and waits. */
int64_t stublab_give_turn(struct stublab_exchange *exchange, int64_t timeout,
                          struct stublab_canary *canary);

/**
 * Writes to `length` zeros the floating point of a new program, with these components, as the
 * kernel writes it to a signal frame, of which the XSAVE area has `size` bytes. Returns its length
 * with FP_XSTATE_MAGIC2; 0 if frames have no XSAVE area, or there is no room.
 */
uint32_t stublab_fresh_frame(void *image, uint64_t length, uint64_t components, uint64_t size,
                             uint32_t mxcsr_mask);

#endif
