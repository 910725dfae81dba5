// PTRACE_ARCH_PRCTL and PTRACE_GET_THREAD_AREA.
#include "own.h"

static const char group[] = "other requests";
#define PRCTL "do_arch_prctl_64, arch/x86/kernel/process_64.c"
// asm/prctl.h
enum { SET_GS = 0x1001, SET_FS = 0x1002, GET_FS = 0x1003, GET_GS = 0x1004, NO_OPTION = 0x1fff };

static const struct {
    const char *name;
    uint64_t set, get;
    uint32_t index;
    uint64_t word;
} bases[] = {{"FS", SET_FS, GET_FS, REG_FS_BASE, 0x1234},
             {"GS", SET_GS, GET_GS, REG_GS_BASE, 0x5678}};

FACT("PTRACE_ARCH_PRCTL reads the bases that were written", PRCTL) {
    SET("int3", {REG_FS_BASE, bases[0].word}, {REG_GS_BASE, bases[1].word});
    for (int i = 0; i < 2; i++)
        // The address is what prctl(2) takes.
        TEST(named("ARCH_GET_%s", bases[i].name),
             read_with(PTRACE_ARCH_PRCTL, ANSWER, bases[i].get), expect_answer(8),
             expect_word("base", 0, bases[i].word));
}

FACT("PTRACE_ARCH_PRCTL writes bases; from TASK_SIZE_MAX on it is EPERM", PRCTL) {
    for (int i = 0; i < 2; i++)
        EACH (uint64_t, it, 0x7000, 1ULL << 63)
            TEST(named("ARCH_SET_%s, 0x%lx", bases[i].name, *it),
                 ask(PTRACE_ARCH_PRCTL, *it, bases[i].set), keep(),
                 read_answer(PTRACE_PEEKUSR, 8ULL * bases[i].index),
                 expect_kept_result("set", *it == 0x7000 ? 0 : -EPERM),
                 expect_word("base", 0, 0x7000));
    TEST("an unknown option", ask(PTRACE_ARCH_PRCTL, 0, NO_OPTION), expect_result(-EINVAL));
}

FACT("GET_THREAD_AREA of an unused TLS entry is empty; other entries are EINVAL",
     "do_get_thread_area, arch/x86/kernel/tls.c") {
    /** The first selector of the TLS in the GDT, and the flags of an entry without a segment. */
    enum { FIRST_ENTRY = 12, EMPTY = 0x28, DESCRIPTOR = 16 /* sizeof(struct user_desc) */ };
    require("32-bit calls");
    for (int entry = FIRST_ENTRY; entry < FIRST_ENTRY + 3; entry++)
        TEST(named("entry %d", entry), read_answer(PTRACE_GET_THREAD_AREA, (uint64_t)entry),
             expect_answer(DESCRIPTOR), expect_int("entry", 0, entry),
             expect_int("flags", 12, EMPTY));
    EACH (uint32_t, it, 0, 11, 15)
        TEST(named("entry %u", *it), read_answer(PTRACE_GET_THREAD_AREA, *it),
             expect_refusal(-EINVAL));
    TEST("entry 4294967295", read_answer(PTRACE_GET_THREAD_AREA, 0xffffffff), expect_refusal(-EIO));
}
