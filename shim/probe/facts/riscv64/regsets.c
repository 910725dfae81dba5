#include "regsets.h"

static const char group[] = "GETREGSET";

REGSET_FACTS(general, "NT_PRSTATUS", "8", "riscv_gpr_get, " PTRACE_C, NT_PRSTATUS, 8, 256, 256,
             {1, 4, 7, 9, 68, 255, 257, 0xffffffff}, 0)
REGSET_FACTS(floating, "NT_PRFPREG", "8", "riscv_fpr_get, " PTRACE_C, NT_PRFPREG, 8, 264, 264,
             {1, 4, 7, 9, 260, 263, 265}, 0)

FACT("GETREGSET of an unknown note type, or of one of other machines, is EINVAL",
     "find_regset, kernel/ptrace.c") {
    static const struct note notes[] = {NOTE(0),          NOTE(3),
                                        NOTE(4),          NOTE(6),
                                        NOTE(256),        NOTE(NT_X86_XSTATE),
                                        NOTE(NT_ARM_TLS), NOTE(NT_ARM_SVE),
                                        NOTE(1279),       NOTE(NT_RISCV_CSR),
                                        NOTE(1179208773), NOTE(4294967295)};
    refuse_notes(notes, sizeof notes / sizeof *notes);
}

/** Writes words to the first registers of a block, and reads all. */
static void write_first(uint32_t count) {
    SET(BREAKPOINT_CODE);
    read_registers();
    for (uint64_t i = 0; i < count; i++)
        memcpy(&answer[8 * i], &(uint64_t){0x5a5a000000000000 + i}, 8);
    set_regset(NT_PRSTATUS, 8ULL * count);
    keep();
    read_registers();
}

FACT("SETREGSET(NT_PRSTATUS) writes as many registers as it is given, and leaves the others",
     "riscv_gpr_set, " PTRACE_C) {
    for (uint32_t count = 1; count <= BLOCK_WORDS; count++)
        TEST(named("%u registers", count), write_first(count), expect_kept_result("set", 0),
             expect_written(BLOCK_SIZE), expect_same("differs"));
}

FACT("SETREGSET sets the length of the iovec to what it has written", REGSET) {
    set_lengths(BLOCK_SIZE);
}

FACT("GETREGSET(NT_RISCV_VECTOR) of a task that has not used vectors is ENODATA",
     "riscv_vr_get, " PTRACE_C) {
    get_regset(NT_RISCV_VECTOR, 40);
    unless(-EINVAL, "the processor has no vectors, or the kernel has an older answer");
    TEST("", get_regset(NT_RISCV_VECTOR, 40), expect_refusal(-ENODATA));
}
