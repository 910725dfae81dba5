// SETREGSET(NT_PRSTATUS): the general registers.
#include "regsets.h"

static const char group[] = "SETREGSET";
#define GPR_SET "gpr_set, " PTRACE_C
#define VALID "valid_native_regs, " PTRACE_C
#define COPY "copy_regset_from_user, include/linux/regset.h"
#define FILL 0x7777ULL
#define BIT(n) (1ULL << (n))

/** All registers but pstate with one word. */
static void fill(uint64_t word, uint64_t pstate) {
    uint64_t words[BLOCK_WORDS];
    for (int i = 0; i < BLOCK_WORDS; i++)
        words[i] = i == REG_PSTATE ? pstate : word;
    put(words, BLOCK_WORDS);
}

/** Writes so many bytes of them, and reads all. */
static void write_and_read(uint64_t word, uint64_t pstate, uint64_t length) {
    fill(word, pstate);
    set_regset(NT_PRSTATUS, length);
    keep();
    read_registers();
}

/** The indices of some registers, those at the ends among them. */
static const uint32_t some[] = {REG_X0, REG_X1, REG_X7, REG_X29, REG_X30, REG_SP, REG_PC};

FACT("SETREGSET writes any word to x0 to x30, sp and pc", GPR_SET) {
    EACH (uint64_t, it, 0, 1, BIT(47), BIT(55), BIT(63), ~0ULL)
        TEST(named("0x%lx", *it), write_and_read(*it, 0, BLOCK_SIZE), expect_kept_result("set", 0),
             expect_written(BLOCK_SIZE), expect_register(REG_X0, *it), expect_register(REG_X7, *it),
             expect_register(REG_X30, *it), expect_register(REG_SP, *it),
             expect_register(REG_PC, *it), expect_register(REG_PSTATE, 0));
}

FACT("SETREGSET writes as many words as the iovec has, and keeps the others", GPR_SET) {
    EACH (uint32_t, it, 0, 8, 16, 240, 248, 256, 264)
        CHECK (named("%u bytes", *it)) {
            write_and_read(0, 0, BLOCK_SIZE);
            write_and_read(FILL, 0, *it);
            expect_kept_result("set", 0);
            for (int k = 0; k < 7; k++)
                expect_register(some[k], 8 * some[k] < *it ? FILL : 0);
        }
}

FACT("SETREGSET sets the length of the iovec to what it has written", REGSET) {
    set_lengths(BLOCK_SIZE);
}

FACT("SETREGSET of a length that is not a multiple of 8 is EINVAL, and writes nothing", GPR_SET) {
    read_registers();
    keep();
    EACH (uint32_t, it, 1, 4, 7, 12, 271, 273)
        TEST(named("%u bytes", *it), fill(FILL, 0), set_regset(NT_PRSTATUS, *it),
             expect_result(-EINVAL));
    TEST("registers", read_registers(), expect_answer(BLOCK_SIZE), expect_same("differs"));
}

/** Checks that a word in pstate is refused, and nothing written. */
static void refuse_pstate(uint64_t pstate) {
    TEST(named("pstate = 0x%lx", pstate), write_and_read(FILL, pstate, BLOCK_SIZE),
         expect_kept_result("set", -EINVAL), expect_register(REG_X0, 0),
         expect_register(REG_PC, place_of("brk")));
}

FACT("SETREGSET with a mode of the kernel, or of AArch32, is EINVAL, and writes nothing", VALID) {
    /** EL1 and EL2 with either stack pointer, EL3, and AArch32: PSR_MODE32_BIT. */
    EACH (uint64_t, it, 1, 4, 5, 8, 9, 0xd, 0x10, 0x13, 0x1f)
        refuse_pstate(*it);
}

FACT("SETREGSET with a bit of DAIF is EINVAL, and writes nothing", VALID) {
    /** PSR_F_BIT to PSR_D_BIT. */
    for (int bit = 6; bit <= 9; bit++)
        refuse_pstate(BIT(bit));
}

/** Checks what a word in pstate becomes. */
static void check_pstate(uint64_t pstate, uint64_t also, uint64_t expected) {
    TEST(named("pstate = 0x%lx", pstate), write_and_read(FILL, pstate | also, BLOCK_SIZE),
         expect_kept_result("set", 0), expect_register(REG_PSTATE, expected));
}

FACT("SETREGSET keeps the flags, SSBS, BTYPE, DIT and TCO of pstate", VALID) {
    EACH (int, it, 12, 10, 11, 24, 25, 28, 29, 30, 31)
        check_pstate(BIT(*it), 0, BIT(*it));
    check_pstate(0xf0000c00, 0, 0xf0000c00);
}

FACT("SETREGSET clears the other bits of pstate, among them SS, IL, PAN and UAO", VALID) {
    /** SPSR_EL1_AARCH64_RES0_BITS, among them IL (20), PAN (22) and UAO (23), and SS (21). */
    EACH (int, it, 5, 13, 19, 20, 21, 22, 23, 26, 27, 32, 63)
        check_pstate(BIT(*it), BIT(31), BIT(31));
}

FACT("A SETREGSET that ends before pstate checks the one that is there", VALID) {
    TEST("264 bytes", write_and_read(FILL, BIT(28), BLOCK_SIZE), write_and_read(1, 0, 264),
         expect_kept_result("set", 0), expect_register(REG_PSTATE, BIT(28)));
}

FACT("SETREGSET from memory that is not mapped is EFAULT, unless there are no bytes", COPY) {
    TEST("the iovec", ask(PTRACE_SETREGSET, NT_PRSTATUS, NOWHERE), expect_result(-EFAULT));
    TEST("its memory", ask_regset(PTRACE_SETREGSET, NT_PRSTATUS, NOWHERE, BLOCK_SIZE),
         expect_result(-EFAULT));
    TEST("no bytes", ask_regset(PTRACE_SETREGSET, NT_PRSTATUS, NOWHERE, 0), expect_result(0));
}

FACT("SETREGSET of a note type that cannot be written is EOPNOTSUPP", COPY) {
    ask_regset(PTRACE_GETREGSET, NT_ARM_PAC_MASK, memory.scratch, 0);
    unless(-EINVAL, "the processor does not have this note type");
    TEST("NT_ARM_PAC_MASK", set_regset(NT_ARM_PAC_MASK, 16), expect_result(-EOPNOTSUPP));
}
