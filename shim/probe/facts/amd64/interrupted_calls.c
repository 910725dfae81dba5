// System calls that a signal interrupts, in a stub without a filter.
#include "own.h"

static const char group[] = "interrupted calls";
#define DO_SIGNAL "arch_do_signal_or_restart, arch/x86/kernel/signal.c"
// linux/errno.h
#define ERESTARTSYS ((uint64_t)-512)
#define ERESTARTNOHAND ((uint64_t)-514)
#define ERESTART_RESTARTBLOCK ((uint64_t)-516)

/** The next stop, and the registers there. */
static void stop_and_read(int64_t request, int64_t stop) {
    go_on(request, 0);
    read_registers();
    expect_stop(stop);
}

static void expect_number(uint64_t number) {
    expect_word("number", 8 * REG_ORIG_RAX, number);
}

static uint64_t after_call(void) {
    return place_of("syscall") + SYSCALL_BYTES;
}

FACT("A signal interrupts pause: -ERESTARTNOHAND at the exit and at the signal, then the entry "
     "again",
     DO_SIGNAL) {
    GO(PTRACE_SYSCALL, "syscall", {REG_RAX, __NR_pause});
    send(SIGUSR1);
    TEST("the exit", stop_and_read(PTRACE_SYSCALL, AT_CALL),
         expect_register(REG_RAX, ERESTARTNOHAND));
    TEST("the signal", stop_and_read(PTRACE_SYSCALL, STOPPED_BY(SIGUSR1)),
         expect_register(REG_RAX, ERESTARTNOHAND));
    TEST("the entry again", stop_and_read(PTRACE_SYSCALL, AT_CALL),
         expect_register(REG_RIP, after_call()), expect_number(__NR_pause));
}

FACT("A signal pending at a SYSEMU stop has its stop with unchanged registers, then restarts the "
     "call",
     DO_SIGNAL) {
    lead_to(AT_SYSEMU);
    read_registers();
    keep();
    SET(0, {REG_RAX, ERESTARTSYS}, {REG_ORIG_RAX, __NR_getpid}, {REG_RIP, after_call()});
    send(SIGUSR1);
    TEST("the signal", stop_and_read(PTRACE_SYSEMU, STOPPED_BY(SIGUSR1)),
         expect_register(REG_RAX, ERESTARTSYS), expect_register(REG_RIP, after_call()),
         expect_number(__NR_getpid));
    TEST("the call", stop_and_read(PTRACE_SYSEMU, AT_CALL), expect_register(REG_RIP, after_call()),
         expect_number(__NR_getpid));
    TEST("r15", read_registers(), expect_register(REG_R15, kept_word(8 * REG_R15)));
}

/** A sleep of 1000 seconds in a new stub, which a signal interrupts, to the stop at its exit. */
static void interrupt_sleep(bool wide) {
    // nanosleep of 32-bit programs needs CONFIG_COMPAT_32BIT_TIME.
    enum { CLOCK_NANOSLEEP_TIME64 = 407, MONOTONIC = 1 };
    new_stub();
    if (!wide)
        require("32-bit calls");
    POKE(1000, 0);
    if (wide)
        GO(PTRACE_SYSCALL, "syscall", {REG_RAX, __NR_nanosleep}, {REG_RDI, memory.scratch},
           {REG_RSI, 0});
    else
        GO(PTRACE_SYSCALL, "int80", {REG_RAX, CLOCK_NANOSLEEP_TIME64}, {REG_RBX, MONOTONIC},
           {REG_RCX, 0}, {REG_RDX, memory.scratch}, {REG_RSI, 0});
    send(SIGUSR1);
    go_on(PTRACE_SYSCALL, 0);
}

FACT("A sleep that a signal interrupts continues as restart_syscall, with the number that this has "
     "in its own bits",
     "get_nr_restart_syscall, arch/x86/kernel/signal.c") {
    enum { RESTART_32 = 0 };
    static const char *const names[] = {"32-bit", "64-bit"};
    for (int wide = 1; wide >= 0; wide--)
        TEST(named("%s, the exit", names[wide]), interrupt_sleep(wide != 0), read_registers(),
             expect_stop(AT_CALL), expect_register(REG_RAX, ERESTART_RESTARTBLOCK));
    for (int wide = 1; wide >= 0; wide--)
        TEST(named("%s, the entry", names[wide]), interrupt_sleep(wide != 0),
             go_on(PTRACE_SYSCALL, 0), must_be_at(STOPPED_BY(SIGUSR1)),
             stop_and_read(PTRACE_SYSCALL, AT_CALL),
             expect_number(wide != 0 ? __NR_restart_syscall : RESTART_32));
}

/** The end of a call whose number was changed at its entry stop. */
static void renumber(uint64_t number, uint64_t result) {
    GO(PTRACE_SYSCALL, "syscall", {REG_RAX, __NR_getppid});
    SET(0, {REG_RAX, 12345}, {REG_ORIG_RAX, number}, {REG_RIP, after_call()});
    stop_and_read(PTRACE_CONT, STOPPED_BY(SIGTRAP));
    expect_register(REG_RAX, result);
}

FACT("Without a filter a call whose number was set to -1 is skipped, and keeps rax",
     "syscall_trace_enter, kernel/entry/common.c") {
    TEST("orig_rax = -1", renumber((uint64_t)-1, 12345));
    TEST("orig_rax = 4294967295", renumber(0xffffffff, 12345));
    TEST("another number", renumber(__NR_getpid, (uint64_t)seen.pid));
}
