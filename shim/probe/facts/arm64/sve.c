// NT_ARM_SVE.
#include "own.h"

static const char group[] = "floating point and TLS";
#define SVE_SET "sve_set_common, " PTRACE_C

static void require_sve(void) {
    get_regset(NT_ARM_SVE, 16);
    unless(-EINVAL, "the processor or the kernel has no SVE");
}

/** The header of a set of SVE: size, maximal size, then vl, maximal vl and flags of 16 bits. */
static void put_header(uint64_t vl) {
    const uint64_t words[] = {0, vl};
    put(words, 2);
}

FACT("NT_ARM_SVE begins with a header, which has vl and the size of the set",
     "sve_get_common, " PTRACE_C) {
    require_sve();
    TEST("lengths", get_regset(NT_ARM_SVE, 16), expect_answer(16), expect_length(16));
}

FACT("SETREGSET(NT_ARM_SVE) without a whole header is EINVAL", SVE_SET) {
    require_sve();
    put_header(16);
    EACH (uint32_t, it, 0, 8, 15, 17)
        TEST(named("%u bytes", *it), set_regset(NT_ARM_SVE, *it), expect_result(-EINVAL));
}

FACT("SETREGSET(NT_ARM_SVE) with a vl that no vector has is EINVAL", SVE_SET) {
    require_sve();
    EACH (uint32_t, it, 0, 1, 15, 17, 24, 8208)
        TEST(named("vl = %u", *it), put_header(*it), set_regset(NT_ARM_SVE, 16),
             expect_result(-EINVAL));
}

FACT("SETREGSET(NT_ARM_SVE) of a header alone sets vl", SVE_SET) {
    require_sve();
    TEST("vl = 16", put_header(16), set_regset(NT_ARM_SVE, 16), keep(), get_regset(NT_ARM_SVE, 16),
         expect_kept_result("set", 0), expect_byte("vl", 8, 16));
}
