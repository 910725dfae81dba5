// Output to the console: KTAP lines, which are flushed whole.
#include "probe.h"
#include <stdarg.h>

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

/** Adds a byte to a text, or to the line if `to` is 0. */
static void put(char **to, char byte) {
    if (to != 0) {
        *(*to)++ = byte;
        return;
    }
    line[length++] = byte;
    if (byte == '\n' || length == sizeof line)
        flush();
}

static void put_text(char **to, const char *text) {
    while (*text != 0)
        put(to, *text++);
}

static void put_number(char **to, uint64_t number, uint32_t base) {
    if (number >= base)
        put_number(to, number / base, base);
    put(to, "0123456789abcdef"[number % base]);
}

static void put_signed(char **to, int64_t number) {
    if (number < 0)
        put(to, '-');
    put_number(to, number < 0 ? -(uint64_t)number : (uint64_t)number, 10);
}

static void put_formatted(char **to, const char *format, va_list rest) {
    for (; *format != 0; format++) {
        if (*format != '%') {
            put(to, *format);
            continue;
        }
        const bool is_long = *++format == 'l';
        format += is_long;
        if (*format == 's')
            put_text(to, va_arg(rest, const char *));
        else if (*format == 'd')
            put_signed(to, is_long ? va_arg(rest, int64_t) : va_arg(rest, int32_t));
        else
            put_number(to, is_long ? va_arg(rest, uint64_t) : va_arg(rest, uint32_t),
                       *format == 'x' ? 16 : 10);
    }
}

void say(const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    put_formatted(0, format, rest);
    va_end(rest);
}

void format_text(char *text, const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    put_formatted(&text, format, rest);
    va_end(rest);
    *text = 0;
}

const char *errno_name(int64_t result) {
    static const char *const names[] = {
        [1] = "EPERM",      [2] = "ENOENT",  [3] = "ESRCH",   [4] = "EINTR",   [5] = "EIO",
        [6] = "ENXIO",      [10] = "ECHILD", [11] = "EAGAIN", [12] = "ENOMEM", [13] = "EACCES",
        [14] = "EFAULT",    [16] = "EBUSY",  [17] = "EEXIST", [19] = "ENODEV", [22] = "EINVAL",
        [28] = "ENOSPC",    [34] = "ERANGE", [38] = "ENOSYS", [71] = "EPROTO", [95] = "EOPNOTSUPP",
        [110] = "ETIMEDOUT"};
    static char number[24];
    if (result < 0 && -result < (int64_t)(sizeof names / sizeof *names) && names[-result] != 0)
        return names[-result];
    format_text(number, "%ld", result);
    return number;
}
