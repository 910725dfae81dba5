// Output to the console: KTAP lines, which are flushed whole.
#include "probe.h"

static char line[4096];
static uint32_t length;
static bool lost;

void flush(void) {
    for (uint32_t done = 0; done < length;) {
        long result = syscall3(__NR_write, 1, (long)&line[done], length - done);
        lost = lost || (result <= 0 && result != -EINTR);
        if (lost)
            break;
        done += result > 0 ? (uint32_t)result : 0;
    }
    length = 0;
}

bool is_output_lost(void) {
    return lost;
}

static void put(char byte) {
    line[length++] = byte;
    if (byte == '\n' || length == sizeof line)
        flush();
}

void say(const char *text) {
    while (*text != 0)
        put(*text++);
}

void say_number(uint64_t number) {
    if (number >= 10)
        say_number(number / 10);
    put((char)('0' + number % 10));
}

void say_signed(int64_t number) {
    if (number < 0)
        put('-');
    say_number(number < 0 ? -(uint64_t)number : (uint64_t)number);
}

void say_hex(uint64_t number) {
    say("0x");
    int digits = 1;
    while (digits < 16 && number >> 4 * digits != 0)
        digits++;
    while (digits-- > 0)
        put("0123456789abcdef"[number >> 4 * digits & 15]);
}

void say_errno(int64_t result) {
    static const char *const names[] = {
        [1] = "EPERM",      [2] = "ENOENT",  [3] = "ESRCH",   [4] = "EINTR",   [5] = "EIO",
        [6] = "ENXIO",      [10] = "ECHILD", [11] = "EAGAIN", [12] = "ENOMEM", [13] = "EACCES",
        [14] = "EFAULT",    [16] = "EBUSY",  [17] = "EEXIST", [19] = "ENODEV", [22] = "EINVAL",
        [28] = "ENOSPC",    [34] = "ERANGE", [38] = "ENOSYS", [71] = "EPROTO", [95] = "EOPNOTSUPP",
        [110] = "ETIMEDOUT"};
    if (result < 0 && -result < (int64_t)(sizeof names / sizeof *names) && names[-result] != 0)
        say(names[-result]);
    else
        say_signed(result);
}

void say_string(const char *name, const char *text) {
    say("\"");
    say(name);
    say("\":\"");
    say(text);
    say("\"");
}

void say_count(const char *name, uint64_t number) {
    say(",\"");
    say(name);
    say("\":");
    say_number(number);
}
