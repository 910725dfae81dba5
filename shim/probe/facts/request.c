#include "request.h"
#include "own.h"
#include <asm/unistd.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/uio.h>
#include <linux/wait.h>

enum { MOST_ANSWER = 24 << 10, MOST_STUBS = 12 };
/** In microseconds. */
enum { PATIENCE = 2000000, A_MOMENT = 20000 };

struct seen seen;
uint8_t answer[MOST_ANSWER], kept[MOST_ANSWER];
static uint8_t other[MOST_ANSWER];
static struct iovec vector;
static struct tracee stubs[MOST_STUBS];
static uint32_t count;

/** What a stub that is lost should have, and has. */
static char lost[160];

// ---- Texts ----

static void say_signal(int64_t number) {
    if (number > 0 && number <= 64)
        say("%s", signal_names[number]);
    else
        say("%ld", number);
}

static void say_event(int64_t event) {
    static const char *const names[] = {"",     "FORK",       "VFORK", "CLONE",
                                        "EXEC", "VFORK_DONE", "EXIT",  "SECCOMP"};
    if (event <= PTRACE_EVENT_SECCOMP)
        say("PTRACE_EVENT_%s, ", names[event]);
    else if (event == PTRACE_EVENT_STOP)
        say("PTRACE_EVENT_STOP, ");
    else
        say("PTRACE_EVENT_%ld, ", event);
}

static void say_stop(int64_t status) {
    const int64_t signal = status >> 8 & 0xff;
    const bool stopped = (status & 0xff) == 0x7f;
    if (status < 0)
        say("%s", status == NO_STOP ? "no stop" : errno_name(status));
    else if ((status & 0xff) == 0)
        say("exit %ld", signal);
    else if (status == AT_CALL)
        say("system call");
    else {
        if (!stopped)
            say("killed by ");
        else if (status >> 16 != 0)
            say_event(status >> 16);
        say_signal(stopped ? signal : status & 0x7f);
    }
}

static void say_seen(enum kind kind, int64_t word) {
    if (kind == RESULT)
        say("%s", errno_name(word));
    else if (kind == STOP)
        say_stop(word);
    else if (kind == HEX)
        say("0x%lx", (uint64_t)word);
    else if (kind == NUMBER || word >= 0)
        say(kind == NUMBER ? "%ld" : "at byte %ld", word);
    else
        say("nowhere");
}

static void lose_by(enum kind kind, int64_t expected, int64_t got) {
    say_to(lost);
    say("expected ");
    say_seen(kind, expected);
    say(", got ");
    say_seen(kind, got);
    say_to(0);
    lose(lost);
}

// ---- Stubs ----

static int64_t status_of(int32_t task, int64_t microseconds) {
    int32_t status = 0;
    const int64_t waited = stublab_wait(task, __WALL, microseconds, &status);
    return waited < 0 ? waited : waited == 0 ? NO_STOP : status;
}

/** Resumes a task, and again at each stop, until it ends or turns out not to be traced. */
static void drain(int32_t task) {
    int64_t status = 0;
    do {
        stublab_ptrace(PTRACE_CONT, task, 0, 0);
        status = status_of(task, PATIENCE);
    } while ((status & 0xff) == 0x7f);
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
    memset(answer, 0, sizeof answer);
    memset(kept, 0, sizeof kept);
    new_stub();
}

void new_stub(void) {
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
    ask(request, 0, (uint64_t)signal);
    must_succeed();
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
    ask(PTRACE_CONT, 0, 0);
    must_succeed();
}

void die(void) {
    lead_to(AT_EXIT_EVENT);
    ask(PTRACE_CONT, 0, 0);
    must_succeed();
    const uint64_t end = milliseconds() + PATIENCE / 1000;
    while (goes_on() && !is_zombie(seen.pid) && milliseconds() < end)
        syscall0(__NR_sched_yield);
}

void detach(void) {
    ask(PTRACE_DETACH, 0, SIGSTOP);
    must_succeed();
}

void seize(void) {
    detach();
    ask(PTRACE_SEIZE, 0, SEIZE_OPTIONS);
    must_succeed();
    wait_stop();
    must_be_at(AT_EVENT(PTRACE_EVENT_STOP, SIGSTOP));
}

void release(void) {
    SET("spin");
    // The stop of its birth is still in effect: without SIGCONT it would stop again.
    send(SIGCONT);
    go_on(PTRACE_CONT, 0);
    must_be_at(STOPPED_BY(SIGCONT));
    ask(PTRACE_DETACH, 0, 0);
    must_succeed();
}

void seize_running(void) {
    release();
    ask(PTRACE_SEIZE, 0, SEIZE_OPTIONS);
    must_succeed();
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

// ---- Requests ----

void ask_task(int32_t task, int64_t request, uint64_t address, uint64_t data) {
    if (!goes_on())
        return;
    seen.written = 0;
    seen.result = stublab_ptrace(request, task, address, (void *)data);
    seen.length = vector.iov_len;
}

void ask(int64_t request, uint64_t address, uint64_t data) {
    ask_task(seen.pid, request, address, data);
}

void read_with(int64_t request, uint64_t address, uint64_t data) {
    const struct iovec first = vector;
    if (!goes_on())
        return;
    memset(answer, 0xa5, sizeof answer);
    ask(request, address, data);
    memcpy(other, answer, sizeof other);
    memset(answer, 0x5a, sizeof answer);
    vector = first;
    ask(request, address, data);
    // A byte that is the same after both was written.
    seen.written = sizeof answer;
    while (seen.written > 0 && answer[seen.written - 1] != other[seen.written - 1])
        seen.written--;
}

void read_answer(int64_t request, uint64_t address) {
    read_with(request, address, ANSWER);
}

void get_regset(uint64_t note, uint64_t length) {
    vector = (struct iovec){answer, length};
    read_with(PTRACE_GETREGSET, note, (uint64_t)&vector);
}

void ask_regset(int64_t request, uint64_t note, uint64_t address, uint64_t length) {
    vector = (struct iovec){(void *)address, length};
    ask(request, note, (uint64_t)&vector);
}

void set_regset(uint64_t note, uint64_t length) {
    ask_regset(PTRACE_SETREGSET, note, ANSWER, length);
}

void set_options(uint64_t options) {
    ask(PTRACE_SETOPTIONS, 0, options);
}

void stop_by(int64_t request, uint64_t data) {
    ask(request, 0, data);
    wait_stop();
}

void put(const uint64_t *words, uint32_t number) {
    if (goes_on())
        memcpy(answer, words, 8 * (uint64_t)number);
}

void keep(void) {
    if (!goes_on())
        return;
    seen.kept_result = seen.result;
    memcpy(kept, answer, sizeof kept);
}

uint64_t kept_word(uint32_t offset) {
    uint64_t word = 0;
    memcpy(&word, &kept[offset], sizeof word);
    return word;
}

void unless(int64_t error, const char *reason) {
    if (seen.result == error)
        skip(0, reason, 0);
}

// ---- What is expected ----

void expect(const char *field, enum kind kind, int64_t expected, int64_t got, bool is_seen) {
    if (!goes_on() || (is_seen && got == expected))
        return;
    struct unmet *it = add_unmet();
    say_to(it->field);
    say("%s", field);
    say_to(it->expected);
    say_seen(kind, expected);
    say_to(it->seen);
    say_seen(kind, got);
    say_to(0);
    it->is_seen = is_seen;
}

void expect_answer(uint64_t bytes) {
    expect_result(0);
    expect_written(bytes);
}

void expect_refusal(int64_t error) {
    expect_result(error);
    expect_written(0);
}

void expect_same(const char *field) {
    int64_t byte = 0;
    while (byte < seen.written && answer[byte] == kept[byte])
        byte++;
    expect(field, DIFFERENCE, -1, byte < seen.written ? byte : -1, true);
}

void expect_part(const char *field, enum kind kind, uint32_t offset, uint32_t bytes,
                 int64_t expected) {
    int64_t word = 0;
    memcpy(&word, &answer[offset], bytes);
    if (kind == NUMBER && bytes == 4)
        word = (int32_t)word;
    expect(field, kind, expected, word, offset + bytes <= seen.written);
}

void expect_register(uint32_t index, uint64_t expected) {
    expect_part(register_names[index], HEX, 8 * index, 8, (int64_t)expected);
}
