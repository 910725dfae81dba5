// Files, processes and the clock.
#include "facilities.h"
#include <linux/fcntl.h>
#include <linux/time.h>
#include <linux/wait.h>

long open_file(const char *path, int flags) {
    return syscall3(__NR_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC);
}

uint64_t read_file(long file, void *bytes, uint64_t size) {
    uint64_t length = 0;
    for (long got = 1; (got > 0 || got == -EINTR) && length < size;) {
        got = syscall3(__NR_read, file, (long)bytes + (long)length, (long)(size - length));
        length += got > 0 ? (uint64_t)got : 0;
    }
    return length;
}

bool read_text(const char *path, char *text, uint32_t size) {
    const long file = open_file(path, O_RDONLY);
    if (file < 0)
        return false;
    text[read_file(file, text, size - 1)] = 0;
    syscall1(__NR_close, file);
    return true;
}

uint32_t read_all(const char *path, char *text, uint32_t size) {
    const long file = same(path, "-") ? 0 : open_file(path, O_RDONLY);
    if (file < 0)
        fail("the file cannot be read", file);
    return (uint32_t)read_file(file, text, size);
}

bool write_all(long file, const void *bytes, uint64_t length) {
    for (uint64_t done = 0; done < length;) {
        const long result =
            syscall3(__NR_write, file, (long)bytes + (long)done, (long)(length - done));
        if (result <= 0 && result != -EINTR)
            return false;
        done += result > 0 ? (uint64_t)result : 0;
    }
    return true;
}

char state_of(int32_t pid) {
    static char path[32], text[512];
    write_text(path, "/proc/%d/stat", pid);
    if (!read_text(path, text, sizeof text))
        return 'X';
    // The state follows the name, which may have any character.
    const char *state = text;
    for (const char *from = text; *from != 0; from++)
        if (from[0] == ')' && from[1] == ' ')
            state = &from[2];
    return *state;
}

/** A tracer and a parent see it by waitid; of other tasks only /proc has the state. */
bool is_zombie(int32_t pid) {
    int32_t info[32] = {0};
    if (syscall6(__NR_waitid, P_PID, pid, (long)info, WEXITED | WNOHANG | WNOWAIT | __WALL, 0, 0) ==
        0)
        return info[0] != 0;
    const char state = state_of(pid);
    return state == 'Z' || state == 'X';
}

uint64_t milliseconds(void) {
    static uint64_t calls;
    struct __kernel_timespec now = {0};
    if (lacks(A_CALL, __NR_clock_gettime) < 0)
        return ++calls;
    syscall2(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
