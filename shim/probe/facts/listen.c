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
    seize(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT);
    ask(PTRACE_LISTEN, 0, 0);
}

FACT(attached_only, "INTERRUPT and LISTEN of a task that was attached are EIO, at any stop",
     REQUEST) {
    for (enum where where = 0; where < WHERES; where++) {
        new_stub_at(where);
        CHECK("INTERRUPT, %s", wheres[where]) {
            ask(PTRACE_INTERRUPT, 0, 0);
            expect_result(-EIO);
        }
        CHECK("LISTEN, %s", wheres[where]) {
            ask(PTRACE_LISTEN, 0, 0);
            expect_result(-EIO);
        }
    }
    CHECK("INTERRUPT, running") {
        new_stub();
        spin();
        ask(PTRACE_INTERRUPT, 0, 0);
        expect_result(-EIO);
    }
}

FACT(listen_elsewhere, "LISTEN at a stop that is not a PTRACE_EVENT_STOP is EIO", REQUEST) {
    lead_to_seized();
    CHECK(BREAKPOINT) {
        ask(PTRACE_LISTEN, 0, 0);
        expect_result(-EIO);
    }
    CHECK("entry") {
        enter();
        ask(PTRACE_LISTEN, 0, 0);
        expect_stop(AT_CALL);
        expect_result(-EIO);
    }
}

FACT(interrupt_at_stop, "INTERRUPT at a stop traps the task again after it is resumed", REQUEST) {
    lead_to_seized();
    SET("spin");
    ONE_CHECK {
        ask(PTRACE_INTERRUPT, 0, 0);
        keep();
        go_on(PTRACE_CONT, 0);
        expect_kept_result("interrupted", 0);
        expect_stop(TRAPPED);
    }
}

FACT(listening, "While a task listens, every other request is ESRCH, and it does not run",
     REQUEST) {
    CHECK("LISTEN") {
        listen();
        expect_result(0);
    }
    CHECK(READS) {
        read_registers();
        expect_result(-ESRCH);
    }
#ifdef PTRACE_GETREGS
    CHECK("PEEKUSER") {
        ask(PTRACE_PEEKUSR, 0, 0);
        expect_result(-ESRCH);
    }
#endif
    static const struct {
        const char *name;
        int64_t request;
    } others[] = {{"CONT", PTRACE_CONT},
                  {"LISTEN", PTRACE_LISTEN},
                  {"GETSIGINFO", PTRACE_GETSIGINFO},
                  {"SETOPTIONS", PTRACE_SETOPTIONS}};
    for (int i = 0; i < 4; i++)
        CHECK("%s", others[i].name) {
            ask(others[i].request, 0, 0);
            expect_result(-ESRCH);
        }
    CHECK("stop") {
        glance();
        expect_stop(NO_STOP);
    }
}

FACT(interrupt_ends_listen,
     "INTERRUPT ends LISTEN: the task traps with the signal of its group-stop", JOBCTL) {
    listen();
    ONE_CHECK {
        stop_by(PTRACE_INTERRUPT, 0);
        expect_result(0);
        expect_stop(IN_GROUP_STOP);
    }
}

FACT(cont_ends_listen, "SIGCONT ends LISTEN: the task traps with SIGTRAP, then stops by SIGCONT",
     JOBCTL) {
    listen();
    CHECK("trap") {
        send_to_process(SIGCONT);
        wait_stop();
        expect_stop(TRAPPED);
    }
    CHECK("then") {
        go_on(PTRACE_CONT, 0);
        expect_stop(STOPPED_BY(SIGCONT));
    }
}

FACT(seized_group_stop,
     "A seized task stops for a group-stop by PTRACE_EVENT_STOP, and its signal first", JOBCTL) {
    lead_to_seized();
    CHECK("signal") {
        send(SIGSTOP);
        go_on(PTRACE_CONT, 0);
        expect_stop(STOPPED_BY(SIGSTOP));
    }
    CHECK("group-stop") {
        go_on(PTRACE_CONT, SIGSTOP);
        read_answer(PTRACE_GETSIGINFO, 0);
        expect_stop(IN_GROUP_STOP);
        expect_int("code", 8, PTRACE_EVENT_STOP << 8 | SIGSTOP);
    }
}

FACT(seized_signal, "A signal stops a seized task as it does an attached one",
     "ptrace_signal, kernel/signal.c") {
    lead_to_seized();
    ONE_CHECK {
        send(SIGUSR1);
        go_on(PTRACE_CONT, 0);
        expect_stop(STOPPED_BY(SIGUSR1));
    }
}
