// PTRACE_GETEVENTMSG.
#include "own.h"

static const char group[] = "GETEVENTMSG";
static const char program[] = "/proc/self/exe";

static void read_message(void) {
    read_answer(PTRACE_GETEVENTMSG, 0);
}

static void expect_message(uint64_t message) {
    expect_word("message", 0, message);
}

/** Goes on to the event of a stub that clones; its child is traced and stopped, and ends. */
static void clone_child(uint64_t option, uint64_t flags) {
    set_options(option | PTRACE_O_EXITKILL);
    GO_CALL(PTRACE_CONT, __NR_clone, flags);
    read_message();
    end_child();
}

FACT("After a fork, vfork or clone event GETEVENTMSG has the child's pid, and the child is traced",
     "ptrace_event_pid, include/linux/ptrace.h") {
    static const struct {
        const char *name;
        int event;
        uint64_t option, flags;
    } clones[] = {
        {"FORK", PTRACE_EVENT_FORK, PTRACE_O_TRACEFORK, SIGCHLD},
        {"VFORK", PTRACE_EVENT_VFORK, PTRACE_O_TRACEVFORK, SIGCHLD | CLONE_VFORK | CLONE_VM},
        {"CLONE", PTRACE_EVENT_CLONE, PTRACE_O_TRACECLONE, 0}};
    for (int i = 0; i < 3; i++)
        TEST(clones[i].name, new_stub(), clone_child(clones[i].option, clones[i].flags),
             reap_child(), expect_answer(8), expect_stop(AT_EVENT(clones[i].event, SIGTRAP)),
             expect_first_stop(STOPPED_BY(SIGSTOP)));
}

FACT("At PTRACE_EVENT_VFORK_DONE GETEVENTMSG has the child's pid again",
     "kernel_clone, kernel/fork.c") {
    TEST("vfork",
         clone_child(PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE,
                     SIGCHLD | CLONE_VFORK | CLONE_VM),
         keep(), go_on(PTRACE_CONT, 0), read_message(), reap_child(), expect_answer(8),
         expect_stop(AT_EVENT(PTRACE_EVENT_VFORK_DONE, SIGTRAP)), expect_message(kept_word(0)));
}

/** Writes the name of a program to the stub's memory. Without a program what follows is skipped. */
static void write_name(void) {
    enum { AT_FDCWD = -100, X_OK = 1 };
    uint64_t words[2] = {0};
    memcpy(words, program, sizeof program);
    poke(words, 2);
    CALL(__NR_faccessat, (uint64_t)AT_FDCWD, memory.scratch, X_OK);
    unless(-ENOENT, "there is no /proc/self/exe");
}

/** A thread that the stub clones, at its first stop. Returns its tid. */
static int32_t clone_thread(void) {
    // Else it would take part in the stop of the stub's birth.
    send(SIGCONT);
    go_on(PTRACE_CONT, 0);
    must_be_at(STOPPED_BY(SIGCONT));
    set_options(PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
    GO_CALL(PTRACE_CONT, __NR_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD);
    read_message();
    keep();
    wait_stop_of((int32_t)kept_word(0));
    must_be_at(STOPPED_BY(SIGSTOP));
    return (int32_t)kept_word(0);
}

/** A thread executes the program. */
static void execute(int32_t task) {
    static const uint32_t registers[] = {WORD_ARGUMENTS};
    set_words(task, CALL_CODE,
              WORDS({WORD_NUMBER, __NR_execve}, {registers[0], memory.scratch}, {registers[1], 0},
                    {registers[2], 0}));
    ask_task(task, PTRACE_CONT, 0, 0);
    must_succeed();
    wait_stop();
    read_message();
    expect_answer(8);
    expect_stop(AT_EVENT(PTRACE_EVENT_EXEC, SIGTRAP));
    expect_message((uint64_t)task);
}

FACT("At PTRACE_EVENT_EXEC GETEVENTMSG has the tid that the thread had before: it gets that of the "
     "process",
     "exec_binprm, fs/exec.c") {
    write_name();
    TEST("the first thread", new_stub(), write_name(),
         set_options(PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL), execute(seen.pid));
    TEST("another thread", new_stub(), write_name(), execute(clone_thread()));
}

FACT("At PTRACE_EVENT_EXIT GETEVENTMSG has the status with which the process ends",
     "do_exit, kernel/exit.c") {
    EACH (int, it, SIGKILL, SIGTERM)
        CHECK (named("signal %d", *it)) {
            new_stub();
            set_options(PTRACE_O_TRACEEXIT);
            send(*it);
            if (*it != SIGKILL) {
                go_on(PTRACE_CONT, 0);
                go_on(PTRACE_CONT, *it);
            } else
                wait_stop();
            read_message();
            expect_stop(AT_EVENT(PTRACE_EVENT_EXIT, SIGTRAP));
            expect_message((uint64_t)*it);
            expect_written(8);
        }
    TEST("exit_group(0x1ff)", set_options(PTRACE_O_TRACEEXIT),
         GO_CALL(PTRACE_CONT, __NR_exit_group, 0x1ff), read_message(), expect_message(0xff00));
}

FACT("At a seccomp stop GETEVENTMSG has the data of the filter's result",
     "__seccomp_filter, kernel/seccomp.c") {
    TEST("", lead_to_seccomp(0x1234), read_message(), expect_answer(8), expect_message(0x1234));
}

FACT("At a stop of a system call GETEVENTMSG is 1 on the way in and 2 on the way out",
     REPORT_SYSCALL) {
    // The message came with it.
    read_answer(PTRACE_GET_SYSCALL_INFO, 0);
    EACH (enum where, it, AT_ENTRY, AT_SYSEMU, AT_EXIT)
        TEST(wheres[*it], new_stub_at(*it), read_message(), expect_answer(8),
             expect_message(*it == AT_EXIT ? 2 : 1));
}

FACT("GETEVENTMSG succeeds at any other stop, and is EFAULT to an address that is not mapped",
     REQUEST) {
    EACH (enum where, it, AT_SIGNAL, AT_GROUP_STOP)
        TEST(wheres[*it], new_stub_at(*it), read_message(), expect_answer(8));
    TEST("not mapped", ask(PTRACE_GETEVENTMSG, 0, NOWHERE), expect_result(-EFAULT));
}
