// What stops a resumed program.
#include "own.h"

static const char group[] = "exceptions";
#define FAULT "do_page_fault, arch/arm64/mm/fault.c"
#define ALIGNMENT "do_sp_pc_abort, arch/arm64/mm/fault.c"
// asm-generic/siginfo.h
enum { ILLEGAL_OPCODE = 1 /* ILL_ILLOPC */, UNALIGNED = 1 /* BUS_ADRALN */ };
enum { NOT_MAPPED = 1 /* SEGV_MAPERR */, NOT_ALLOWED = 2 /* SEGV_ACCERR */ };

/** What GETSIGINFO has after the last stop. */
static void expect_info(int signo, int code, uint64_t address) {
    read_answer(PTRACE_GETSIGINFO, 0);
    expect_int("signo", 0, signo);
    expect_int("code", 8, code);
    expect_word("address", 16, address);
}

FACT("pc at an address that is not a multiple of 4 is SIGBUS, BUS_ADRALN", ALIGNMENT) {
    for (uint64_t by = 1; by <= 3; by++)
        TEST(named("+ %lu", by), GO(PTRACE_CONT, "nops", {REG_PC, place_of("nops") + by}),
             expect_info(SIGBUS, UNALIGNED, place_of("nops") + by));
}

FACT("An access by sp that is not a multiple of 16 is SIGBUS, BUS_ADRALN", ALIGNMENT) {
    EACH (uint64_t, it, 1, 4, 8)
        TEST(named("- %lu", *it), GO(PTRACE_CONT, "stack", {REG_SP, baseline[REG_SP] - *it}),
             expect_info(SIGBUS, UNALIGNED, baseline[REG_SP] - *it));
}

FACT("pc where nothing is mapped is SEGV_MAPERR, and at memory without code SEGV_ACCERR", FAULT) {
    const struct {
        const char *name;
        uint64_t address;
        int code;
    } rows[] = {{"not mapped", memory.hole, NOT_MAPPED},
                {"0", 0, NOT_MAPPED},
                {"constants", memory.constants, NOT_ALLOWED}};
    for (int i = 0; i < 3; i++)
        TEST(rows[i].name, GO(PTRACE_CONT, "nops", {REG_PC, rows[i].address}),
             expect_info(SIGSEGV, rows[i].code, rows[i].address));
}

FACT("A load where nothing is mapped is SEGV_MAPERR, and a store to constants SEGV_ACCERR", FAULT) {
    const struct {
        const char *name, *code;
        uint64_t address;
        int si_code;
    } rows[] = {{"load", "load", memory.hole, NOT_MAPPED},
                {"store", "store", memory.hole, NOT_MAPPED},
                {"constants", "store", memory.constants, NOT_ALLOWED}};
    for (int i = 0; i < 3; i++)
        TEST(rows[i].name, GO(PTRACE_CONT, rows[i].code, {REG_X1, rows[i].address}),
             expect_info(SIGSEGV, rows[i].si_code, rows[i].address));
}

FACT("The highest byte of an address is a tag, which a load ignores",
     "TCR_TBI0, arch/arm64/mm/proc.S") {
    TEST("", GO(PTRACE_CONT, "load", {REG_X1, memory.constants | 0x12ULL << 56}), read_registers(),
         expect_register(REG_X0, memory.constant));
}

FACT("Instructions that programs may not execute are SIGILL, ILL_ILLOPC",
     "do_el0_undef, arch/arm64/kernel/traps.c") {
    static const char *const codes[] = {"udf", "hlt", "daif"};
    for (int i = 0; i < 3; i++)
        TEST(codes[i], GO(PTRACE_CONT, codes[i]),
             expect_info(SIGILL, ILLEGAL_OPCODE, place_of(codes[i])));
}

FACT("BTYPE has no effect on code that is mapped without PROT_BTI",
     "do_el0_bti, arch/arm64/kernel/traps.c") {
    for (uint64_t pstate = 0x400; pstate <= 0xc00; pstate += 0x400)
        TEST(named("pstate = 0x%lx", pstate), GO(PTRACE_CONT, "nops", {REG_PSTATE, pstate}),
             expect_stop(STOPPED_BY(SIGTRAP)));
}

FACT("The flags of pstate are the program's", "valid_native_regs, arch/arm64/kernel/ptrace.c") {
    EACH (uint64_t, it, 0, 0x50000000, 0xf0000000)
        TEST(named("0x%lx", *it), GO(PTRACE_CONT, "flags", {REG_PSTATE, *it}), read_registers(),
             expect_register(REG_X0, *it));
}
