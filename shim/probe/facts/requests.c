// Facts about requests: rows of src/labs/fuzz/facts/requests.ts, each a check with its script, or
// what is done for all checks after it. A script has steps, "LABEL: VERB WORD…"; the label names a
// field, or is the reason of a skip.
#include "facilities.h"
#include "own.h"

enum { MOST_WORDS = 48, MOST_NAME = 160, MOST_SCRIPT = 2048 };

const char *label;

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

/** Where a task that has just entered a handler has the frame. */
static int64_t stack_pointer(void) {
    uint64_t block[BLOCK_WORDS] = {0};
    if (goes_on())
        get_registers(seen.pid, block);
    return (int64_t)block[WORD_STACK];
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
#ifdef __NR_arch_prctl
        {"arch_prctl", __NR_arch_prctl},
#endif
        {"clone", __NR_clone},
        {"execve", __NR_execve},
        {"exit_group", __NR_exit_group},
        {"faccessat", __NR_faccessat},
        {"getpgid", __NR_getpgid},
        {"getpid", __NR_getpid},
        {"getppid", __NR_getppid},
#ifdef __NR_modify_ldt
        {"modify_ldt", __NR_modify_ldt},
#endif
        {"ppoll", __NR_ppoll},
        {"prctl", __NR_prctl},
        {"ptrace", __NR_ptrace},
        {"rseq", __NR_rseq},
        {"rt_sigaction", __NR_rt_sigaction},
        {"rt_sigreturn", __NR_rt_sigreturn},
        {"rt_sigsuspend", __NR_rt_sigsuspend},
        {"seccomp", __NR_seccomp},
        {"sigaltstack", __NR_sigaltstack},
        {"unshare", __NR_unshare},
    };
    if (same(name, "frame"))
        return stack_pointer();
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

// ---- Scripts ----

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

static const struct verb *verb_of(const char *name) {
    const struct verb *const tables[] = {stub_verbs, request_verbs, 0};
    for (uint32_t i = 0; tables[i] != 0; i++)
        for (const struct verb *it = tables[i]; it->name != 0; it++)
            if (same(it->name, name))
                return it;
    fail(name, -ENOENT);
}

static void take_step(char *verb) {
    int64_t words[MOST_WORDS] = {0};
    uint32_t count = 0;
    for (char *word = cut(verb, ' '), *next = 0; word != 0 && count < MOST_WORDS; word = next) {
        next = cut(word, ' ');
        words[count++] = value_of(word);
    }
    obey(verb_of(verb), words, count);
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
