// What the host has for itself: threads and the processors on which they run, pidfds, files, and
// memory that it shares.
#include "belongings.h"
#include "machine.h"
#include "shim.h"
#include <asm-generic/errno.h>
#include <asm-generic/poll.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/time_types.h>

uint32_t stublab_shim_abi(void) {
    return STUBLAB_SHIM_ABI;
}

int32_t stublab_gettid(void) {
    return (int32_t)syscall0(__NR_gettid);
}

int64_t stublab_kill(int32_t pid, int32_t signal) {
    return syscall2(__NR_kill, pid, signal);
}

int64_t stublab_tgkill(int32_t tgid, int32_t tid, int32_t signal) {
    return syscall3(__NR_tgkill, tgid, tid, signal);
}

int64_t stublab_pidfd(int32_t pid) {
    return keep(BELONGING_FILE, syscall2(__NR_pidfd_open, pid, 0), 0);
}

int64_t stublab_has_ended(int32_t pidfd) {
    struct pollfd poll = {.fd = pidfd, .events = POLLIN};
    const struct __kernel_timespec at_once = {0};
    /* -EINTR: the host has a signal. */
    return syscall4(__NR_ppoll, (long)&poll, 1, (long)&at_once, 0) > 0 && (poll.revents & POLLIN);
}

int64_t stublab_getcpu(void) {
    int64_t processor = current_processor();
    if (processor >= 0)
        return processor;
    uint32_t number = 0;
    int64_t result = syscall3(__NR_getcpu, (long)&number, 0, 0);
    return result < 0 ? result : number;
}

int64_t stublab_get_affinity(int32_t tid, void *set, uint64_t length) {
    return syscall3(__NR_sched_getaffinity, tid, (long)length, (long)set);
}

int64_t stublab_set_affinity(int32_t tid, const void *set, uint64_t length) {
    return syscall3(__NR_sched_setaffinity, tid, (long)length, (long)set);
}

int64_t stublab_bind(int32_t tid, uint32_t processor) {
    uint64_t set[16] = {0};
    if (processor >= sizeof set * 8)
        return -EINVAL;
    set[processor / 64] = 1ULL << (processor % 64);
    int64_t result = stublab_set_affinity(tid, set, sizeof set);
    return result < 0 ? result : 0;
}

int64_t stublab_close(int32_t file) {
    drop(BELONGING_FILE, file);
    return syscall1(__NR_close, file);
}

int64_t stublab_memory_file(uint64_t length) {
    int64_t file = syscall2(__NR_memfd_create, (long)"stublab-records", MFD_CLOEXEC);
    if (file < 0)
        return file;
    long result = syscall2(__NR_ftruncate, file, (long)length);
    if (result == 0)
        return keep(BELONGING_FILE, file, 0);
    syscall1(__NR_close, file);
    return result;
}

int64_t stublab_map_shared(int32_t file, uint64_t length) {
    const int flags = MAP_SHARED | (file < 0 ? MAP_ANONYMOUS : 0);
    const long access = PROT_READ | PROT_WRITE;
    const int64_t address = syscall6(__NR_mmap, 0, (long)length, access, flags, file, 0);
    return keep(BELONGING_MEMORY, address, length);
}

int64_t stublab_unmap(uint64_t address, uint64_t length) {
    drop(BELONGING_MEMORY, (int64_t)address);
    return syscall2(__NR_munmap, (long)address, (long)length);
}
