// Requests that do not exist, and tasks to which none can be made.
#include "facilities.h"
#include "own.h"

static const char group[] = "requests and tasks";
#define CHECK_ATTACH "ptrace_check_attach, kernel/ptrace.c"

/** Requests that need a stopped tracee, by their numbers: headers may lack some. */
#define STOPPED_REQUESTS                                                                           \
    {"PEEKTEXT", 1}, {"PEEKDATA", 2}, {"POKETEXT", 4}, {"POKEDATA", 5}, {"CONT", 7},               \
        {"SINGLESTEP", 9}, {"DETACH", 17}, {"SYSCALL", 24}, {"SYSEMU", 31},                        \
        {"SYSEMU_SINGLESTEP", 32}, {"SETOPTIONS", 0x4200}, {"GETEVENTMSG", 0x4201},                \
        {"GETSIGINFO", 0x4202}, {"SETSIGINFO", 0x4203}, {"GETREGSET", 0x4204},                     \
        {"SETREGSET", 0x4205}, {"LISTEN", 0x4208}, {"PEEKSIGINFO", 0x4209},                        \
        {"GETSIGMASK", 0x420a}, {"SETSIGMASK", 0x420b}, {"GET_SYSCALL_INFO", 0x420e},              \
        {"GET_RSEQ_CONFIGURATION", 0x420f}, {                                                      \
        "GET_SYSCALL_USER_DISPATCH_CONFIG", 0x4211                                                 \
    }

static void check_stopped(int32_t task) {
    EACH (struct request, it, STOPPED_REQUESTS, OWN_REQUESTS, UNKNOWN_REQUESTS)
        TEST(it->name, need_alone(A_REQUEST, it->number), ask_task(task, it->number, 0, 0),
             expect_result(-ESRCH));
}

static void check_all(int32_t task) {
    check_stopped(task);
    TEST("INTERRUPT", ask_task(task, PTRACE_INTERRUPT, 0, 0), expect_result(-ESRCH));
    TEST("KILL", ask_task(task, PTRACE_KILL, 0, 0), expect_result(-ESRCH));
}

FACT("A request with an unknown number is EIO, and the registers stay", REQUEST) {
    read_registers();
    keep();
    EACH (struct request, it, UNKNOWN_REQUESTS)
        TEST(it->name, ask(it->number, 0, 0), expect_result(-EIO));
    TEST("registers", read_registers(), expect_written(BLOCK_SIZE), expect_same("differs"));
}

FACT(ABSENT_FACT, ABSENT_SOURCE) {
    EACH (struct request, it, ABSENT_REQUESTS)
        TEST(it->name, read_answer(it->number, 0), expect_refusal(-EIO));
}

FACT("Requests to a running tracee are ESRCH, also those with an unknown number", CHECK_ATTACH) {
    spin();
    check_stopped(seen.pid);
}

FACT("Requests to a zombie are ESRCH", CHECK_ATTACH) {
    die();
    check_stopped(seen.pid);
}

FACT("Requests to a task that is not traced are ESRCH, also INTERRUPT and KILL", CHECK_ATTACH) {
    detach();
    check_all(seen.pid);
}

FACT("Requests to the tracer itself are ESRCH", CHECK_ATTACH) {
    check_all((int32_t)syscall0(__NR_getpid));
}

FACT("Requests to a pid without a task are ESRCH", "find_get_task_by_vpid, kernel/pid.c") {
    check_all(NO_PID);
}

FACT("PTRACE_KILL of a running tracee and of a zombie succeeds", REQUEST) {
    TEST("running", spin(), ask(PTRACE_KILL, 0, 0), expect_result(0));
    TEST("a zombie", new_stub(), die(), ask(PTRACE_KILL, 0, 0), expect_result(0));
}

FACT("PTRACE_KILL kills a stopped tracee", REQUEST) {
    TEST("", set_options(0), stop_by(PTRACE_KILL, 0), expect_result(0), expect_stop(SIGKILL));
}

FACT("TRACEME by a task that is traced is EPERM", "ptrace_traceme, kernel/ptrace.c") {
    TEST("", CALL(__NR_ptrace, PTRACE_TRACEME), expect_result(-EPERM));
}

FACT("After SIGKILL a stopped tracee stops at PTRACE_EVENT_EXIT, then ends",
     "ptrace_stop, kernel/signal.c") {
    TEST("", lead_to(AT_EXIT_EVENT), go_on(PTRACE_CONT, SIGKILL), expect_stop(SIGKILL));
}
