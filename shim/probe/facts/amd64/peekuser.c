// PTRACE_PEEKUSER and struct user: registers, a hole for the old floating point, debug registers,
// two words more.
#include "own.h"

static const char group[] = "PEEKUSER";
enum { DEBUG_BEGIN = 848, DEBUG_END = 912, USER_SIZE = 928 };
enum { DR6 = 6 };
/** DR6 with no condition detected. */
#define DR6_RESERVED 0xffff0ff0ULL

static void peek(uint64_t offset) {
    read_answer(PTRACE_PEEKUSR, offset);
}

static void expect_user(uint64_t word) {
    expect_answer(8);
    expect_word("word", 0, word);
}

FACT("PEEKUSER reads the registers that GETREGS has, each at 8 times its index", ARCH_PTRACE) {
    read_registers();
    keep();
    for (uint32_t i = 0; i < BLOCK_WORDS; i++)
        TEST(named("offset %u (%s)", 8 * i, register_names[i]), peek(8ULL * i),
             expect_user(kept_word(8 * i)));
}

FACT("PEEKUSER reads 0 between the registers and the debug registers, and after these",
     ARCH_PTRACE) {
    for (uint32_t offset = BLOCK_SIZE; offset < USER_SIZE; offset += 8)
        if (offset < DEBUG_BEGIN || offset >= DEBUG_END)
            TEST(named("offset %u", offset), peek(offset), expect_user(0));
}

FACT("PEEKUSER of debug registers that were never written reads 0, of DR6 0xffff0ff0",
     "ptrace_get_debugreg, arch/x86/kernel/ptrace.c") {
    for (uint32_t n = 0; n < 8; n++)
        TEST(named("offset %u (DR%u)", DEBUG_BEGIN + 8 * n, n), peek(DEBUG_BEGIN + 8 * n),
             expect_user(n == DR6 ? DR6_RESERVED : 0));
}

FACT("PEEKUSER reads a debug register as POKEUSER wrote it",
     "ptrace_set_debugreg, arch/x86/kernel/ptrace.c") {
    // Virtual machines may have no breakpoints.
    EACH (struct word, it, {6, 0}, {6, 0x1234}, {0, 0x10000000}, {3, 0x10002000}, {7, 0})
        TEST(named("offset %u (DR%u)", DEBUG_BEGIN + 8 * it->index, it->index),
             ask(PTRACE_POKEUSR, DEBUG_BEGIN + 8 * it->index, it->word),
             unless(-ENOSPC, "it is ENOSPC"), unless(-EOPNOTSUPP, "it is EOPNOTSUPP"),
             peek(DEBUG_BEGIN + 8 * it->index), expect_user(it->word));
}

FACT("PEEKUSER at an offset that is not a multiple of 8 is EIO", ARCH_PTRACE) {
    EACH (uint32_t, it, 1, 2, 3, 4, 5, 6, 7, 215, 220, 849, 929)
        TEST(named("offset %u", *it), peek(*it), expect_refusal(-EIO));
}

FACT("PEEKUSER from sizeof(struct user) on, and at a negative offset, is EIO", ARCH_PTRACE) {
    EACH (int64_t, it, 928, 936, 4096, 1L << 31, 1L << 32, INT64_MIN, -8)
        TEST(named("offset %ld", *it), peek((uint64_t)*it), expect_refusal(-EIO));
}

FACT("PEEKUSER to an address that is not mapped is EFAULT, but a bad offset is EIO first",
     ARCH_PTRACE) {
    EACH (struct row, it, {"0", 0, -EFAULT}, {"216", 216, -EFAULT}, {"4", 4, -EIO},
          {"928", 928, -EIO})
        TEST(named("offset %s", it->name), ask(PTRACE_PEEKUSR, it->word, NOWHERE),
             expect_result(it->expected));
}
