// Facts about requests: rows of src/labs/fuzz/facts/requests.ts, each a check with its script, or
// what is done for all checks after it. A script has steps, "LABEL: VERB WORD…"; the label names a
// field, or is the reason of a skip.
#include "facilities.h"
#include "own.h"

enum { MOST_WORDS = 48, MOST_NAME = 160, MOST_SCRIPT = 2048, MOST_TEXTS = 16 };

/** The label of the current step; "" if it has no label. */
static const char *label;

// ---- Words ----

/** Ends a text before a byte. Returns what follows, without a space; 0 if the byte is absent. */
static char *cut(char *text, char byte) {
    while (*text != 0 && *text != byte)
        text++;
    if (*text == 0)
        return 0;
    *text++ = 0;
    return text + (*text == ' ');
}

static int64_t number_of(const char *name) {
    const struct {
        const char *name;
        int64_t number;
    } others[] = {
        {"hole", (int64_t)memory.hole},
        {"code", (int64_t)memory.code},
        {"constants", (int64_t)memory.constants},
        {"constant", (int64_t)memory.constant},
        {"scratch", (int64_t)memory.scratch},
        {"xstate", machine.xstate_length},
        {"answer", (int64_t)answer},
        {"no-pid", NO_PID},
        {"pid", seen.pid},
        {"probe", syscall0(__NR_getpid)},
        {"uid", syscall0(__NR_getuid)},
        {"kept", kept_word(0)},
        {"kept-result", seen.kept_result},
        {"call", CALL_SIGNAL},
        {"STOP", PTRACE_EVENT_STOP},
        {"clone", __NR_clone},
        {"execve", __NR_execve},
        {"exit_group", __NR_exit_group},
        {"faccessat", __NR_faccessat},
        {"getpgid", __NR_getpgid},
        {"getpid", __NR_getpid},
        {"ppoll", __NR_ppoll},
        {"prctl", __NR_prctl},
        {"ptrace", __NR_ptrace},
        {"rt_sigaction", __NR_rt_sigaction},
        {"rt_sigreturn", __NR_rt_sigreturn},
        {"seccomp", __NR_seccomp},
        {"sigaltstack", __NR_sigaltstack},
    };
    for (uint32_t i = 0; i < sizeof others / sizeof *others; i++)
        if (same(others[i].name, name))
            return others[i].number;
    const char *const *const lists[] = {signal_names, event_names, wheres, register_names};
    for (uint32_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (index_of(name, lists[i]) >= 0)
            return index_of(name, lists[i]);
    for (int64_t error = -1; error >= -MOST_ERRNO; error--)
        if (same(errno_name(error), name))
            return error;
    const uint64_t place = place_of(name);
    return place != 0 ? (int64_t)place : facility_of(named("PTRACE_%s", name))->number;
}

/** "A+B<C": a sum, at most C. */
static int64_t value_of(char *text) {
    uint64_t word = 0;
    char *most = cut(text, '<'), *other = cut(text, '+');
    if (!read_word(text, &word))
        word = (uint64_t)number_of(text);
    if (other != 0)
        word += (uint64_t)value_of(other);
    const uint64_t limit = most != 0 ? (uint64_t)value_of(most) : ~0ULL;
    return (int64_t)(word < limit ? word : limit);
}

// ---- Verbs ----

/** A copy of a text of a script, which the next script overwrites. */
static const char *lasting(const char *text) {
    static char texts[MOST_TEXTS][MOST_NAME];
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

static void expect_alike(void) {
    expect_same(label);
}

/** A word of the answer is that of the one that was kept. */
static void expect_kept(int64_t offset, int64_t kept) {
    expect_part(label, HEX, 8, offset, kept_word(kept));
}

static const struct verb {
    const char *name;
    enum { BARE, ONE, TWO, THREE, ALL, FIELD, PART } form;
    enum kind kind; /* of what is expected */
    union {
        void (*bare)(void);
        void (*one)(int64_t);
        void (*two)(int64_t, int64_t);
        void (*three)(int64_t, int64_t, int64_t);
        void (*all)(const int64_t *words, uint32_t count);
        const int64_t *field;
        uint32_t bytes;
    };
} verbs[] = {
    // What is done.
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
    {"must-stop", TWO, 0, {.two = must_stop}},
    {"must-succeed", BARE, 0, {.bare = must_succeed}},
    {"poke", ALL, 0, {.all = poke}},
    {"call", ALL, 0, {.all = call}},
    {"end-child", BARE, 0, {.bare = end_child}},
    {"reap-child", BARE, 0, {.bare = reap_child}},
    {"ask", THREE, 0, {.three = ask}},
    {"must", TWO, 0, {.two = must_ask}},
    {"read", TWO, 0, {.two = read_answer}},
    {"read-with", THREE, 0, {.three = read_with}},
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
    {"require", BARE, 0, {.bare = require_named}},
    // What is expected.
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
    {"same", BARE, 0, {.bare = expect_alike}},
    {"like", TWO, 0, {.two = expect_kept}},
    {"byte", PART, NUMBER, {.bytes = 1}},
    {"int", PART, NUMBER, {.bytes = 4}},
    {"half", PART, HEX, {.bytes = 4}},
    {"word", PART, HEX, {.bytes = 8}},
    {0, BARE, 0, {0}},
};

static void obey(const struct verb *it, const int64_t *words, uint32_t count) {
    switch (it->form) {
    case BARE:
        it->bare();
        break;
    case ONE:
        it->one(words[0]);
        break;
    case TWO:
        it->two(words[0], words[1]);
        break;
    case THREE:
        it->three(words[0], words[1], words[2]);
        break;
    case ALL:
        it->all(words, count);
        break;
    case FIELD:
        expect(*label != 0 ? label : it->name, it->kind, words[0], *it->field, true);
        break;
    case PART:
        expect_part(label, it->kind, it->bytes, words[0], words[1]);
    }
}

static void take_step(char *verb) {
    int64_t words[MOST_WORDS] = {0};
    uint32_t count = 0;
    for (char *word = cut(verb, ' '), *next = 0; word != 0 && count < MOST_WORDS; word = next) {
        next = cut(word, ' ');
        words[count++] = value_of(word);
    }
    const struct verb *it = verbs;
    while (it->name != 0 && !same(it->name, verb))
        it++;
    if (it->name == 0)
        fail(verb, -ENOENT);
    obey(it, words, count);
}

static void play_script(char *step) {
    for (char *next = 0; step != 0 && goes_on(); step = next) {
        next = cut(step, ';');
        char *verb = cut(step, ':');
        label = verb != 0 ? step : "";
        take_step(verb != 0 ? verb : step);
    }
}

// ---- Rows ----

/** Copies a word of a list: what is before its '=' or after it, if there is one. */
static char *copy_word(char *to, const char *word, bool is_name) {
    const char *end = word, *from = word;
    while (*end != 0 && *end != '|' && !(is_name && *end == '='))
        if (*end++ == '=')
            from = end;
    while (from < end)
        *to++ = *from++;
    return to;
}

/** Copies a text with words in the place of $0 and $1. */
static char *fill_in(char *to, const char *text, const char *const words[2], bool is_name) {
    char *end = to;
    for (; *text != 0; text++)
        if (*text == '$')
            end = copy_word(end, words[*++text - '0'], is_name);
        else
            *end++ = *text;
    *end = 0;
    return to;
}

/** A check, or what is done for all checks after it. */
struct row {
    const char *check, *each[2], *script;
};

static void try_row(const struct row *row, const char *const words[2]) {
    static char name[MOST_NAME], script[MOST_SCRIPT];
    fill_in(script, row->script, words, false);
    if (same(row->check, "-"))
        play_script(script);
    else
        CHECK (fill_in(name, row->check, words, true))
            play_script(script);
}

static const char *next_word(const char *list) {
    while (*list != 0 && *list != '|')
        list++;
    return *list == 0 ? 0 : &list[1];
}

static void look_at_row(const struct row *row) {
    for (const char *one = row->each[0]; one != 0; one = next_word(one))
        for (const char *other = row->each[1]; other != 0; other = next_word(other))
            try_row(row, (const char *const[]){one, other});
}

void look_at_requests(const char *rows) {
    static char line[MOST_SCRIPT];
    while (*rows != 0) {
        uint32_t length = 0;
        for (; *rows != '\n'; rows++)
            line[length++] = *rows;
        line[length] = 0;
        rows++;
        struct row row = {.check = line};
        char *one = cut(line, '\t'), *other = cut(one, '\t');
        row.script = cut(other, '\t');
        row.each[0] = one;
        row.each[1] = other;
        look_at_row(&row);
    }
}
