// The stub code, which every stub inherits, and the program by which one resets its exit signal.
#include "machine.h"
#include "shim.h"
#include <asm-generic/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/memfd.h>
#include <linux/mman.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3 */
#endif

extern const char stublab_stub_begin[];
extern const char stublab_stub_syscall[];
extern const char stublab_stub_rest[];
extern const char stublab_stub_serve[];
extern const char stublab_stub_wake[];
extern const char stublab_stub_sleep[];
extern const char stublab_stub_end[];
extern const char stublab_idle_begin[];
extern const char stublab_idle_end[];

/** The address of the stub code in this process; 0 before it is mapped. */
static int64_t stub_address;

static int64_t map(uint64_t address, uint64_t length, int flags) {
    return syscall6(__NR_mmap, (long)address, (long)length, PROT_READ | PROT_WRITE,
                    MAP_ANONYMOUS | flags, -1, 0);
}

static void copy(char *to, const char *from, const char *end) {
    while (from < end)
        *(volatile char *)to++ = *from++;
}

int64_t stublab_map_stub(uint64_t address) {
    int64_t mapped = __atomic_load_n(&stub_address, __ATOMIC_ACQUIRE);
    if (mapped != 0)
        return mapped;
    mapped = map(address, PAGE_SIZE, MAP_PRIVATE | MAP_FIXED_NOREPLACE);
    if (mapped < 0)
        return mapped;
    int64_t result = -EEXIST;
    /* Linux before 4.17 takes the address as a hint. */
    if ((uint64_t)mapped == address) {
        copy((char *)mapped, stublab_stub_begin, stublab_stub_end);
        result = syscall3(__NR_mprotect, mapped, PAGE_SIZE, PROT_READ | PROT_EXEC);
    }
    int64_t none = 0;
    if (result == 0 && __atomic_compare_exchange_n(&stub_address, &none, mapped, 0,
                                                   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return mapped;
    syscall2(__NR_munmap, mapped, PAGE_SIZE);
    return result == 0 ? none : result;
}

int64_t stublab_probe_page(uint64_t address) {
    int64_t mapped = map(address, PAGE_SIZE, MAP_PRIVATE | MAP_FIXED_NOREPLACE);
    if (mapped < 0)
        return mapped;
    syscall2(__NR_munmap, mapped, PAGE_SIZE);
    /* Linux before 4.17 maps the page elsewhere if it cannot map it at the address. */
    return (uint64_t)mapped == address ? 0 : -ENOMEM;
}

uint32_t stublab_stub_syscall_offset(void) {
    return (uint32_t)(stublab_stub_syscall - stublab_stub_begin);
}

uint32_t stublab_stub_rest_offset(void) {
    return (uint32_t)(stublab_stub_rest - stublab_stub_begin);
}

uint32_t stublab_stub_serve_offset(void) {
    return (uint32_t)(stublab_stub_serve - stublab_stub_begin);
}

uint32_t stublab_stub_wake_offset(void) {
    return (uint32_t)(stublab_stub_wake - stublab_stub_begin);
}

uint32_t stublab_stub_sleep_offset(void) {
    return (uint32_t)(stublab_stub_sleep - stublab_stub_begin);
}

/** The path of this library; empty if it is unknown. */
static char library_path[PATH_MAX];

int64_t stublab_name_library(const char *path) {
    for (int i = 0; i < PATH_MAX; i++) {
        library_path[i] = path[i];
        if (path[i] == 0)
            return 0;
    }
    library_path[0] = 0;
    return -ENAMETOOLONG;
}

static int64_t create_image(uint32_t flags) {
    return syscall2(__NR_memfd_create, (long)"stublab-idle", flags);
}

/** With vm.memfd_noexec=1 a file without MFD_EXEC cannot be executed. */
static int64_t write_image(void) {
    int64_t file = create_image(MFD_CLOEXEC | MFD_EXEC);
    if (file == -EINVAL) /* Linux before 6.3 */
        file = create_image(MFD_CLOEXEC);
    if (file < 0)
        return file;
    int64_t written =
        syscall3(__NR_write, file, (long)stublab_idle_begin, stublab_idle_end - stublab_idle_begin);
    if (written >= 0)
        return file;
    syscall1(__NR_close, file);
    return written;
}

int64_t stublab_idle_image(void) {
    int64_t file = write_image();
    /* vm.memfd_noexec=2 and some seccomp filters refuse such a file. */
    if (file >= 0 || library_path[0] == 0)
        return file;
    return syscall4(__NR_openat, AT_FDCWD, (long)library_path, O_RDONLY | O_CLOEXEC, 0);
}
