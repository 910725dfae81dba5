// This process: failures, time, memory, children, signals.

#include "bench.h"
#include <asm/signal.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/time.h>

int processor = -1, other_processor = -1;

static void say(const char *text) {
    unsigned long length = 0;
    while (text[length] != 0)
        length++;
    syscall3(__NR_write, 1, (long)text, (long)length);
}

void fail_because(const char *reason) {
    say("failed ");
    say(reason);
    say("\n");
    syscall1(__NR_exit_group, 1); // EXITKILL and PDEATHSIG end the children
    __builtin_unreachable();
}

void fail(const char *call, long result) {
    static const char *const names[] = {
        [1] = "EPERM",    [2] = "ENOENT",  [3] = "ESRCH",   [4] = "EINTR",   [5] = "EIO",
        [10] = "ECHILD",  [11] = "EAGAIN", [12] = "ENOMEM", [13] = "EACCES", [14] = "EFAULT",
        [16] = "EBUSY",   [17] = "EEXIST", [19] = "ENODEV", [22] = "EINVAL", [24] = "EMFILE",
        [26] = "ETXTBSY", [38] = "ENOSYS",
    };
    static char text[128];
    unsigned long length = 0;
    const char *name = "unexpected result";
    if (result < 0 && -result < (long)(sizeof names / sizeof *names) && names[-result] != 0)
        name = names[-result];
    const char *const parts[] = {call, ": ", name};
    for (int i = 0; i < 3; i++)
        for (const char *at = parts[i]; *at != 0 && length < sizeof text - 1; at++)
            text[length++] = *at;
    fail_because(text);
}

int64_t nanoseconds(void) {
    struct __kernel_timespec now = {0};
    syscall2(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&now);
    return now.tv_sec * 1000000000 + now.tv_nsec;
}

void *memory(unsigned long size, bool shared) {
    const int kind = (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS;
    return (void *)CALL(mmap, 0, size, PROT_READ | PROT_WRITE, kind, -1, 0);
}

void bind_to(int pid, int cpu) {
    uint64_t set[16] = {0};
    if (cpu < 0 || cpu >= (int)sizeof set * 8)
        fail_because("it needs a second processor");
    set[cpu / 64] = 1UL << (cpu % 64);
    CALL(sched_setaffinity, pid, sizeof set, set);
}

int start_child(void (*run)(void)) {
    const int parent = own_pid();
    const long pid = CALL(clone, SIGCHLD | CLONE_FILES, 0, 0, 0, 0);
    if (pid > 0)
        return (int)pid;
    CALL(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (syscall0(__NR_getppid) == parent)
        run();
    syscall1(__NR_exit_group, 0);
    __builtin_unreachable();
}

// The compiler may replace copies and loops by calls of these.
void *memcpy(void *to, const void *from, unsigned long size) {
    void *const start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return start;
}

void *memset(void *to, int byte, unsigned long size) {
    void *const start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
    return start;
}
