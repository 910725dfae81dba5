// Stubs of facts about requests, and how they are led to a stop.
#include "facilities.h"
#include "own.h"
#include <asm/siginfo.h>
#include <asm/unistd.h>
#include <linux/wait.h>

enum { MOST_STUBS = 12 };
/** In microseconds. */
enum { PATIENCE = 2000000, A_MOMENT = 20000 };

struct seen seen;
static struct tracee stubs[MOST_STUBS];
static uint32_t count_of_stubs;

static int64_t status_of(int32_t task, int64_t microseconds) {
    int32_t status = 0;
    const int64_t waited = stublab_wait(task, __WALL, microseconds, &status);
    return waited < 0 ? waited : waited == 0 ? NO_STOP : status;
}

uint32_t stub_count(void) {
    return count_of_stubs;
}

/** Selects the stub as the task that is asked; another task, until the end of the check. */
static void select_stub(void) {
    seen.pid = count_of_stubs == 0 ? 0 : stubs[count_of_stubs - 1].pid;
}

static void select_task(int64_t task) {
    seen.pid = (int32_t)task;
}

void close_stubs_after(uint32_t before) {
    while (count_of_stubs > before)
        end_stub(&stubs[--count_of_stubs], &master);
    select_stub();
}

// ---- Requests and stops ----

/** The fact is lost unless the last request succeeded. */
static void must_succeed(void) {
    if (goes_on() && seen.result < 0)
        lose_by(RESULT, 0, seen.result);
}

static void must_ask(int64_t request, int64_t data) {
    ask(request, 0, data);
    must_succeed();
}

/** The fact is lost unless the last stop is by a signal, and an event. */
static void must_stop(int64_t signal, int64_t event) {
    if (goes_on() && seen.stop != AT_EVENT(event, signal))
        lose_by(STOP, AT_EVENT(event, signal), seen.stop);
}

/** Sends a signal to the thread; to its process. */
static void send(int64_t signal) {
    if (goes_on())
        stublab_tgkill(seen.pid, seen.pid, (int32_t)signal);
}

static void send_to_process(int64_t signal) {
    if (goes_on())
        syscall2(__NR_kill, seen.pid, signal);
}

/** Waits for a stop; for a moment in which none is expected. */
static void wait_stop(void) {
    if (goes_on())
        seen.stop = status_of(seen.pid, PATIENCE);
}

static void glance(void) {
    if (goes_on())
        seen.stop = status_of(seen.pid, A_MOMENT);
}

/** Waits for what waitid(2) reports of the task with options, into the answer. */
static void wait_by_id(int64_t options) {
    struct stublab_deadline deadline = {.timeout = PATIENCE};
    if (!goes_on())
        return;
    memset(answer, 0, SI_MAX_SIZE);
    do
        seen.result =
            syscall6(__NR_waitid, P_PID, seen.pid, (long)answer, options | WNOHANG | __WALL, 0, 0);
    while (seen.result == 0 && answer[0] == 0 && stublab_time_left(&deadline) > 0);
    seen.written = seen.result == 0 ? SI_MAX_SIZE : 0;
}

// ---- Where a stub goes ----

uint64_t place_of(const char *code) {
    const struct piece *piece = pieces;
    while (piece->name != 0 && !same(piece->name, code))
        piece++;
    return piece->address;
}

/** Writes the baseline with other words to the registers: the program counter, then indices and
 * words. */
static void set_words(const int64_t *words, uint32_t count) {
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

/** Resumes the task to its next stop; the same after a request and set_words(). */
static void go_on(int64_t request, int64_t signal) {
    // Else a stop of a system call looks like one by SIGTRAP.
    if (request != PTRACE_CONT)
        need(AN_OPTION, PTRACE_O_TRACESYSGOOD);
    must_ask(request, signal);
    wait_stop();
}

static void go(const int64_t *words, uint32_t count) {
    set_words(&words[1], count - 1);
    go_on(words[0], 0);
}

/** Makes the stub's code call, to the next stop: a request, the number, arguments. */
static void go_call(const int64_t *words, uint32_t count) {
    static const int64_t registers[] = {WORD_NUMBER, WORD_ARGUMENTS};
    int64_t set[15] = {(int64_t)place_of(CALL_CODE)};
    for (uint32_t i = 0; i < 7; i++) {
        set[1 + 2 * i] = registers[i];
        set[2 + 2 * i] = 1 + i < count ? words[1 + i] : 0;
    }
    set_words(set, 15);
    go_on(words[0], 0);
}

/** The call of getpid that stubs are led to; the stop at its entry. */
static void call_getpid(int64_t request) {
    go_call((const int64_t[]){request, __NR_getpid, 11, 12, 13, 14, 15, 16}, 8);
}

static void enter(void) {
    call_getpid(PTRACE_SYSCALL);
}

enum where { AT_SIGNAL, AT_ENTRY, AT_EXIT, AT_SYSEMU, AT_GROUP_STOP, AT_EXIT_EVENT };
const char *const wheres[] = {"signal", "entry", "exit", "sysemu", "group", "event", 0};

/** Leads the stub there from a stop by a signal. */
static void lead_to(int64_t where) {
    switch (where) {
    case AT_ENTRY:
    case AT_EXIT:
        enter();
        if (where == AT_EXIT)
            go_on(PTRACE_SYSCALL, 0);
        break;
    case AT_SYSEMU:
        call_getpid(PTRACE_SYSEMU);
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

/** A stub that is stopped by a breakpoint, for the rest of the check or of the fact. */
static void new_stub(void) {
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
    go((const int64_t[]){PTRACE_CONT, (int64_t)place_of(BREAKPOINT_CODE)}, 2);
    must_stop(SIGTRAP, 0);
}

static void new_stub_at(int64_t where) {
    new_stub();
    lead_to(where);
}

void begin_requests(void) {
    seen = (struct seen){0};
    forget_answers();
    new_stub();
}

/** Ends it, to a zombie. */
static void die(void) {
    lead_to(AT_EXIT_EVENT);
    must_ask(PTRACE_CONT, 0);
    struct stublab_deadline deadline = {.timeout = PATIENCE};
    while (goes_on() && !is_zombie(seen.pid) && stublab_time_left(&deadline) > 0)
        syscall0(__NR_sched_yield);
}

// ---- What a stub does ----

/** Writes words to the scratch memory of the stub, from an offset on. */
static void poke(const int64_t *words, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        ask(PTRACE_POKEDATA, (int64_t)memory.scratch + words[0] + 8L * (i - 1), words[i]);
        must_succeed();
    }
}

/** Executes a system call in the stub; its result is that of the request. */
static void call(const int64_t *words, uint32_t count) {
    uint64_t arguments[6] = {0};
    need(A_CALL, words[0]);
    if (!goes_on())
        return;
    memcpy(arguments, &words[1], (count - 1) * sizeof *words);
    seen.result = inject(&stubs[count_of_stubs - 1], words[0], arguments);
    if (seen.result <= NOT_DONE)
        lose_by(RESULT, 0, seen.result);
}

/** Kills a child whose pid is the answer; reaps it, at the end of the clone. */
static void end_child(void) {
    int32_t status = 0;
    if (!goes_on())
        return;
    seen.child = seen.written < 8 ? 0 : *(const int32_t *)answer;
    if (seen.child <= 0)
        return;
    seen.first = status_of(seen.child, PATIENCE);
    end_task(seen.child, &status);
}

static void reap_child(void) {
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

const struct verb stub_verbs[] = {
    {"new", BARE, 0, {.bare = new_stub}},
    {"at", ONE, 0, {.one = new_stub_at}},
    {"reach", ONE, 0, {.one = lead_to}},
    {"select", ONE, 0, {.one = select_task}},
    {"back", BARE, 0, {.bare = select_stub}},
    {"set", ALL, 0, {.all = set_words}},
    {"go", ALL, 0, {.all = go}},
    {"go-on", TWO, 0, {.two = go_on}},
    {"go-call", ALL, 0, {.all = go_call}},
    {"enter", BARE, 0, {.bare = enter}},
    {"die", BARE, 0, {.bare = die}},
    {"send", ONE, 0, {.one = send}},
    {"send-all", ONE, 0, {.one = send_to_process}},
    {"wait", BARE, 0, {.bare = wait_stop}},
    {"glance", BARE, 0, {.bare = glance}},
    {"waitid", ONE, 0, {.one = wait_by_id}},
    {"must-stop", TWO, 0, {.two = must_stop}},
    {"must-succeed", BARE, 0, {.bare = must_succeed}},
    {"must", TWO, 0, {.two = must_ask}},
    {"poke", ALL, 0, {.all = poke}},
    {"call", ALL, 0, {.all = call}},
    {"end-child", BARE, 0, {.bare = end_child}},
    {"reap-child", BARE, 0, {.bare = reap_child}},
    {0, BARE, 0, {0}},
};
