// Stubs of facts about requests, and how they are led to a stop.
#include "facilities.h"
#include "own.h"
#include <asm/unistd.h>
#include <linux/wait.h>

enum { MOST_STUBS = 12 };
/** In microseconds. */
enum { PATIENCE = 2000000, A_MOMENT = 20000 };

/** The arguments of the calls of getpid that stubs are led to. */
#define USUAL_ARGUMENTS 11, 12, 13, 14, 15, 16
/** What scripts have as words. */
#define WORDS(...)                                                                                 \
    (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)
#define GO_CALL(...) go_call(WORDS(__VA_ARGS__))

struct seen seen;
static struct tracee stubs[MOST_STUBS];
static uint32_t count_of_stubs;

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
    return count_of_stubs;
}

void select_stub(void) {
    seen.pid = count_of_stubs == 0 ? 0 : stubs[count_of_stubs - 1].pid;
}

void select_task(int64_t task) {
    seen.pid = (int32_t)task;
}

void close_stubs_after(uint32_t before) {
    while (count_of_stubs > before) {
        struct tracee *last = &stubs[--count_of_stubs];
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
    if (count_of_stubs == MOST_STUBS)
        fail("a fact has too many stubs", MOST_STUBS);
    const int64_t result = create_stub(&stubs[count_of_stubs], set_up_pages);
    if (result < 0)
        lose_by(RESULT, 0, result);
    count_of_stubs += result >= 0;
    select_stub();
    go(WORDS(PTRACE_CONT, (int64_t)place_of(BREAKPOINT_CODE)));
    must_stop(SIGTRAP, 0);
}

const char *const wheres[] = {"signal", "entry", "exit", "sysemu", "group", "event", 0};

void lead_to(int64_t where) {
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
        must_stop(SIGSTOP, 0);
        return;
    case AT_EXIT_EVENT:
        set_options(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT);
        send(SIGKILL);
        wait_stop();
        must_stop(SIGTRAP, PTRACE_EVENT_EXIT);
        return;
    default:
        return;
    }
    must_stop(CALL_SIGNAL, 0);
}

void new_stub_at(int64_t where) {
    new_stub();
    lead_to(where);
}

uint64_t place_of(const char *code) {
    const struct piece *piece = pieces;
    while (piece->name != 0 && !same(piece->name, code))
        piece++;
    return piece->address;
}

void set_words(const int64_t *words, uint32_t count) {
    uint64_t block[BLOCK_WORDS];
    if (!goes_on())
        return;
    memcpy(block, baseline, sizeof block);
    block[WORD_COUNTER] = (uint64_t)words[0];
    for (uint32_t i = 1; i < count; i += 2)
        block[words[i]] = (uint64_t)words[i + 1];
    seen.written = 0;
    seen.result = set_registers(seen.pid, block);
    must_succeed();
}

void go_on(int64_t request, int64_t signal) {
    // Else a stop of a system call looks like one by SIGTRAP.
    if (request != PTRACE_CONT)
        need(AN_OPTION, PTRACE_O_TRACESYSGOOD);
    must_ask(request, signal);
    wait_stop();
}

void go(const int64_t *words, uint32_t count) {
    set_words(&words[1], count - 1);
    go_on(words[0], 0);
}

void go_call(const int64_t *words, uint32_t count) {
    static const int64_t registers[] = {WORD_NUMBER, WORD_ARGUMENTS};
    int64_t set[15] = {(int64_t)place_of(CALL_CODE)};
    for (uint32_t i = 0; i < 7; i++) {
        set[1 + 2 * i] = registers[i];
        set[2 + 2 * i] = 1 + i < count ? words[1 + i] : 0;
    }
    set_words(set, 15);
    go_on(words[0], 0);
}

void enter(void) {
    GO_CALL(PTRACE_SYSCALL, __NR_getpid, USUAL_ARGUMENTS);
}

void die(void) {
    lead_to(AT_EXIT_EVENT);
    must_ask(PTRACE_CONT, 0);
    struct stublab_deadline deadline = {.timeout = PATIENCE};
    while (goes_on() && !is_zombie(seen.pid) && stublab_time_left(&deadline) > 0)
        syscall0(__NR_sched_yield);
}

void send(int64_t signal) {
    if (goes_on())
        stublab_tgkill(seen.pid, seen.pid, (int32_t)signal);
}

void send_to_process(int64_t signal) {
    if (goes_on())
        syscall2(__NR_kill, seen.pid, signal);
}

void wait_stop(void) {
    if (goes_on())
        seen.stop = status_of(seen.pid, PATIENCE);
}

void glance(void) {
    if (goes_on())
        seen.stop = status_of(seen.pid, A_MOMENT);
}

void must_stop(int64_t signal, int64_t event) {
    if (goes_on() && seen.stop != AT_EVENT(event, signal))
        lose_by(STOP, AT_EVENT(event, signal), seen.stop);
}

void must_ask(int64_t request, int64_t data) {
    ask(request, 0, data);
    must_succeed();
}

void must_succeed(void) {
    if (goes_on() && seen.result < 0)
        lose_by(RESULT, 0, seen.result);
}

void poke(const int64_t *words, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        ask(PTRACE_POKEDATA, (int64_t)memory.scratch + words[0] + 8L * (i - 1), words[i]);
        must_succeed();
    }
}

void call(const int64_t *words, uint32_t count) {
    uint64_t arguments[6] = {0};
    need(A_CALL, words[0]);
    if (!goes_on())
        return;
    memcpy(arguments, &words[1], (count - 1) * sizeof *words);
    seen.result = inject(&stubs[count_of_stubs - 1], words[0], arguments);
    if (seen.result <= NOT_DONE)
        lose_by(RESULT, 0, seen.result);
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
        INJECT(&stubs[count_of_stubs - 1], __NR_wait4, (uint64_t)seen.child, 0, __WALL, 0);
    else
        lose_by(STOP, STOPPED_BY(SIGTRAP), status);
}
