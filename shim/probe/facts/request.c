// Requests, and what is expected of them.
#include "request.h"
#include "facilities.h"
#include "own.h"
#include <linux/uio.h>

enum { MOST_ANSWER = 24 << 10 };
/** Of reasons for a skip, and their length. */
enum { MOST_TEXTS = 16, MOST_TEXT = 160 };

uint8_t answer[MOST_ANSWER];
static uint8_t kept[MOST_ANSWER], other[MOST_ANSWER];
static struct iovec vector;
static int64_t (*make_request)(int64_t, int32_t, uint64_t, void *) = stublab_ptrace;

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
    seen.result = make_request(request, seen.pid, (uint64_t)address, (void *)data);
    seen.length = (int64_t)vector.iov_len;
}

/** The same with other data. */
static void read_with(int64_t request, int64_t address, int64_t data) {
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

#ifdef HAS_32_BIT_TRACERS
static void ask_as_32_bits(int64_t request, int64_t address, int64_t data) {
    make_request = ptrace_as_32_bits;
    ask(request, address, data);
    make_request = stublab_ptrace;
}

static void read_as_32_bits(int64_t request, int64_t address) {
    make_request = ptrace_as_32_bits;
    read_answer(request, address);
    make_request = stublab_ptrace;
}
#endif

void get_regset(int64_t note, int64_t length) {
    vector = (struct iovec){answer, (uint64_t)length};
    read_with(PTRACE_GETREGSET, note, (int64_t)&vector);
}

/** A request, the note type, an address and a length of memory: what the request returns is all
 * that is seen. */
static void ask_regset(const int64_t *words, uint32_t count) {
    (void)count;
    vector = (struct iovec){(void *)words[2], (uint64_t)words[3]};
    ask(words[0], words[1], (int64_t)&vector);
}

void set_regset(int64_t note, int64_t length) {
    ask_regset((const int64_t[]){PTRACE_SETREGSET, note, (int64_t)answer, length}, 4);
}

/** PTRACE_PEEKSIGINFO: from where on, flags, and how many. */
static void peek_signals(int64_t off, int64_t flags, int64_t nr) {
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

/** Puts so many bytes of words there that all differ. */
static void put_series(int64_t bytes) {
    for (int64_t at = 0; at < bytes; at += 8)
        put((const int64_t[]){at, 0x5a5a000000000000 + at / 8}, 2);
}

/** Keeps result and answer. */
static void keep(void) {
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

/** That the last stop is by a signal, and an event. */
static void expect_stop(int64_t signal, int64_t event) {
    expect("stop", STOP, AT_EVENT(event, signal), seen.stop, true);
}

/** The same of the first stop of the child that was ended. */
static void expect_first_stop(int64_t signal) {
    expect("first", STOP, STOPPED_BY(signal), seen.first, seen.child > 0);
}

/** That the request succeeds, and writes so many bytes; that it fails, and writes none. */
static void expect_answer(int64_t bytes) {
    expect("result", RESULT, 0, seen.result, true);
    expect("written", NUMBER, bytes, seen.written, true);
}

static void expect_refusal(int64_t error) {
    expect("result", RESULT, error, seen.result, true);
    expect("written", NUMBER, 0, seen.written, true);
}

/** That the answer is like the one that was kept. */
static void expect_same(void) {
    int64_t byte = 0;
    while (byte < seen.written && answer[byte] == kept[byte])
        byte++;
    expect(label, DIFFERENCE, -1, byte < seen.written ? byte : -1, true);
}

void expect_part(const char *field, enum kind kind, uint32_t bytes, int64_t offset,
                 int64_t expected) {
    int64_t word = 0;
    memcpy(&word, &answer[offset], bytes);
    if (kind == NUMBER && bytes == 4)
        word = (int32_t)word;
    expect(field, kind, expected, word, offset + bytes <= seen.written);
}

// ---- Verbs ----

/** A copy of a text of a script, which the next script overwrites. */
static const char *lasting(const char *text) {
    static char texts[MOST_TEXTS][MOST_TEXT];
    uint32_t i = 0;
    while (texts[i][0] != 0 && !same(texts[i], text))
        if (++i == MOST_TEXTS)
            fail("there are too many reasons", MOST_TEXTS);
    write_text(texts[i], "%s", text);
    return texts[i];
}

static void unless(int64_t error) {
    if (seen.result == error)
        skip(0, lasting(label), 0);
}

static void unless_stops(int64_t signal) {
    if (seen.stop == STOPPED_BY(signal))
        skip(0, lasting(label), 0);
}

static void require_named(void) {
    require(label);
}

/** Skips the check only. */
static void can(int64_t request) {
    need_alone(A_REQUEST, request);
}

static void expect_end(int64_t signal) {
    expect("stop", STOP, signal, seen.stop, true);
}

/** A word of the answer is that of the one that was kept. */
static void expect_kept(int64_t offset, int64_t kept) {
    expect_part(label, HEX, 8, offset, kept_word(kept));
}

const struct verb request_verbs[] = {
    {"ask", THREE, 0, {.three = ask}},
    {"read", TWO, 0, {.two = read_answer}},
    {"read-with", THREE, 0, {.three = read_with}},
#ifdef HAS_32_BIT_TRACERS
    {"ask-32", THREE, 0, {.three = ask_as_32_bits}},
    {"read-32", TWO, 0, {.two = read_as_32_bits}},
#endif
    {"registers", BARE, 0, {.bare = read_registers}},
    {"set-result", ONE, 0, {.one = set_result}},
    {"regset", TWO, 0, {.two = get_regset}},
    {"write", TWO, 0, {.two = set_regset}},
    {"ask-regset", ALL, 0, {.all = ask_regset}},
    {"peek", THREE, 0, {.three = peek_signals}},
    {"options", ONE, 0, {.one = set_options}},
    {"put", ALL, 0, {.all = put}},
    {"put-series", ONE, 0, {.one = put_series}},
    {"keep", BARE, 0, {.bare = keep}},
    {"can", ONE, 0, {.one = can}},
    {"unless", ONE, 0, {.one = unless}},
    {"unless-stops", ONE, 0, {.one = unless_stops}},
    {"require", BARE, 0, {.bare = require_named}},
    {"result", FIELD, RESULT, {.field = &seen.result}},
    {"kept", FIELD, RESULT, {.field = &seen.kept_result}},
    {"stop", FIELD, STOP, {.field = &seen.stop}},
    {"written", FIELD, NUMBER, {.field = &seen.written}},
    {"length", FIELD, NUMBER, {.field = &seen.length}},
    {"stops", TWO, 0, {.two = expect_stop}},
    {"ends", ONE, 0, {.one = expect_end}},
    {"first-stops", ONE, 0, {.one = expect_first_stop}},
    {"answer", ONE, 0, {.one = expect_answer}},
    {"refused", ONE, 0, {.one = expect_refusal}},
    {"same", BARE, 0, {.bare = expect_same}},
    {"like", TWO, 0, {.two = expect_kept}},
    {"byte", PART, NUMBER, {.bytes = 1}},
    {"int", PART, NUMBER, {.bytes = 4}},
    {"half", PART, HEX, {.bytes = 4}},
    {"word", PART, HEX, {.bytes = 8}},
    {0, BARE, 0, {0}},
};
