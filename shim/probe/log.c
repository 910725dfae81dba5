// The kernel's log: what WARN, BUG, the sanitizers and their like say of the kernel itself.
#include "probe.h"
#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

/** Longer than any record: CONSOLE_EXT_LOG_MAX. What is said of one. */
enum { MOST_RECORD = 8 << 10, MOST_LINE = 120 };
/** The lowest level that counts, KERN_WARNING, in the bits below the facility. Only the kernel has
 * facility 0: what programs write has another. */
enum { WARNING = 4 };

/** S_IFCHR, with rights; major 1, minor 11: Documentation/admin-guide/devices.txt. */
enum { DEVICE = 0020600, KMSG = 1 << 8 | 11 };

static const char *const beginnings[] = {"WARNING: ",
                                         "BUG: ",
                                         "kernel BUG at ",
                                         "UBSAN: ",
                                         "Oops",
                                         "general protection fault",
                                         "watchdog: BUG",
                                         "unchecked MSR access",
                                         0};
static bool watches;
static long file = -1;

void watch_log(void) {
    if (watches)
        return;
    watches = true;
    // Process 1 has no devices.
    syscall4(__NR_mknodat, AT_FDCWD, (long)"/dev/kmsg", DEVICE, KMSG);
    file = open_file("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    if (file < 0)
        say("# the kernel's log cannot be read: %s\n", errno_name(file));
    else
        syscall3(__NR_lseek, file, 0, SEEK_END);
}

/** A record is "PRIORITY,…;TEXT", and further lines. */
static const char *complaint_in(char *record) {
    uint64_t priority = 0;
    record += read_number(record, &priority) - record;
    while (*record != 0 && *record++ != ';')
        ;
    uint32_t length = 0;
    while (length < MOST_LINE && record[length] != 0 && record[length] != '\n')
        length++;
    record[length] = 0;
    for (uint32_t i = 0; priority <= WARNING && beginnings[i] != 0; i++)
        if (after(record, beginnings[i]) != 0)
            return record;
    return 0;
}

const char *next_complaint(void) {
    static char record[MOST_RECORD + 1];
    while (file >= 0) {
        const long length = syscall3(__NR_read, file, (long)record, MOST_RECORD);
        // Records that were overwritten before they were read.
        if (length == -EPIPE || length == -EINTR)
            continue;
        if (length <= 0)
            return 0;
        record[length] = 0;
        const char *complaint = complaint_in(record);
        if (complaint != 0)
            return complaint;
    }
    return 0;
}

uint32_t say_complaints(const char *during) {
    uint32_t count = 0;
    for (const char *it = next_complaint(); it != 0; it = next_complaint(), count++)
        say("# kernel log%s: %s\n", during, it);
    return count;
}

void announce(const char *name) {
    if (!watches)
        return;
    say("# fact: %s\n", name);
    // What a console still has of the output is lost in a crash.
    syscall3(__NR_ioctl, 1, TCSBRK, 1);
}
