#include "shim.h"
#include "syscall_amd64.h"
#include "wait.h"
#include <asm-generic/errno.h>
#include <asm/ptrace-abi.h>
#include <asm/signal.h>
#include <linux/ptrace.h>
#include <linux/uio.h>
#include <linux/wait.h>

uint32_t stublab_shim_abi(void) {
    return STUBLAB_SHIM_ABI;
}

int32_t stublab_gettid(void) {
    return (int32_t)syscall0(__NR_gettid);
}

int64_t stublab_tgkill(int32_t tgid, int32_t tid, int32_t signal) {
    return syscall3(__NR_tgkill, tgid, tid, signal);
}

int64_t stublab_ptrace(int64_t request, int32_t tid, uint64_t address, void *data) {
    return syscall4(__NR_ptrace, request, tid, (long)address, (long)data);
}

/** The signal of a plain stop (no event, no system call stop), or 0. */
static int stop_signal(int32_t status) {
    int signal = status >> 8;
    return (status & 0xff) == 0x7f && signal > 0 && signal <= 64 ? signal : 0;
}

int64_t stublab_inject(int32_t tid, void *block, struct stublab_injection *injection) {
    struct deadline deadline = {.timeout = injection->timeout};
    injection->step = STUBLAB_INJECT_SETREGS;
    int64_t result = stublab_ptrace(PTRACE_SETREGS, tid, 0, block);
    if (result < 0)
        return result;
    int signal = 0;
    do {
        injection->step = STUBLAB_INJECT_CONT;
        result = stublab_ptrace(PTRACE_CONT, tid, 0, 0);
        if (result < 0)
            return result;
        injection->step = STUBLAB_INJECT_WAIT;
        result = wait_until(tid, __WALL, &deadline, &injection->status);
        if (result <= 0)
            return result == 0 ? -ETIMEDOUT : result;
        signal = stop_signal(injection->status);
    } while (signal != 0 && (injection->pass_over & (1ULL << (signal - 1))));
    if (signal != SIGTRAP)
        return 1;
    injection->step = STUBLAB_INJECT_GETREGS;
    return stublab_ptrace(PTRACE_GETREGS, tid, 0, block);
}

int64_t stublab_read_memory(int32_t pid, uint64_t address, void *bytes, uint64_t length) {
    const struct iovec local = {bytes, length};
    const struct iovec remote = {(void *)address, length};
    return syscall6(__NR_process_vm_readv, pid, (long)&local, 1, (long)&remote, 1, 0);
}

int64_t stublab_write_memory(int32_t pid, uint64_t address, const void *bytes, uint64_t length) {
    const struct iovec local = {(void *)bytes, length};
    const struct iovec remote = {(void *)address, length};
    return syscall6(__NR_process_vm_writev, pid, (long)&local, 1, (long)&remote, 1, 0);
}
