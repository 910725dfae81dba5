// Stubs of facts about requests, and how they are led to a stop.
#include "facilities.h"
#include "own.h"
#include <asm/unistd.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/wait.h>

enum { MOST_STUBS = 12 };
/** In microseconds. */
enum { PATIENCE = 2000000, A_MOMENT = 20000 };

struct seen seen;
static struct tracee stubs[MOST_STUBS];
static uint32_t count;

static int64_t status_of(int32_t task, int64_t microseconds) {
    int32_t status = 0;
    const int64_t waited = stublab_wait(task, __WALL, microseconds, &status);
    return waited < 0 ? waited : waited == 0 ? NO_STOP : status;
}

/** Resumes a task, and again at each stop, until it ends or turns out not to be traced. */
static void drain(int32_t task) {
    enum { MOST_STOPS = 64 };
    int64_t status = 0x7f;
    for (int stops = 0; (status & 0xff) == 0x7f && stops < MOST_STOPS; stops++) {
        stublab_ptrace(PTRACE_CONT, task, 0, 0);
        status = status_of(task, PATIENCE);
    }
}

uint32_t stub_count(void) {
    return count;
}

static void select_stub(void) {
    seen.pid = count == 0 ? 0 : stubs[count - 1].pid;
}

void close_stubs_after(uint32_t before) {
    while (count > before) {
        struct tracee *last = &stubs[--count];
        stublab_tgkill(last->pid, last->pid, SIGKILL);
        drain(last->pid);
        last->dead = true;
        end_stub(last, &master);
    }
    select_stub();
}

void begin_requests(void) {
    seen = (struct seen){0};
    forget_answers();
    new_stub();
}

void new_stub(void) {
    need_stub();
    if (!goes_on())
        return;
    if (count == MOST_STUBS)
        fail("a fact has too many stubs", count);
    const int64_t result = create_stub(&stubs[count], set_up_pages);
    if (result < 0)
        lose_by(RESULT, 0, result);
    count += result >= 0;
    select_stub();
    GO(PTRACE_CONT, BREAKPOINT_CODE);
    must_be_at(STOPPED_BY(SIGTRAP));
}

const char *const wheres[] = {"signal", "entry", "exit", "sysemu", "group", "event"};

void lead_to(enum where where) {
    switch (where) {
    case AT_ENTRY:
    case AT_EXIT:
        enter();
        if (where == AT_EXIT)
            go_on(PTRACE_SYSCALL, 0);
        break;
    case AT_SYSEMU:
        GO_CALL(PTRACE_SYSEMU, __NR_getpid, USUAL_ARGUMENTS);
        break;
    case AT_GROUP_STOP:
        send(SIGSTOP);
        go_on(PTRACE_CONT, 0);
        go_on(PTRACE_CONT, SIGSTOP);
        must_be_at(STOPPED_BY(SIGSTOP));
        return;
    case AT_EXIT_EVENT:
        set_options(SEIZE_OPTIONS);
        send(SIGKILL);
        wait_stop();
        must_be_at(AT_EVENT(PTRACE_EVENT_EXIT, SIGTRAP));
        return;
    default:
        return;
    }
    must_be_at(AT_CALL);
}

void new_stub_at(enum where where) {
    new_stub();
    lead_to(where);
}

uint64_t place_of(const char *code) {
    for (const struct piece *piece = pieces; piece->name != 0; piece++)
        if (same(piece->name, code))
            return piece->address;
    fail(code, -ENOENT);
}

void set_words(int32_t task, const char *code, const struct word *words, uint64_t number) {
    uint64_t block[BLOCK_WORDS];
    if (!goes_on())
        return;
    memcpy(block, baseline, sizeof block);
    if (code != 0)
        block[WORD_COUNTER] = place_of(code);
    for (uint64_t i = 0; i < number; i++)
        block[words[i].index] = words[i].word;
    seen.written = 0;
    seen.result = set_registers(task, block);
    must_succeed();
}

void go_on(int64_t request, int signal) {
    // Else a stop of a system call looks like one by SIGTRAP.
    if (request != PTRACE_CONT)
        need(AN_OPTION, PTRACE_O_TRACESYSGOOD);
    must_ask(request, (uint64_t)signal);
    wait_stop();
}

void go_call(int64_t request, uint64_t number, const uint64_t arguments[6]) {
    static const uint32_t registers[] = {WORD_ARGUMENTS};
    struct word words[7] = {{WORD_NUMBER, number}};
    for (int i = 0; i < 6; i++)
        words[1 + i] = (struct word){registers[i], arguments[i]};
    set_words(seen.pid, CALL_CODE, words, 7);
    go_on(request, 0);
}

void enter(void) {
    GO_CALL(PTRACE_SYSCALL, __NR_getpid, USUAL_ARGUMENTS);
}

void spin(void) {
    SET("spin");
    must_ask(PTRACE_CONT, 0);
}

void die(void) {
    lead_to(AT_EXIT_EVENT);
    must_ask(PTRACE_CONT, 0);
    struct stublab_deadline deadline = {.timeout = PATIENCE};
    while (goes_on() && !is_zombie(seen.pid) && stublab_time_left(&deadline) > 0)
        syscall0(__NR_sched_yield);
}

void detach(void) {
    must_ask(PTRACE_DETACH, SIGSTOP);
}

void seize(void) {
    detach();
    must_ask(PTRACE_SEIZE, SEIZE_OPTIONS);
    wait_stop();
    must_be_at(AT_EVENT(PTRACE_EVENT_STOP, SIGSTOP));
}

void release(void) {
    SET("spin");
    // The stop of its birth is still in effect: without SIGCONT it would stop again.
    send(SIGCONT);
    go_on(PTRACE_CONT, 0);
    must_be_at(STOPPED_BY(SIGCONT));
    must_ask(PTRACE_DETACH, 0);
}

void seize_running(void) {
    release();
    must_ask(PTRACE_SEIZE, SEIZE_OPTIONS);
}

void send(int signal) {
    if (goes_on())
        stublab_tgkill(seen.pid, seen.pid, signal);
}

void send_to_process(int signal) {
    if (goes_on())
        syscall2(__NR_kill, seen.pid, signal);
}

void wait_stop_of(int32_t task) {
    if (goes_on())
        seen.stop = status_of(task, PATIENCE);
}

void wait_stop(void) {
    wait_stop_of(seen.pid);
}

void glance(void) {
    if (goes_on())
        seen.stop = status_of(seen.pid, A_MOMENT);
}

void must_be_at(int64_t status) {
    if (goes_on() && seen.stop != status)
        lose_by(STOP, status, seen.stop);
}

void must_ask(int64_t request, uint64_t data) {
    ask(request, 0, data);
    must_succeed();
}

void must_succeed(void) {
    if (goes_on() && seen.result < 0)
        lose_by(RESULT, 0, seen.result);
}

void poke(const uint64_t *words, uint32_t number) {
    for (uint32_t i = 0; i < number; i++) {
        ask(PTRACE_POKEDATA, memory.scratch + 8ULL * i, words[i]);
        must_succeed();
    }
}

void call(int64_t number, const uint64_t arguments[6]) {
    need(A_CALL, number);
    if (!goes_on())
        return;
    seen.result = inject(&stubs[count - 1], number, arguments);
    if (seen.result <= NOT_DONE)
        lose_by(RESULT, 0, seen.result);
}

void lead_to_seccomp(uint32_t data) {
    const struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* the number */
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | data),
    };
    uint64_t words[4] = {2 /* instructions */, memory.scratch + 16};
    memcpy(&words[2], filter, sizeof filter);
    poke(words, 4);
    CALL(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1);
    must_succeed();
    CALL(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, memory.scratch);
    must_succeed();
    set_options(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD);
    GO_CALL(PTRACE_CONT, __NR_getpid, USUAL_ARGUMENTS);
}

void end_child(void) {
    if (!goes_on())
        return;
    seen.child = seen.written < 8 ? 0 : *(const int32_t *)answer;
    if (seen.child <= 0)
        return;
    seen.first = status_of(seen.child, PATIENCE);
    stublab_tgkill(seen.child, seen.child, SIGKILL);
    drain(seen.child);
}

void reap_child(void) {
    if (!goes_on() || seen.child <= 0)
        return;
    stublab_ptrace(PTRACE_SETOPTIONS, seen.pid, 0, (void *)PTRACE_O_TRACEEXIT);
    int64_t status = STOPPED_BY(SIGCHLD);
    while (status == STOPPED_BY(SIGCHLD) && stublab_ptrace(PTRACE_CONT, seen.pid, 0, 0) == 0)
        status = status_of(seen.pid, PATIENCE);
    if (status == STOPPED_BY(SIGTRAP))
        INJECT(&stubs[count - 1], __NR_wait4, (uint64_t)seen.child, 0, __WALL, 0);
    else
        lose_by(STOP, STOPPED_BY(SIGTRAP), status);
}
