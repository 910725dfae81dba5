// Register setups that a stub tries by itself, by rt_sigreturn. The probe and the stub share a
// struct stublab_exchange.
#ifndef STUBLAB_SIGRETURN_H
#define STUBLAB_SIGRETURN_H

#include "canary.h"
#include "records.h"
#include "shim.h"

/**
 * Makes `length` bytes of the host's memory a file that stubs can map, and keeps the content of the
 * first `used`. Both are whole pages. Returns the file descriptor (close-on-exec).
 */
int64_t stublab_share(void *memory, uint64_t used, uint64_t length);

/**
 * Copies the code of the stub's loop to `page`, which has `length` bytes. `exchange` is the address
 * of the exchange in the stub. Returns the length of the code.
 */
int64_t stublab_sigreturn_code(void *page, uint64_t length, uint64_t exchange);
/** Offset in that code of the signal handler. At offset 0 there is a breakpoint instruction. */
uint32_t stublab_sigreturn_handler_offset(void);

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
 * Writes what stublab_fresh_xstate does as the kernel writes it to a signal frame, of which the
 * area has `size` bytes. Returns its length with FP_XSTATE_MAGIC2; 0 if the machine has no XSAVE
 * area.
 */
int64_t stublab_fresh_frame(int32_t tid, void *image, uint64_t length, uint64_t components,
                            uint64_t size);

#endif
