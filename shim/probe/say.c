// Output to the console: KTAP lines, which are flushed whole.
#include "probe.h"
#include <linux/fcntl.h>

static char line[4096];
static uint32_t length;
static bool lost;

/** Process 1 may have been started without files. Returns whether there is a console. */
static bool open_console(void) {
    /** S_IFCHR, with rights; major 5, minor 1: Documentation/admin-guide/devices.txt. */
    enum { DEVICE = 0020600, CONSOLE = 5 << 8 | 1 };
    static const char path[] = "/dev/console";
    if (syscall0(__NR_getpid) != 1)
        return false;
    syscall4(__NR_mknodat, AT_FDCWD, (long)path, DEVICE, CONSOLE);
    const long file = syscall3(__NR_openat, AT_FDCWD, (long)path, O_WRONLY);
    return file >= 0 && (file == 1 || syscall3(__NR_dup3, file, 1, 0) == 1);
}

/** A console may be slow: what it does not take is written again, up to a limit. */
void flush(void) {
    enum { MOST_TRIES = 1 << 20 };
    int tries = 0;
    for (uint32_t done = 0; done < length;) {
        long result = syscall3(__NR_write, 1, (long)&line[done], length - done);
        if (result == -EAGAIN && tries++ < MOST_TRIES)
            syscall0(__NR_sched_yield);
        else if (result == -EBADF && tries++ == 0 && open_console())
            continue;
        else
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

/** The end of the text that is said to; 0: the console is. */
static char *text_end;

static void put(char byte) {
    if (text_end != 0) {
        *text_end++ = byte;
        return;
    }
    line[length++] = byte;
    if (byte == '\n' || length == sizeof line)
        flush();
}

static void put_text(const char *text) {
    while (*text != 0)
        put(*text++);
}

void say_quoted(const char *text) {
    if (text == 0) {
        put_text("null");
        return;
    }
    put('"');
    for (; *text != 0; text++) {
        if (*text == '"' || *text == '\\')
            put('\\');
        put(*text);
    }
    put('"');
}

static void put_number(uint64_t number, uint32_t base) {
    if (number >= base)
        put_number(number / base, base);
    put("0123456789abcdef"[number % base]);
}

static void put_signed(int64_t number) {
    if (number < 0)
        put('-');
    put_number(number < 0 ? -(uint64_t)number : (uint64_t)number, 10);
}

void say(const char *format, ...) {
    va_list values;
    va_start(values, format);
    say_values(format, values);
    va_end(values);
}

void say_values(const char *format, va_list rest) {
    for (; *format != 0; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        const bool is_long = *++format == 'l';
        format += is_long;
        if (*format == 's')
            put_text(va_arg(rest, const char *));
        else if (*format == 'd')
            put_signed(is_long ? va_arg(rest, int64_t) : va_arg(rest, int32_t));
        else
            put_number(is_long ? va_arg(rest, uint64_t) : va_arg(rest, uint32_t),
                       *format == 'x' ? 16 : 10);
    }
}

void say_to(char *text) {
    if (text_end != 0)
        *text_end = 0;
    text_end = text;
}

/** What is said may go to another text. */
void write_text(char *text, const char *format, ...) {
    char *const outer = text_end;
    va_list values;
    va_start(values, format);
    text_end = text;
    say_values(format, values);
    *text_end = 0;
    text_end = outer;
    va_end(values);
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
    write_text(number, "%ld", result);
    return number;
}
