// PTRACE_GET_RSEQ_CONFIGURATION and PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG.
#include "own.h"

static const char group[] = "other requests";

/** Requests that the kernel's headers may lack, and what they write: struct
 * ptrace_rseq_configuration and struct ptrace_sud_config. */
enum { GET_RSEQ_CONFIGURATION = 0x420f, RSEQ_SIZE = 24 };
enum { GET_DISPATCH_CONFIG = 0x4211, DISPATCH_SIZE = 32 };

FACT("GET_RSEQ_CONFIGURATION copies as many bytes as it is given, and returns the whole size",
     "ptrace_get_rseq_configuration, kernel/ptrace.c") {
    EACH (uint32_t, it, 0, 1, 8, 23, 24, 25, 4096)
        TEST(named("%u bytes", *it), read_answer(GET_RSEQ_CONFIGURATION, *it),
             expect_result(RSEQ_SIZE), expect_written(*it < RSEQ_SIZE ? *it : RSEQ_SIZE));
    // Before Linux 6.3 its length is that of struct rseq, whether an area is registered or not.
    TEST("without rseq", read_answer(GET_RSEQ_CONFIGURATION, RSEQ_SIZE), expect_word("area", 0, 0));
    TEST("not mapped", ask(GET_RSEQ_CONFIGURATION, RSEQ_SIZE, NOWHERE), expect_result(-EFAULT));
}

FACT("GET_SYSCALL_USER_DISPATCH_CONFIG requires its exact size, else EINVAL",
     "syscall_user_dispatch_get_config, kernel/entry/syscall_user_dispatch.c") {
    TEST("32 bytes", read_answer(GET_DISPATCH_CONFIG, DISPATCH_SIZE), expect_answer(DISPATCH_SIZE),
         expect_word("mode", 0, 0));
    EACH (uint32_t, it, 0, 8, 31, 33, 64)
        TEST(named("%u bytes", *it), read_answer(GET_DISPATCH_CONFIG, *it),
             expect_refusal(-EINVAL));
}
