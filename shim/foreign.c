#include "shim.h"
#include "signal.h"
#include "syscall_amd64.h"
#include <asm-generic/errno.h>
#include <asm-generic/fcntl.h>
#include <asm/resource.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>

/** Numbers from here on are those of x32 (__X32_SYSCALL_BIT). */
enum { X32_CALLS = 0x40000000 };

#define LOAD(field)                                                                                \
    { BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, field) }
#define JUMP(test, k, yes, no)                                                                     \
    { BPF_JMP | (test) | BPF_K, yes, no, k }
#define ANSWER(action)                                                                             \
    { BPF_RET | BPF_K, 0, 0, action }

/*
 * Threads yes, processes and programs no. clone3 has its flags in memory, where no filter sees
 * them; the C libraries take ENOSYS as the advice to use clone.
 */
static const struct sock_filter no_processes[] = {
    LOAD(arch),
    JUMP(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
    JUMP(BPF_JGE, X32_CALLS, 9, 0),
    JUMP(BPF_JEQ, __NR_fork, 8, 0),
    JUMP(BPF_JEQ, __NR_vfork, 7, 0),
    JUMP(BPF_JEQ, __NR_execve, 6, 0),
    JUMP(BPF_JEQ, __NR_execveat, 5, 0),
    JUMP(BPF_JEQ, __NR_clone3, 3, 0),
    JUMP(BPF_JEQ, __NR_clone, 0, 4),
    LOAD(args[0]),
    JUMP(BPF_JSET, CLONE_THREAD, 2, 1),
    ANSWER(SECCOMP_RET_ERRNO | ENOSYS),
    ANSWER(SECCOMP_RET_ERRNO | EPERM),
    ANSWER(SECCOMP_RET_ALLOW),
};

int64_t stublab_die_with(int32_t parent) {
    long result = syscall6(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
    if (result < 0)
        return result;
    /* Whoever is an orphan already gets no signal. */
    return syscall0(__NR_getppid) == parent ? 0 : -ESRCH;
}

static long limit(long resource, uint64_t value) {
    const struct rlimit64 both = {value, value};
    return syscall4(__NR_prlimit64, 0, resource, (long)&both, 0);
}

int64_t stublab_confine(uint64_t memory) {
    const struct sock_fprog program = {sizeof no_processes / sizeof *no_processes,
                                       (struct sock_filter *)no_processes};
    long result = limit(RLIMIT_DATA, memory);
    if (result == 0)
        result = limit(RLIMIT_CORE, 0);
    if (result == 0)
        result = syscall6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
    if (result == 0)
        result = syscall3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
                          (long)&program);
    /* The id of a thread that has another filter. */
    return result > 0 ? -EBUSY : result;
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
