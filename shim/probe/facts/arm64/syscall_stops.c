// The stops of a system call.
#include "own.h"

static const char group[] = "system call stops";
#define SVC "el0_svc_common, arch/arm64/kernel/syscall.c"
#define ENTER "syscall_trace_enter, " PTRACE_C
enum { ARGUMENT = 11, NO_CALL = 9999 };
/** What x7 has, and what is written to it. */
enum { OWN = 0x77, OTHER = 0x55 };
#define NO_SUCH_CALL ((uint64_t)-ENOSYS)

static uint64_t after_call(void) {
    return place_of("svc") + SYSCALL_BYTES;
}

/** A new stub at the entry of a call, or at its exit. */
static void enter_call(int64_t request, uint64_t number) {
    new_stub();
    GO(request, "svc", {REG_X8, number}, {REG_X0, ARGUMENT}, {REG_X7, OWN});
}

static void leave_call(uint64_t number) {
    enter_call(PTRACE_SYSCALL, number);
    go_on(PTRACE_SYSCALL, 0);
}

/** A new stub at a stop of getpid. */
static void reach(enum where where) {
    if (where == AT_EXIT)
        leave_call(__NR_getpid);
    else
        enter_call(where == AT_SYSEMU ? PTRACE_SYSEMU : PTRACE_SYSCALL, __NR_getpid);
}

static void set_number(uint64_t number) {
    put(&number, 1);
    set_regset(NT_ARM_SYSTEM_CALL, 4);
}

static void expect_number(int32_t number) {
    get_regset(NT_ARM_SYSTEM_CALL, 4);
    expect_int("number", 0, number);
}

/** Writes the registers at a stop of a call, behind its SVC. */
static void rewrite(uint64_t number, uint64_t x7) {
    SET(0, {REG_X8, number}, {REG_X0, ARGUMENT}, {REG_X7, x7}, {REG_PC, after_call()});
}

/** Goes on to the breakpoint after the call. */
static void finish(void) {
    go_on(PTRACE_CONT, 0);
    read_registers();
}

static void expect_x0(uint64_t word) {
    expect_register(REG_X0, word);
}

FACT("At a stop of a system call x7 reads 0 on the way in and 1 on the way out",
     ARM64_REPORT_SYSCALL) {
    for (enum where where = AT_ENTRY; where <= AT_SYSEMU; where++)
        TEST(wheres[where], reach(where), read_registers(), expect_stop(AT_CALL),
             expect_register(REG_X7, where == AT_EXIT));
}

FACT("What is written to x7 at a stop of a system call is lost", ARM64_REPORT_SYSCALL) {
    for (enum where where = AT_ENTRY; where <= AT_SYSEMU; where++)
        TEST(wheres[where], reach(where), rewrite(__NR_getpid, OTHER), finish(),
             expect_stop(STOPPED_BY(SIGTRAP)), expect_register(REG_X7, OWN));
}

FACT("At a stop of a system call pc is after the SVC, and x8 has the number", SVC) {
    for (enum where where = AT_ENTRY; where <= AT_SYSEMU; where++)
        TEST(wheres[where], reach(where), read_registers(), expect_register(REG_PC, after_call()),
             expect_register(REG_X8, __NR_getpid));
}

FACT("x0 has the argument at the entry and at SYSEMU, and the result at the exit", SVC) {
    EACH (enum where, it, AT_ENTRY, AT_SYSEMU, AT_EXIT)
        TEST(wheres[*it], reach(*it), read_registers(),
             expect_x0(*it == AT_EXIT ? (uint64_t)seen.pid : ARGUMENT));
}

FACT("NT_ARM_SYSTEM_CALL has the number at each stop of a call, and -1 at other stops",
     "system_call_get, " PTRACE_C) {
    TEST("signal", expect_number(-1));
    for (enum where where = AT_ENTRY; where <= AT_SYSEMU; where++)
        TEST(wheres[where], new_stub_at(where), expect_number(__NR_getpid));
}

FACT("A number that is written to x8 at the entry does not change the call", SVC) {
    TEST("", enter_call(PTRACE_SYSCALL, __NR_getpid), rewrite(__NR_getppid, OWN), finish(),
         expect_x0((uint64_t)seen.pid), expect_register(REG_X8, __NR_getppid));
}

FACT("A number that is written to NT_ARM_SYSTEM_CALL at the entry changes the call, and x8 stays",
     ENTER) {
    TEST("getpid", enter_call(PTRACE_SYSCALL, __NR_getppid), set_number(__NR_getpid), finish(),
         expect_x0((uint64_t)seen.pid), expect_register(REG_X8, __NR_getppid));
    TEST("no such call", enter_call(PTRACE_SYSCALL, __NR_getppid), set_number(NO_CALL), finish(),
         expect_x0(NO_SUCH_CALL));
}

FACT("The call -1 is skipped, and keeps x0", SVC) {
    TEST("x0 as it was", enter_call(PTRACE_SYSCALL, __NR_getpid), set_number(0xffffffff), finish(),
         expect_x0(ARGUMENT));
    TEST("x0 written", enter_call(PTRACE_SYSCALL, __NR_getpid), set_number(0xffffffff),
         set_result(12345), finish(), expect_x0(12345));
}

FACT("A program's own call -1 is ENOSYS", SVC) {
    TEST("", GO(PTRACE_SYSCALL, "svc", {REG_X8, ~0ULL}, {REG_X0, ARGUMENT}), finish(),
         expect_x0(NO_SUCH_CALL));
}

FACT("SYSEMU skips the call, and keeps x0", ENTER) {
    TEST("x0 as it was", enter_call(PTRACE_SYSEMU, __NR_getpid), finish(),
         expect_stop(STOPPED_BY(SIGTRAP)), expect_x0(ARGUMENT));
    TEST("x0 written", enter_call(PTRACE_SYSEMU, __NR_getpid), set_result(5), finish(),
         expect_x0(5));
}

FACT("A result that is written at the exit is the program's", ARM64_REPORT_SYSCALL) {
    EACH (uint64_t, it, 0, 0x1234, NO_SUCH_CALL)
        TEST(named("0x%lx", *it), leave_call(__NR_getpid), set_result(*it), finish(),
             expect_x0(*it));
}

FACT("A length of NT_ARM_SYSTEM_CALL that is not a multiple of 4 is EINVAL",
     "system_call_set, " PTRACE_C) {
    lead_to(AT_ENTRY);
    EACH (uint32_t, it, 1, 2, 3, 5)
        TEST(named("%u bytes", *it), put(&(uint64_t){0}, 1), set_regset(NT_ARM_SYSTEM_CALL, *it),
             expect_result(-EINVAL));
    TEST("no bytes", set_regset(NT_ARM_SYSTEM_CALL, 0), expect_number(__NR_getpid));
}
