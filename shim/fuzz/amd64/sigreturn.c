#include "sigreturn.h"
#include "machine.h"
#include "registers.h"
#include <asm-generic/errno.h>
#include <asm/sigcontext.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/time.h>
#include <stddef.h>

static int64_t futex(uint32_t *word, int operation, uint32_t value,
                     const struct __kernel_timespec *time) {
    return syscall4(__NR_futex, (long)word, operation, value, (long)time);
}

static int64_t await_turn(struct stublab_exchange *exchange, int64_t timeout) {
    const struct __kernel_timespec time = {timeout / 1000000, timeout % 1000000 * 1000};
    while (__atomic_load_n(&exchange->turn, __ATOMIC_ACQUIRE) != 0) {
        // A signal makes the wait begin anew, which is short: no clock need be read.
        int64_t result = futex(&exchange->turn, FUTEX_WAIT, 1, &time);
        if (result == -ETIMEDOUT)
            return 0;
        if (result < 0 && result != -EINTR && result != -EAGAIN)
            return result;
    }
    return 1;
}

int64_t stublab_await_turn(struct stublab_exchange *exchange, int gives, int64_t timeout,
                           struct stublab_canary *canary) {
    int64_t result = 0;
    plant_canary(canary);
    if (gives) {
        __atomic_store_n(&exchange->turn, 1, __ATOMIC_RELEASE);
        result = futex(&exchange->turn, FUTEX_WAKE, 1, 0);
    }
    if (result >= 0)
        result = await_turn(exchange, timeout);
    inspect_canary(canary);
    return result;
}

uint32_t stublab_fresh_frame(void *image, uint64_t length, uint64_t components, uint64_t size,
                             uint32_t mxcsr_mask) {
    struct _xstate *area = image;
    const uint32_t extended = (uint32_t)size + FP_XSTATE_MAGIC2_SIZE, magic = FP_XSTATE_MAGIC2;
    if (size < offsetof(struct _xstate, ymmh) || extended > length)
        return 0;
    area->fpstate.cwd = INITIAL_FCW;
    area->fpstate.mxcsr = INITIAL_MXCSR;
    area->fpstate.mxcsr_mask = mxcsr_mask;
    area->fpstate.sw_reserved = (struct _fpx_sw_bytes){.magic1 = FP_XSTATE_MAGIC1,
                                                       .extended_size = extended,
                                                       .xfeatures = components,
                                                       .xstate_size = (uint32_t)size};
    area->xstate_hdr.xfeatures = components;
    __builtin_memcpy((uint8_t *)image + size, &magic, sizeof magic);
    return extended;
}
