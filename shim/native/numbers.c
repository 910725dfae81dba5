/* Results of system calls, the options of wait4(2), and the kernel's signal sets: one word. */
#include "native.h"
#include "result.h"
#include "signals.h"

#include <asm/errno.h>
#include <linux/wait.h>

int32_t native_syscall_errno(uint64_t result) {
    return errno_of(result);
}

int32_t native_restarts_syscall(int32_t error) {
    return asks_for_restart(error);
}

int64_t native_encode_wait_options(uint64_t options) {
    const uint64_t known = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;

    return (options & ~known) ? -EINVAL : (int64_t)options;
}

uint64_t native_signal_set(int32_t signal) {
    return signal < 1 || signal > SIGRTMAX ? 0 : (uint64_t)1 << (signal - 1);
}

uint64_t native_blockable_signals(uint64_t set) {
    return set & ~(native_signal_set(SIGKILL) | native_signal_set(SIGSTOP));
}
