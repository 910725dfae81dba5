// The plain C side of `stublab bench`.
//
//     bench-amd64 CPU[,OTHER] NAME         measures a mechanism
//     bench-amd64 CPU[,OTHER] -- PROGRAM…  executes a program on these processors
//
// Measuring, it prints `ready`, or `failed` and a reason. Then, for every number N on its input, it
// runs the mechanism N times, and prints the nanoseconds that this took, and the involuntary
// context switches of this process in that time. At the end of its input it ends, and its children
// with it.

#include "bench.h"
#include <linux/resource.h>
#include <linux/wait.h>

static const struct mechanism *const tables[] = {
    stub_mechanisms, floor_mechanisms, seccomp_mechanisms, signal_mechanisms, setup_mechanisms, 0,
};

static bool same(const char *a, const char *b) {
    while (*a != 0 && *a == *b)
        a++, b++;
    return *a == *b;
}

static const struct mechanism *find(const char *name) {
    for (const struct mechanism *const *table = tables; *table != 0; table++)
        for (const struct mechanism *each = *table; each->name != 0; each++)
            if (same(each->name, name))
                return each;
    fail_because("unknown mechanism");
}

// Reads a number, and moves on to what follows it.
static long number(const char **text) {
    long value = 0;
    while (**text >= '0' && **text <= '9')
        value = value * 10 + *(*text)++ - '0';
    return value;
}

// Returns 0 at the end of the input.
static long read_count(void) {
    char line[32] = {0};
    for (unsigned long length = 0; length < sizeof line - 1; length++) {
        if (syscall3(__NR_read, 0, (long)&line[length], 1) <= 0)
            return 0;
        if (line[length] == '\n')
            break;
    }
    const char *at = line;
    return number(&at);
}

static char *put(char *end, int64_t value) {
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return end;
}

static void answer(int64_t time, int64_t switches) {
    char line[64];
    char *const end = line + sizeof line;
    char *start = end;
    *--start = '\n';
    start = put(start, switches);
    *--start = ' ';
    start = put(start, time < 0 ? 0 : time);
    CALL(write, 1, start, end - start);
}

static int64_t involuntary_switches(void) {
    struct rusage usage = {0};
    syscall2(__NR_getrusage, RUSAGE_SELF, (long)&usage);
    return usage.ru_nivcsw;
}

static void serve(const struct mechanism *mechanism) {
    mechanism->prepare();
    CALL(write, 1, "ready\n", 6);
    for (long count = read_count(); count > 0; count = read_count()) {
        const int64_t before = involuntary_switches();
        const int64_t time = mechanism->run(count);
        answer(time, involuntary_switches() - before);
    }
}

static void bind_both(const char *processors) {
    uint64_t set[16] = {0};
    processor = (int)number(&processors);
    other_processor = *processors == ',' ? (processors++, (int)number(&processors)) : -1;
    const int both[] = {processor, other_processor};
    for (int i = 0; i < 2; i++)
        if (both[i] >= 0 && both[i] < (int)sizeof set * 8)
            set[both[i] / 64] |= 1UL << (both[i] % 64);
    CALL(sched_setaffinity, 0, sizeof set, set);
}

__attribute__((noreturn, used)) void begin(long *stack) {
    char **arguments = (char **)&stack[1];
    const long count = stack[0];
    if (count < 3)
        fail_because("usage: bench-amd64 CPU[,OTHER] NAME, or CPU[,OTHER] -- PROGRAM...");
    bind_both(arguments[1]);
    if (same(arguments[2], "--"))
        CALL(execve, arguments[3], &arguments[3], &arguments[count + 1]);
    bind_to(0, processor);
    serve(find(arguments[2]));
    syscall1(__NR_exit_group, 0);
    __builtin_unreachable();
}

__asm__(".globl _start\n_start:\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call begin\n");
