#include "syscall_info.h"

static const char group[] = "GET_SYSCALL_INFO";
enum { TRACE_DATA = 0x1234 };

/** What the request returns, by PTRACE_SYSCALL_INFO_*: the end of the members. */
static const uint32_t sizes[] = {24, 80, 33, 84};
/** The kinds of stops, each with the info that it has. */
enum { SEIZED_STOP = 3, SECCOMP_STOP = 7, KINDS };
static const struct {
    const char *name;
    enum where where;
    uint8_t op;
} stops[KINDS] = {{"signal", AT_SIGNAL, PTRACE_SYSCALL_INFO_NONE},
                  {"group-stop", AT_GROUP_STOP, PTRACE_SYSCALL_INFO_NONE},
                  {"PTRACE_EVENT_EXIT", AT_EXIT_EVENT, PTRACE_SYSCALL_INFO_NONE},
                  {"PTRACE_EVENT_STOP", AT_SIGNAL, PTRACE_SYSCALL_INFO_NONE},
                  {"entry", AT_ENTRY, PTRACE_SYSCALL_INFO_ENTRY},
                  {"SYSEMU", AT_SYSEMU, PTRACE_SYSCALL_INFO_ENTRY},
                  {"exit", AT_EXIT, PTRACE_SYSCALL_INFO_EXIT},
                  {"PTRACE_EVENT_SECCOMP", AT_SIGNAL, PTRACE_SYSCALL_INFO_SECCOMP}};

/** A new stub at such a stop. */
static void reach(int stop) {
    new_stub_at(stops[stop].where);
    if (stop == SEIZED_STOP)
        seize();
    if (stop == SECCOMP_STOP)
        lead_to_seccomp(TRACE_DATA);
}

FACT("GET_SYSCALL_INFO returns the size of the stop's info, whatever length it is given",
     GET_INFO) {
    for (int i = 0; i < KINDS; i++)
        TEST(stops[i].name, reach(i), read_info(), expect_result(sizes[stops[i].op]),
             expect_written(sizes[stops[i].op]), expect_byte("op", 0, stops[i].op));
}

FACT("GET_SYSCALL_INFO copies as many bytes as it is given, and returns the whole size", GET_INFO) {
    for (int i = 0; i < KINDS; i++) {
        const uint32_t size = sizes[stops[i].op];
        reach(i);
        for (uint32_t length = 0; length <= LONGEST_INFO; length++)
            TEST(named("%s, %u bytes", stops[i].name, length),
                 read_answer(PTRACE_GET_SYSCALL_INFO, length), expect_result(size),
                 expect_written(length < size ? length : size));
    }
}

FACT("GET_SYSCALL_INFO has architecture, " COUNTER " and " STACK_POINTER " at every stop",
     GET_INFO) {
    for (int i = 0; i < KINDS; i++)
        TEST(stops[i].name, reach(i), read_registers(), keep(), read_info(),
             expect_half("arch", 4, NATIVE_ARCH),
             expect_word(COUNTER, 8, kept_word(8 * WORD_COUNTER)),
             expect_word(STACK_POINTER, 16, kept_word(8 * WORD_STACK)));
}

FACT("At an entry, at SYSEMU and at a seccomp stop it has number and arguments",
     "ptrace_get_syscall_info_entry, kernel/ptrace.c") {
    for (int i = 0; i < KINDS; i++)
        if (stops[i].op == PTRACE_SYSCALL_INFO_ENTRY || i == SECCOMP_STOP)
            TEST(stops[i].name, reach(i), read_info(),
                 expect_call(__NR_getpid, (const uint64_t[]){USUAL_ARGUMENTS}));
}

FACT("At a seccomp stop it has the data of the filter's result",
     "ptrace_get_syscall_info_seccomp, kernel/ptrace.c") {
    TEST("", lead_to_seccomp(TRACE_DATA), read_info(), expect_int("data", 80, TRACE_DATA));
}

FACT("At an exit it has the result, and whether it is an error",
     "ptrace_get_syscall_info_exit, kernel/ptrace.c") {
    lead_to(AT_EXIT);
    EACH (struct row, it, {"0", 0, 0}, {"77", 77, 0}, {"-1", (uint64_t)-1, 1},
          {"-38", (uint64_t)-38, 1}, {"-512", (uint64_t)-512, 1}, {"-4095", (uint64_t)-4095, 1},
          {"-4096", (uint64_t)-4096, 0}, {"9223372036854775808", 1ULL << 63, 0},
          {"4294967295", 0xffffffff, 0})
        TEST(named(RESULT_REGISTER " = %s", it->name), set_result(it->word), read_info(),
             expect_word("returned", 24, it->word), expect_byte("error", 32, it->expected != 0));
}

FACT("GET_SYSCALL_INFO to an address that is not mapped is EFAULT, unless its length is 0",
     GET_INFO) {
    EACH (uint32_t, it, LONGEST_INFO, 1, 0)
        TEST(named("%u bytes", *it), ask(PTRACE_GET_SYSCALL_INFO, *it, NOWHERE),
             expect_result(*it == 0 ? (int64_t)sizes[PTRACE_SYSCALL_INFO_NONE] : -EFAULT));
}
