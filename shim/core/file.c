// Files of the host, and memory that it shares.
#include "shim.h"
#include "syscall.h"
#include <asm-generic/fcntl.h>
#include <linux/memfd.h>
#include <linux/mman.h>

int64_t stublab_close(int32_t file) {
    return syscall1(__NR_close, file);
}

int64_t stublab_memory_file(uint64_t length) {
    int64_t file = syscall2(__NR_memfd_create, (long)"stublab-records", MFD_CLOEXEC);
    if (file < 0)
        return file;
    long result = syscall2(__NR_ftruncate, file, (long)length);
    if (result == 0)
        return file;
    syscall1(__NR_close, file);
    return result;
}

int64_t stublab_map_file(int32_t file, uint64_t length) {
    return syscall6(__NR_mmap, 0, (long)length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
}

int64_t stublab_lock_file(int32_t file) {
    return syscall3(__NR_flock, file, LOCK_EX | LOCK_NB, 0);
}

int64_t stublab_map_shared(uint64_t length) {
    return syscall6(__NR_mmap, 0, (long)length, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_SHARED,
                    -1, 0);
}
