// PTRACE_ATTACH, PTRACE_SEIZE and PTRACE_DETACH.
#include "facilities.h"
#include "own.h"

static const char group[] = "ATTACH, SEIZE, DETACH";
#define ATTACHES "ptrace_attach, kernel/ptrace.c"
#define STOPPING "ptrace_set_stopped, kernel/ptrace.c"

/** A bit of no option. */
enum { UNKNOWN_OPTION = 1 << 30 };

/** An expected refusal of a request to a task. */
static void expect_refused(const char *name, int64_t request, const char *what, int32_t task,
                           int64_t error) {
    TEST(named("%s: %s", name, what), need_alone(A_REQUEST, request), ask_task(task, request, 0, 0),
         expect_result(error));
}

static void expect_refusals(const char *name, int64_t request) {
    expect_refused(name, request, "a traced task", seen.pid, -EPERM);
    expect_refused(name, request, "the tracer", (int32_t)syscall0(__NR_getpid), -EPERM);
    TEST(named("%s: a zombie", name), new_stub(), die(), ask(request, 0, 0), expect_result(-EPERM));
    expect_refused(name, request, "no such task", NO_PID, -ESRCH);
    expect_refused(name, request, "pid 0", 0, -ESRCH);
    expect_refused(name, request, "pid -1", -1, -ESRCH);
}

FACT("ATTACH and SEIZE of a traced task, and of the tracer itself, are EPERM; without such a task "
     "ESRCH",
     ATTACHES) {
    expect_refusals("ATTACH", PTRACE_ATTACH);
    expect_refusals("SEIZE", PTRACE_SEIZE);
}

FACT("SEIZE with an address, or with an unknown option, is EIO", ATTACHES) {
    TEST("address 1", detach(), ask(PTRACE_SEIZE, 1, 0), expect_result(-EIO));
    TEST("an option", ask(PTRACE_SEIZE, 0, UNKNOWN_OPTION), expect_result(-EIO));
    TEST("then as usual", ask(PTRACE_SEIZE, 0, 0), expect_result(0));
}

static void expect_options(const char *name, int64_t request) {
    EACH (uint64_t, it, UNKNOWN_OPTION, 0, PTRACE_O_EXITKILL)
        TEST(named("%s, 0x%lx", name, *it), ask(request, 0, *it),
             expect_result(*it == UNKNOWN_OPTION ? -EINVAL : 0));
}

FACT("SETOPTIONS with an unknown option is EINVAL", "check_ptrace_options, kernel/ptrace.c") {
    expect_options("SETOPTIONS", PTRACE_SETOPTIONS);
#ifdef PTRACE_OLDSETOPTIONS
    expect_options("OLDSETOPTIONS", PTRACE_OLDSETOPTIONS);
#endif
}

FACT("ATTACH stops a running task by SIGSTOP", STOPPING) {
    release();
    TEST("", stop_by(PTRACE_ATTACH, 0), expect_result(0), expect_stop(STOPPED_BY(SIGSTOP)));
}

FACT("SEIZE does not stop a running task; INTERRUPT does, by PTRACE_EVENT_STOP and SIGTRAP",
     STOPPING) {
    TEST("SEIZE", seize_running(), glance(), expect_stop(NO_STOP));
    TEST("INTERRUPT", stop_by(PTRACE_INTERRUPT, 0), expect_result(0),
         expect_stop(AT_EVENT(PTRACE_EVENT_STOP, SIGTRAP)));
}

FACT("A stopped task traps at once: by ATTACH with its signal, by SEIZE with PTRACE_EVENT_STOP",
     STOPPING) {
    detach();
    TEST("ATTACH", stop_by(PTRACE_ATTACH, 0), expect_result(0), expect_stop(STOPPED_BY(SIGSTOP)));
    TEST("SEIZE", new_stub(), detach(), stop_by(PTRACE_SEIZE, 0), expect_result(0),
         expect_stop(AT_EVENT(PTRACE_EVENT_STOP, SIGSTOP)));
}

FACT("The options of SEIZE apply at once", ATTACHES) {
    seize();
    TEST("TRACESYSGOOD", enter(), expect_stop(AT_CALL));
}

FACT("DETACH with a signal above 64 is EIO, and the task stays traced",
     "ptrace_detach, kernel/ptrace.c") {
    TEST("65", ask(PTRACE_DETACH, 0, 65), expect_result(-EIO));
    TEST(named("then %s", READS), read_registers(), expect_result(0));
}
