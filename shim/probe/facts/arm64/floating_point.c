// SETREGSET of floating point, TLS and SVE.
#include "own.h"

static const char group[] = "floating point and TLS";
#define FPR_SET "fpr_set, " PTRACE_C
#define TLS_SET "tls_set, " PTRACE_C
#define SVE_SET "sve_set_common, " PTRACE_C

/** struct user_fpsimd_state: V0 to V31, fpsr, fpcr, and two reserved halves. */
enum { SIZE = 528, FPSR = 512, WORDS_OF_SET = SIZE / 8 };
#define FILL 0x0123456789abcdefULL

/** V0 to V31 with one word, and fpsr and fpcr. */
static void fill(uint64_t word, uint32_t fpsr, uint32_t fpcr) {
    uint64_t words[WORDS_OF_SET] = {0};
    for (int i = 0; i < FPSR / 8; i++)
        words[i] = word;
    words[FPSR / 8] = fpsr | (uint64_t)fpcr << 32;
    put(words, WORDS_OF_SET);
}

/** Writes what was filled, and reads all. */
static void write_and_read(uint64_t length) {
    set_regset(NT_PRFPREG, length);
    keep();
    get_regset(NT_PRFPREG, SIZE);
}

FACT("SETREGSET(NT_PRFPREG) writes V0 to V31, fpsr and fpcr", FPR_SET) {
    TEST("", fill(FILL, 0x1f, 0x400000), write_and_read(SIZE), expect_kept_result("set", 0),
         expect_written(SIZE), expect_word("v0", 0, FILL), expect_word("v31", 31 * 16, FILL),
         expect_half("fpsr", FPSR, 0x1f), expect_half("fpcr", FPSR + 4, 0x400000));
}

FACT("SETREGSET(NT_PRFPREG) writes as many bytes as the iovec has, and keeps the others", FPR_SET) {
    EACH (uint32_t, it, 0, 4, 8, 16)
        TEST(named("%u bytes", *it), fill(0, 0, 0), write_and_read(SIZE), fill(FILL, 0, 0),
             write_and_read(*it), expect_kept_result("set", 0),
             expect_word("v0", 0, *it < 8 ? FILL & ((1ULL << 8 * *it) - 1) : FILL),
             expect_word("v31", 31 * 16, 0));
}

FACT("SETREGSET(NT_PRFPREG) of a length that is not a multiple of 4 is EINVAL", FPR_SET) {
    fill(FILL, 0, 0);
    EACH (uint32_t, it, 1, 2, 3, 5, 527, 529)
        TEST(named("%u bytes", *it), set_regset(NT_PRFPREG, *it), expect_result(-EINVAL));
}

FACT("A resumed program keeps the floating point that was written",
     "fpsimd_restore_current_state, arch/arm64/kernel/fpsimd.c") {
    TEST("", fill(FILL, 0x1f, 0), write_and_read(SIZE), keep(), GO(PTRACE_CONT, "nops"),
         get_regset(NT_PRFPREG, SIZE), expect_answer(SIZE), expect_same("differs"));
}

static void write_tls(uint64_t base, uint64_t length) {
    put(&base, 1);
    set_regset(NT_ARM_TLS, length);
    keep();
}

static void expect_tls(uint64_t base) {
    get_regset(NT_ARM_TLS, 8);
    expect_kept_result("set", 0);
    expect_word("base", 0, base);
}

FACT("SETREGSET(NT_ARM_TLS) writes TPIDR_EL0, any word", TLS_SET) {
    EACH (uint64_t, it, 0, 0x1234, 1ULL << 47, 1ULL << 63, ~0ULL)
        TEST(named("0x%lx", *it), write_tls(*it, 8), expect_tls(*it));
    TEST("in the program", write_tls(FILL, 8), GO(PTRACE_CONT, "pointer"), read_registers(),
         expect_register(REG_X0, FILL));
}

FACT("SETREGSET(NT_ARM_TLS) of no bytes keeps it; a length that is not a multiple of 8 is EINVAL",
     TLS_SET) {
    TEST("0 bytes", write_tls(FILL, 8), write_tls(0, 0), expect_tls(FILL));
    EACH (uint32_t, it, 1, 4, 7, 9)
        TEST(named("%u bytes", *it), set_regset(NT_ARM_TLS, *it), expect_result(-EINVAL));
}

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
