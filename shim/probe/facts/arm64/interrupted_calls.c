// System calls that a signal interrupts.
#include "own.h"

static const char group[] = "interrupted calls";
#define DO_SIGNAL "do_signal, arch/arm64/kernel/signal.c"
/** ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, and ERESTART_RESTARTBLOCK. */
static const uint64_t restarts[] = {512, 513, 514, 516};

static uint64_t at_call(void) {
    return place_of("svc");
}

/** Goes on to the next stop, with these words in x0 and pc. */
static void expect_next(int64_t request, int64_t stop, uint64_t x0, uint64_t pc) {
    go_on(request, 0);
    read_registers();
    expect_stop(stop);
    expect_register(REG_X0, x0);
    expect_register(REG_PC, pc);
}

/** The same with a call's number in x8. */
static void expect_call(int64_t request, uint64_t number) {
    go_on(request, 0);
    read_registers();
    expect_stop(AT_CALL);
    expect_register(REG_X8, number);
    expect_register(REG_PC, at_call() + SYSCALL_BYTES);
}

/** A signal at the exit of getpid, where x0 is written. */
static void exit_with(uint64_t result) {
    lead_to(AT_EXIT);
    set_result(result);
    send(SIGUSR1);
}

FACT("A signal interrupts ppoll: -ERESTARTNOHAND at the exit; at the signal pc is at the SVC again",
     DO_SIGNAL) {
    // A wait that only a signal ends: of no files.
    GO_CALL(PTRACE_SYSCALL, __NR_ppoll, 0);
    send(SIGUSR1);
    TEST("the exit",
         expect_next(PTRACE_SYSCALL, AT_CALL, (uint64_t)-514, at_call() + SYSCALL_BYTES));
    TEST("the signal", expect_next(PTRACE_SYSCALL, STOPPED_BY(SIGUSR1), 0, at_call()));
    TEST("the entry again", expect_call(PTRACE_SYSCALL, __NR_ppoll));
}

FACT("A code of a restart in x0 at the exit: at the signal x0 is the argument, and pc at the SVC",
     DO_SIGNAL) {
    for (int i = 0; i < 4; i++)
        TEST(named("-0x%lx", restarts[i]), exit_with(-restarts[i]),
             expect_next(PTRACE_SYSCALL, STOPPED_BY(SIGUSR1), 11, at_call()));
}

FACT("Another result at the exit stays, and pc after the SVC", DO_SIGNAL) {
    EACH (uint64_t, it, 4, 511, 515)
        TEST(named(*it < 10 ? "-%lu" : "-0x%lx", *it), exit_with(-*it),
             expect_next(PTRACE_SYSCALL, STOPPED_BY(SIGUSR1), -*it, at_call() + SYSCALL_BYTES));
}

FACT("A code of a restart without a signal is the program's", DO_SIGNAL) {
    for (int i = 0; i < 4; i++)
        TEST(named("-0x%lx", restarts[i]), lead_to(AT_EXIT), set_result(-restarts[i]),
             go_on(PTRACE_CONT, 0), read_registers(), expect_stop(STOPPED_BY(SIGTRAP)),
             expect_register(REG_X0, -restarts[i]));
}

FACT("At the signal the call is over: NT_ARM_SYSTEM_CALL is -1, and x0 is not looked at again",
     DO_SIGNAL) {
    TEST("the number", exit_with((uint64_t)-512), go_on(PTRACE_SYSCALL, 0),
         get_regset(NT_ARM_SYSTEM_CALL, 4), expect_stop(STOPPED_BY(SIGUSR1)),
         expect_int("number", 0, -1));
    TEST("x0", exit_with(0), go_on(PTRACE_SYSCALL, 0),
         SET(0, {REG_X8, __NR_getpid}, {REG_X0, (uint64_t)-512}, {REG_X1, 12}, {REG_X2, 13},
             {REG_X3, 14}, {REG_X4, 15}, {REG_X5, 16}, {REG_PC, at_call() + SYSCALL_BYTES}),
         go_on(PTRACE_CONT, 0), read_registers(), expect_stop(STOPPED_BY(SIGTRAP)),
         expect_register(REG_X0, (uint64_t)-512));
}

FACT("A call with a pending signal at SYSEMU restarts, if x0 has the code", DO_SIGNAL) {
    lead_to(AT_SYSEMU);
    set_result((uint64_t)-512);
    send(SIGUSR1);
    TEST("the signal", go_on(PTRACE_SYSEMU, 0), read_registers(), expect_stop(STOPPED_BY(SIGUSR1)),
         expect_register(REG_PC, at_call()));
    TEST("the call", expect_call(PTRACE_SYSEMU, __NR_getpid));
}
