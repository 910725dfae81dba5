// PTRACE_SINGLESTEP.
#include "own.h"

static const char group[] = "single-step";
enum { BREAKPOINT_TRAP = 1 /* TRAP_BRKPT */, STEP_TRAP = 2 /* TRAP_TRACE */, USER = 0 };
enum { SS = 1 << 21 };

/** The address of an instruction of a piece of code. */
static uint64_t at(const char *code, int instruction) {
    return place_of(code) + 4 * (uint64_t)instruction;
}

static void step_at(const char *code) {
    GO(PTRACE_SINGLESTEP, code);
}

static void expect_pc(uint64_t pc) {
    read_registers();
    expect_stop(STOPPED_BY(SIGTRAP));
    expect_register(REG_PC, pc);
}

static void expect_code(int code) {
    read_answer(PTRACE_GETSIGINFO, 0);
    expect_int("code", 8, code);
}

static void expect_info(int code, uint64_t address) {
    expect_code(code);
    expect_word("address", 16, address);
}

FACT("A step executes one instruction, and traps with TRAP_TRACE at the next one",
     "single_step_handler, arch/arm64/kernel/debug-monitors.c") {
    TEST("nop", step_at("nops"), expect_pc(at("nops", 1)));
    TEST("nop, twice", step_at("nops"), go_on(PTRACE_SINGLESTEP, 0), expect_pc(at("nops", 2)));
    TEST("nop, its siginfo", step_at("nops"), expect_info(STEP_TRAP, at("nops", 1)));
    TEST("a branch to itself", step_at("spin"), expect_pc(at("spin", 0)));
}

FACT("A step at BRK does not pass it, and traps with TRAP_BRKPT",
     "brk_handler, arch/arm64/kernel/debug-monitors.c") {
    TEST("registers", step_at("brk"), expect_pc(at("brk", 0)));
    TEST("siginfo", step_at("brk"), expect_info(BREAKPOINT_TRAP, at("brk", 0)));
}

FACT("A step over a system call traps after it, with SI_USER and the result in x0",
     ARM64_REPORT_SYSCALL) {
    TEST("registers", GO(PTRACE_SINGLESTEP, "svc", {REG_X8, __NR_getpid}), expect_pc(at("svc", 1)));
    TEST("siginfo", GO(PTRACE_SINGLESTEP, "svc", {REG_X8, __NR_getpid}), expect_code(USER));
}

static void expect_pstate(uint64_t pstate) {
    read_registers();
    expect_register(REG_PSTATE, pstate);
}

FACT("At the stop of a step pstate has SS, and a SETREGSET cannot clear it",
     "user_regs_reset_single_step, arch/arm64/kernel/debug-monitors.c") {
    TEST("read", step_at("nops"), expect_pstate(SS));
    TEST("written", step_at("nops"), SET("nops"), expect_pstate(SS));
    TEST("resumed", step_at("nops"), GO(PTRACE_CONT, "brk"), expect_pstate(0));
}
