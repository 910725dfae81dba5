#include "sigreturn.h"
#include "machine.h"
#include <asm-generic/errno.h>
#include <asm/sigcontext.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/time.h>

extern const char stublab_sigreturn_begin[];
extern const char stublab_sigreturn_exchange[];
extern const char stublab_sigreturn_handler[];
extern const char stublab_sigreturn_end[];

int64_t stublab_share(void *memory, uint64_t used, uint64_t length) {
    int64_t file = stublab_memory_file(length);
    if (file < 0)
        return file;
    int64_t result = 0;
    for (uint64_t done = 0; result >= 0 && done < used; done += (uint64_t)result)
        result = syscall4(__NR_pwrite64, file, (long)memory + (long)done, (long)(used - done),
                          (long)done);
    if (result >= 0)
        result = syscall6(__NR_mmap, (long)memory, (long)length, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_FIXED, file, 0);
    if (result >= 0)
        return file;
    stublab_close((int32_t)file);
    return result;
}

int64_t stublab_sigreturn_code(void *page, uint64_t length, uint64_t exchange) {
    int64_t size = stublab_sigreturn_end - stublab_sigreturn_begin;
    if ((uint64_t)size > length)
        return -ENOSPC;
    for (int64_t i = 0; i < size; i++)
        ((volatile char *)page)[i] = stublab_sigreturn_begin[i];
    *(uint64_t *)((char *)page + (stublab_sigreturn_exchange - stublab_sigreturn_begin)) = exchange;
    return size;
}

uint32_t stublab_sigreturn_handler_offset(void) {
    return (uint32_t)(stublab_sigreturn_handler - stublab_sigreturn_begin);
}

static int64_t futex(uint32_t *word, int operation, uint32_t value,
                     const struct __kernel_timespec *end) {
    return syscall6(__NR_futex, (long)word, operation, value, (long)end, 0,
                    (long)FUTEX_BITSET_MATCH_ANY);
}

static int64_t await_turn(struct stublab_exchange *exchange, int64_t timeout) {
    struct __kernel_timespec end = {0};
    syscall2(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&end);
    int64_t nanoseconds = end.tv_nsec + timeout % 1000000 * 1000;
    end.tv_sec += timeout / 1000000 + nanoseconds / 1000000000;
    end.tv_nsec = nanoseconds % 1000000000;
    while (__atomic_load_n(&exchange->turn, __ATOMIC_ACQUIRE) != 0) {
        // The time is absolute, so that interruptions do not prolong the wait.
        int64_t result = futex(&exchange->turn, FUTEX_WAIT_BITSET, 1, &end);
        if (result == -ETIMEDOUT)
            return 0;
        if (result < 0 && result != -EINTR && result != -EAGAIN)
            return result;
    }
    return 1;
}

int64_t stublab_await_turn(struct stublab_exchange *exchange, int64_t timeout,
                           struct stublab_canary *canary) {
    plant_canary(canary);
    int64_t result = await_turn(exchange, timeout);
    inspect_canary(canary);
    return result;
}

int64_t stublab_give_turn(struct stublab_exchange *exchange, int64_t timeout,
                          struct stublab_canary *canary) {
    plant_canary(canary);
    __atomic_store_n(&exchange->turn, 1, __ATOMIC_RELEASE);
    int64_t result = futex(&exchange->turn, FUTEX_WAKE, 1, 0);
    if (result >= 0)
        result = await_turn(exchange, timeout);
    inspect_canary(canary);
    return result;
}

int64_t stublab_fresh_frame(int32_t tid, void *image, uint64_t length, uint64_t components,
                            uint64_t size) {
    struct _xstate *area = image;
    const int64_t whole = stublab_fresh_xstate(tid, image, length, components);
    if (whole < (int64_t)sizeof area->fpstate)
        return whole < 0 ? whole : 0;
    if (size + FP_XSTATE_MAGIC2_SIZE > length)
        return -ENOSPC;
    struct _fpx_sw_bytes *reserved = &area->fpstate.sw_reserved;
    const uint32_t extended = (uint32_t)size + FP_XSTATE_MAGIC2_SIZE;
    const uint32_t magic = FP_XSTATE_MAGIC2;
    reserved->magic1 = FP_XSTATE_MAGIC1;
    reserved->extended_size = extended;
    reserved->xfeatures = area->xstate_hdr.xfeatures;
    reserved->xstate_size = (uint32_t)size;
    __builtin_memcpy((uint8_t *)image + size, &magic, sizeof magic);
    return extended;
}
