// Requests, and what is expected of them.
#include "request.h"
#include "facilities.h"
#include "own.h"
#include <linux/uio.h>

enum { MOST_ANSWER = 24 << 10 };

uint8_t answer[MOST_ANSWER];
static uint8_t kept[MOST_ANSWER], other[MOST_ANSWER];
static struct iovec vector;

// ---- Texts ----

static void say_signal(int64_t number) {
    if (number > 0 && number <= 64)
        say("%s", signal_names[number]);
    else
        say("%ld", number);
}

const char *const event_names[] = {"",           "FORK", "VFORK",   "CLONE", "EXEC",
                                   "VFORK_DONE", "EXIT", "SECCOMP", 0};

static void say_event(int64_t event) {
    if (event <= PTRACE_EVENT_SECCOMP)
        say("PTRACE_EVENT_%s, ", event_names[event]);
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
    else if (status == STOPPED_BY(CALL_SIGNAL))
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

void lose_by(enum kind kind, int64_t expected, int64_t got) {
    static char lost[160];
    say_to(lost);
    say("expected ");
    say_seen(kind, expected);
    say(", got ");
    say_seen(kind, got);
    say_to(0);
    lose(lost);
}

// ---- Requests ----

void forget_answers(void) {
    memset(answer, 0, sizeof answer);
    memset(kept, 0, sizeof kept);
}

/** Whether the data of a request are options. */
static bool takes_options(int64_t request) {
#ifdef PTRACE_OLDSETOPTIONS
    if (request == PTRACE_OLDSETOPTIONS)
        return true;
#endif
    return request == PTRACE_SETOPTIONS || request == PTRACE_SEIZE;
}

void ask(int64_t request, int64_t address, int64_t data) {
    need(A_REQUEST, request);
    for (int64_t left = takes_options(request) ? data : 0; left != 0; left &= left - 1)
        need(AN_OPTION, left & -left);
    if (!goes_on())
        return;
    seen.written = 0;
    seen.result = stublab_ptrace(request, seen.pid, (uint64_t)address, (void *)data);
    seen.length = (int64_t)vector.iov_len;
}

void read_with(int64_t request, int64_t address, int64_t data) {
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

void read_answer(int64_t request, int64_t address) {
    read_with(request, address, (int64_t)answer);
}

void get_regset(int64_t note, int64_t length) {
    vector = (struct iovec){answer, (uint64_t)length};
    read_with(PTRACE_GETREGSET, note, (int64_t)&vector);
}

/** A request, the note type, an address and a length. */
void ask_regset(const int64_t *words, uint32_t count) {
    (void)count;
    vector = (struct iovec){(void *)words[2], (uint64_t)words[3]};
    ask(words[0], words[1], (int64_t)&vector);
}

void set_regset(int64_t note, int64_t length) {
    ask_regset((const int64_t[]){PTRACE_SETREGSET, note, (int64_t)answer, length}, 4);
}

void peek_signals(int64_t off, int64_t flags, int64_t nr) {
    const struct ptrace_peeksiginfo_args arguments = {(uint64_t)off, (uint32_t)flags, (int32_t)nr};
    read_answer(PTRACE_PEEKSIGINFO, (int64_t)&arguments);
}

void set_options(int64_t options) {
    const bool kills = lacks(AN_OPTION, PTRACE_O_EXITKILL) == 0;
    ask(PTRACE_SETOPTIONS, 0, kills ? options : options & ~(int64_t)PTRACE_O_EXITKILL);
}

void put(const int64_t *words, uint32_t count) {
    if (goes_on())
        memcpy(&answer[words[0]], &words[1], (count - 1) * sizeof *words);
}

void put_series(int64_t bytes) {
    for (int64_t at = 0; at < bytes; at += 8)
        put((const int64_t[]){at, 0x5a5a000000000000 + at / 8}, 2);
}

void keep(void) {
    if (!goes_on())
        return;
    seen.kept_result = seen.result;
    memcpy(kept, answer, sizeof kept);
}

int64_t kept_word(int64_t offset) {
    int64_t word = 0;
    memcpy(&word, &kept[offset], sizeof word);
    return word;
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

void expect_stop(int64_t signal, int64_t event) {
    expect("stop", STOP, AT_EVENT(event, signal), seen.stop, true);
}

void expect_first_stop(int64_t signal) {
    expect("first", STOP, STOPPED_BY(signal), seen.first, seen.child > 0);
}

void expect_answer(int64_t bytes) {
    expect("result", RESULT, 0, seen.result, true);
    expect("written", NUMBER, bytes, seen.written, true);
}

void expect_refusal(int64_t error) {
    expect("result", RESULT, error, seen.result, true);
    expect("written", NUMBER, 0, seen.written, true);
}

void expect_same(const char *field) {
    int64_t byte = 0;
    while (byte < seen.written && answer[byte] == kept[byte])
        byte++;
    expect(field, DIFFERENCE, -1, byte < seen.written ? byte : -1, true);
}

void expect_part(const char *field, enum kind kind, uint32_t bytes, int64_t offset,
                 int64_t expected) {
    int64_t word = 0;
    memcpy(&word, &answer[offset], bytes);
    if (kind == NUMBER && bytes == 4)
        word = (int32_t)word;
    expect(field, kind, expected, word, offset + bytes <= seen.written);
}
