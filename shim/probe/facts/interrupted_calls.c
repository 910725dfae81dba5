// Signals that are sent at the stop of a call; with which a stub is resumed, cases have.
#include "own.h"

static const char group[] = "interrupted calls";

static void go_to(int64_t request, int64_t stop) {
    go_on(request, 0);
    expect_stop(stop);
}

FACT("A signal that is sent at the entry of ppoll comes after its exit, and before the entry again",
     REPORT_SYSCALL) {
    // A wait that only a signal ends: of no files.
    GO_CALL(PTRACE_SYSCALL, __NR_ppoll, 0);
    send(SIGUSR1);
    TEST("the exit", go_to(PTRACE_SYSCALL, AT_CALL));
    TEST("the signal", go_to(PTRACE_SYSCALL, STOPPED_BY(SIGUSR1)));
    TEST("the entry again", go_to(PTRACE_SYSCALL, AT_CALL));
}

FACT("A signal that is sent at a SYSEMU stop is the next stop", REPORT_SYSCALL) {
    lead_to(AT_SYSEMU);
    send(SIGUSR1);
    TEST("", go_to(PTRACE_SYSEMU, STOPPED_BY(SIGUSR1)));
}
