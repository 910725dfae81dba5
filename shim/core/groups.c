#include "shim.h"
#include "syscall.h"
#include <asm-generic/errno.h>
#include <linux/wait.h>

/** The process group of a master, and the thread that traces it. A free entry has the group 0. */
struct group {
    int32_t tid;
    int32_t group;
};

enum { MOST_GROUPS = 256 };

static struct group groups[MOST_GROUPS];

static int is_alive(int32_t tid) {
    return syscall3(__NR_tgkill, syscall0(__NR_getpid), tid, 0) != -ESRCH;
}

/** Reaps what has ended in a group. Returns whether it has other processes. */
static int reap(int32_t group) {
    int64_t reaped = 0;
    do
        reaped = syscall4(__NR_wait4, -group, 0, __WALL | WNOHANG, 0);
    while (reaped > 0);
    return reaped == 0;
}

void stublab_note_group(int32_t group) {
    const int32_t tid = (int32_t)syscall0(__NR_gettid);
    /* In the host's own group are children that are not stublab's. */
    int noted = syscall1(__NR_getpgid, group) != group;
    for (int i = 0; i < MOST_GROUPS; i++) {
        int32_t other = __atomic_load_n(&groups[i].group, __ATOMIC_ACQUIRE);
        if (other > 0 && !is_alive(groups[i].tid) && !reap(other))
            __atomic_compare_exchange_n(&groups[i].group, &other, 0, 0, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE);
        int32_t none = 0;
        /* -1: no other thread takes the entry before it is whole. */
        if (noted || !__atomic_compare_exchange_n(&groups[i].group, &none, -1, 0, __ATOMIC_ACQ_REL,
                                                  __ATOMIC_ACQUIRE))
            continue;
        groups[i].tid = tid;
        __atomic_store_n(&groups[i].group, group, __ATOMIC_RELEASE);
        noted = 1;
    }
}
