// What a tracer asks of one thread: requests of ptrace, its registers, its signal mask, its memory.
#include "machine.h"
#include "registers.h"
#include "shim.h"
#include <asm-generic/errno.h>
#include <linux/ptrace.h>
#include <linux/uio.h>

int64_t stublab_ptrace(int64_t request, int32_t tid, uint64_t address, void *data) {
    return syscall4(__NR_ptrace, request, tid, (long)address, (long)data);
}

int64_t stublab_read_registers(int32_t tid, void *block) {
    return get_registers(tid, block);
}

int64_t stublab_write_registers(int32_t tid, const void *block) {
    return set_registers(tid, block);
}

int64_t stublab_set_mask(int32_t tid, uint64_t mask) {
    return stublab_ptrace(PTRACE_SETSIGMASK, tid, sizeof mask, &mask);
}

int64_t stublab_block(int32_t tid, uint64_t signals, uint64_t *previous) {
    int64_t result = stublab_ptrace(PTRACE_GETSIGMASK, tid, sizeof *previous, previous);
    return result < 0 ? result : stublab_set_mask(tid, *previous | signals);
}

int64_t stublab_attach(int32_t tid, int32_t relative) {
    if (relative != 0 && syscall1(__NR_getsid, tid) != syscall1(__NR_getsid, relative))
        return -ESRCH;
    return stublab_ptrace(PTRACE_ATTACH, tid, 0, 0);
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
