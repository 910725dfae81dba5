// PTRACE_GETSIGINFO and PTRACE_SETSIGINFO.
#include "own.h"

static const char group[] = "GETSIGINFO, SETSIGINFO";
#define GET "ptrace_getsiginfo, kernel/ptrace.c"
#define SETS "ptrace_setsiginfo, kernel/ptrace.c"
#define NOTIFY "ptrace_notify, kernel/signal.c"

enum { USER = 0 /* SI_USER */, TKILL = -6 /* SI_TKILL */, MAPERR = 1 /* SEGV_MAPERR */ };

static void read_info(void) {
    read_answer(PTRACE_GETSIGINFO, 0);
}

/** All of siginfo_t is written. */
static void expect_info(int signo, int code) {
    expect_answer(128);
    expect_int("signo", 0, signo);
    expect_int("code", 8, code);
}

/** The address of a fault; and a sender, in the same bytes. */
static void expect_address(uint64_t address) {
    expect_word("address", 16, address);
}

static void expect_sender(int32_t pid) {
    expect_int("pid", 16, pid);
    expect_int("uid", 20, (int32_t)syscall0(__NR_getuid));
}

FACT("GETSIGINFO at a stop by an exception has its si_code and si_addr", GET) {
    TEST(BREAKPOINT, read_info(), expect_info(SIGTRAP, BREAKPOINT_SI_CODE),
         expect_int("errno", 4, 0),
         expect_address(BREAKPOINT_HAS_ADDRESS ? place_of(BREAKPOINT_CODE) : 0));
    TEST(UNDEFINED, GO(PTRACE_CONT, UNDEFINED_CODE), read_info(),
         expect_info(SIGILL, UNDEFINED_SI_CODE), expect_address(place_of(UNDEFINED_CODE)));
    TEST("a load", GO(PTRACE_CONT, "load", {WORD_LOADED, memory.hole}), read_info(),
         expect_info(SIGSEGV, MAPERR), expect_address(memory.hole));
}

FACT("GETSIGINFO at a stop by a sent signal has the sender's pid and uid", GET) {
    const int32_t own = (int32_t)syscall0(__NR_getpid);
    TEST("tgkill", send(SIGUSR1), go_on(PTRACE_CONT, 0), read_info(), expect_info(SIGUSR1, TKILL),
         expect_sender(own));
    TEST("kill", send_to_process(SIGCONT), go_on(PTRACE_CONT, 0), read_info(),
         expect_info(SIGCONT, USER), expect_sender(own));
}

FACT("GETSIGINFO at a stop of a system call: SIGTRAP, si_code 0x85, the tracee's own pid", NOTIFY) {
    for (enum where where = AT_ENTRY; where <= AT_SYSEMU; where++)
        TEST(wheres[where], new_stub_at(where), read_info(), expect_info(SIGTRAP, SIGTRAP | 0x80),
             expect_sender(seen.pid));
}

FACT("Without PTRACE_O_TRACESYSGOOD si_code at a stop of a system call is SIGTRAP",
     REPORT_SYSCALL) {
    set_options(0);
    TEST("", enter(), read_info(), expect_info(SIGTRAP, SIGTRAP), expect_stop(STOPPED_BY(SIGTRAP)));
}

FACT("GETSIGINFO at an event has the event in the second byte of si_code", NOTIFY) {
    TEST("PTRACE_EVENT_EXIT", lead_to(AT_EXIT_EVENT), read_info(),
         expect_info(SIGTRAP, PTRACE_EVENT_EXIT << 8 | SIGTRAP));
}

FACT("GETSIGINFO in a group-stop is EINVAL, which identifies the group-stop", JOBCTL) {
    TEST("", lead_to(AT_GROUP_STOP), read_info(), expect_refusal(-EINVAL));
}

FACT("GETSIGINFO of a seized task in a group-stop has PTRACE_EVENT_STOP and the signal", JOBCTL) {
    TEST("", seize(), read_info(), expect_info(SIGSTOP, PTRACE_EVENT_STOP << 8 | SIGSTOP));
}

FACT("GETSIGINFO after PTRACE_INTERRUPT has PTRACE_EVENT_STOP and SIGTRAP", JOBCTL) {
    TEST("", seize_running(), stop_by(PTRACE_INTERRUPT, 0), read_info(),
         expect_info(SIGTRAP, PTRACE_EVENT_STOP << 8 | SIGTRAP),
         expect_stop(AT_EVENT(PTRACE_EVENT_STOP, SIGTRAP)));
}

FACT("GETSIGINFO to an address that is not mapped is EFAULT", GET) {
    TEST("", ask(PTRACE_GETSIGINFO, 0, NOWHERE), expect_result(-EFAULT));
}

/** Writes a siginfo_t with code -1 and another sender. */
static void set_info(void) {
    static const uint64_t info[16] = {SIGUSR1, 0xffffffff, 5ULL << 32 | 4, 0x77};
    put(info, 16);
    ask(PTRACE_SETSIGINFO, 0, ANSWER);
}

FACT("SETSIGINFO replaces what GETSIGINFO reads", SETS) {
    TEST("", set_info(), keep(), read_info(), expect_result(0), expect_kept_result("set", 0),
         expect_int("signo", 0, SIGUSR1), expect_int("code", 8, -1), expect_int("pid", 16, 4),
         expect_int("uid", 20, 5));
}

FACT("SETSIGINFO in a group-stop is EINVAL, and from an address that is not mapped EFAULT", SETS) {
    TEST("in a group-stop", lead_to(AT_GROUP_STOP), set_info(), expect_result(-EINVAL));
    TEST("not mapped", ask(PTRACE_SETSIGINFO, 0, NOWHERE), expect_result(-EFAULT));
}
