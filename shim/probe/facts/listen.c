// PTRACE_INTERRUPT and PTRACE_LISTEN.
#include "own.h"

static const char group[] = "INTERRUPT, LISTEN";
enum { TRAPPED = AT_EVENT(PTRACE_EVENT_STOP, SIGTRAP) };
enum { IN_GROUP_STOP = AT_EVENT(PTRACE_EVENT_STOP, SIGSTOP) };

/** Leads a seized stub to a stop by a breakpoint, which is not a PTRACE_EVENT_STOP. */
static void lead_to_seized(void) {
    seize_running();
    stop_by(PTRACE_INTERRUPT, 0);
    GO(PTRACE_CONT, BREAKPOINT_CODE);
}

static void listen(void) {
    seize();
    ask(PTRACE_LISTEN, 0, 0);
}

FACT("INTERRUPT and LISTEN of a task that was attached are EIO, at any stop", REQUEST) {
    for (enum where where = 0; where < WHERES; where++) {
        new_stub_at(where);
        TEST(named("INTERRUPT, %s", wheres[where]), ask(PTRACE_INTERRUPT, 0, 0),
             expect_result(-EIO));
        TEST(named("LISTEN, %s", wheres[where]), ask(PTRACE_LISTEN, 0, 0), expect_result(-EIO));
    }
    TEST("INTERRUPT, running", new_stub(), spin(), ask(PTRACE_INTERRUPT, 0, 0),
         expect_result(-EIO));
}

FACT("LISTEN at a stop that is not a PTRACE_EVENT_STOP is EIO", REQUEST) {
    lead_to_seized();
    TEST(BREAKPOINT, ask(PTRACE_LISTEN, 0, 0), expect_result(-EIO));
    TEST("entry", enter(), ask(PTRACE_LISTEN, 0, 0), expect_stop(AT_CALL), expect_result(-EIO));
}

FACT("INTERRUPT at a stop traps the task again after it is resumed", REQUEST) {
    lead_to_seized();
    SET("spin");
    TEST("", ask(PTRACE_INTERRUPT, 0, 0), keep(), go_on(PTRACE_CONT, 0),
         expect_kept_result("interrupted", 0), expect_stop(TRAPPED));
}

FACT("While a task listens, every other request is ESRCH, and it does not run", REQUEST) {
    TEST("LISTEN", listen(), expect_result(0));
    TEST(READS, read_registers(), expect_result(-ESRCH));
#ifdef PTRACE_GETREGS
    TEST("PEEKUSER", ask(PTRACE_PEEKUSR, 0, 0), expect_result(-ESRCH));
#endif
    EACH (struct request, it, {"CONT", PTRACE_CONT}, {"LISTEN", PTRACE_LISTEN},
          {"GETSIGINFO", PTRACE_GETSIGINFO}, {"SETOPTIONS", PTRACE_SETOPTIONS})
        TEST(it->name, ask(it->number, 0, 0), expect_result(-ESRCH));
    TEST("stop", glance(), expect_stop(NO_STOP));
}

FACT("INTERRUPT ends LISTEN: the task traps with the signal of its group-stop", JOBCTL) {
    listen();
    TEST("", stop_by(PTRACE_INTERRUPT, 0), expect_result(0), expect_stop(IN_GROUP_STOP));
}

FACT("SIGCONT ends LISTEN: the task traps with SIGTRAP, then stops by SIGCONT", JOBCTL) {
    listen();
    TEST("trap", send_to_process(SIGCONT), wait_stop(), expect_stop(TRAPPED));
    TEST("then", go_on(PTRACE_CONT, 0), expect_stop(STOPPED_BY(SIGCONT)));
}

FACT("A seized task stops for a group-stop by PTRACE_EVENT_STOP, and its signal first", JOBCTL) {
    lead_to_seized();
    TEST("signal", send(SIGSTOP), go_on(PTRACE_CONT, 0), expect_stop(STOPPED_BY(SIGSTOP)));
    TEST("group-stop", go_on(PTRACE_CONT, SIGSTOP), read_answer(PTRACE_GETSIGINFO, 0),
         expect_stop(IN_GROUP_STOP), expect_int("code", 8, PTRACE_EVENT_STOP << 8 | SIGSTOP));
}

FACT("A signal stops a seized task as it does an attached one", "ptrace_signal, kernel/signal.c") {
    lead_to_seized();
    TEST("", send(SIGUSR1), go_on(PTRACE_CONT, 0), expect_stop(STOPPED_BY(SIGUSR1)));
}
