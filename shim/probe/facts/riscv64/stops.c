// What registers have at stops. The kernel keeps the first argument of a call in orig_a0, which
// NT_PRSTATUS does not have.
#include "syscall_info.h"

static const char group[] = "registers at stops";
#define TRAPS(function) function ", arch/riscv/kernel/traps.c"

/** A request that the kernel's headers may lack, and what it reads. */
enum { SET_SYSCALL_INFO = 0x4212, INFO_SIZE = 88, FIRST_ARGUMENT = 32 };

static void expect_own(const char *name, uint32_t index, uint64_t expected) {
    read_registers();
    expect_word(name, 8 * index, expected);
}

/** Goes to the entry of a call that fails unless its first argument is replaced by 0. */
static void enter_getpgid(void) {
    GO_CALL(PTRACE_SYSCALL, __NR_getpgid, NO_PID);
    must_be_at(AT_CALL);
}

FACT("At a stop by EBREAK pc is its address; at stops of a call that of the next instruction",
     TRAPS("do_trap_ecall_u")) {
    TEST(BREAKPOINT, expect_own(COUNTER, WORD_COUNTER, place_of(BREAKPOINT_CODE)));
    EACH (enum where, it, AT_ENTRY, AT_SYSEMU, AT_EXIT)
        TEST(wheres[*it], new_stub_at(*it),
             expect_own(COUNTER, WORD_COUNTER, place_of(CALL_CODE) + SYSCALL_BYTES));
}

FACT("At the entry of a call a0 is -ENOSYS", TRAPS("do_trap_ecall_u")) {
    EACH (enum where, it, AT_ENTRY, AT_SYSEMU)
        TEST(wheres[*it], new_stub_at(*it), expect_own("a0", WORD_RESULT, (uint64_t)-ENOSYS));
}

FACT("What is written to a0 at the entry of a call does not replace its first argument",
     "syscall_get_arguments, arch/riscv/include/asm/syscall.h") {
    enter_getpgid();
    set_result(0);
    TEST("GET_SYSCALL_INFO", read_info(), expect_word("argument 0", FIRST_ARGUMENT, NO_PID));
    TEST("the result", go_on(PTRACE_SYSCALL, 0), expect_own("a0", WORD_RESULT, (uint64_t)-ESRCH));
}

FACT("SET_SYSCALL_INFO at the entry of a call replaces its first argument",
     "ptrace_set_syscall_info_entry, kernel/ptrace.c") {
    CALL(__NR_getpgid, 0);
    const uint64_t group_of_stub = (uint64_t)seen.result;
    enter_getpgid();
    read_info();
    memset(&answer[FIRST_ARGUMENT], 0, 8);
    ask(SET_SYSCALL_INFO, INFO_SIZE, ANSWER);
    TEST("", go_on(PTRACE_SYSCALL, 0), expect_own("a0", WORD_RESULT, group_of_stub));
}

FACT("A call whose number becomes -1 at its entry is skipped, and a0 stays as it was written",
     TRAPS("do_trap_ecall_u")) {
    enter();
    set_register(WORD_NUMBER, ~0ULL);
    set_result(77);
    TEST("", go_on(PTRACE_SYSCALL, 0), expect_own("a0", WORD_RESULT, 77));
}
