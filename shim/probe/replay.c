// Replays cases: documents "stublab.case/1", alone, or after "# case " in a log of the probe.
#include "trying.h"

enum { MOST_NAME = 32 };

static const char *at;
static bool is_own;       /* whether the document is for this architecture */
static const char *wrong; /* what is wrong with the document; 0: nothing */

static void skip_space(void) {
    while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')
        at++;
}

static bool take(char byte) {
    skip_space();
    if (*at != byte)
        return false;
    at++;
    return true;
}

static void expect(char byte) {
    if (!take(byte) && wrong == 0)
        wrong = "it is not JSON";
}

static bool take_word(const char *word) {
    skip_space();
    const char *end = at;
    while (*word != 0 && *end == *word)
        end++, word++;
    if (*word != 0)
        return false;
    at = end;
    return true;
}

/** A string without escapes, cut to what names need. */
static const char *take_string(void) {
    static char name[MOST_NAME];
    uint32_t length = 0;
    expect('"');
    for (; *at != 0 && *at != '"' && *at != '\n'; at++)
        if (length < MOST_NAME - 1)
            name[length++] = *at;
    expect('"');
    name[length] = 0;
    return name;
}

/** A string such as "0xfe0", or a number. */
static uint64_t take_number(void) {
    const bool quoted = take('"');
    const uint64_t base = take_word("0x") ? 16 : 10;
    uint64_t number = 0;
    const char *start = at;
    for (;; at++) {
        const char digit = (char)(*at | 0x20);
        const uint64_t value = *at >= '0' && *at <= '9'       ? (uint64_t)(*at - '0')
                               : digit >= 'a' && digit <= 'f' ? (uint64_t)(digit - 'a' + 10)
                                                              : base;
        if (value >= base)
            break;
        number = number * base + value;
    }
    if (at == start && wrong == 0)
        wrong = "a number is missing";
    if (quoted)
        expect('"');
    return number;
}

static uint32_t take_name(const char *const *names) {
    int32_t index = index_of(take_string(), names);
    if (index < 0 && wrong == 0)
        wrong = "a name is unknown";
    return index < 0 ? 0 : (uint32_t)index;
}

static void take_code(struct stublab_setup *setup) {
    if (take_word("null"))
        return;
    const char *name = take_string();
    const struct piece *piece = pieces;
    while (piece->name != 0 && !same(piece->name, name))
        piece++;
    if (piece->name == 0 && wrong == 0)
        wrong = "there is no such code";
    setup->words[WORD_COUNTER] = piece->address;
}

static void take_signal(struct stublab_setup *setup) {
    skip_space();
    if (take_word("null"))
        return;
    setup->signal = *at == '"' ? take_name(signal_names) : (uint32_t)take_number();
}

static void take_registers(struct stublab_setup *setup) {
    expect('{');
    for (bool more = !take('}'); more && wrong == 0; more = !take('}')) {
        const uint32_t index = take_name(register_names);
        expect(':');
        setup->words[index] = take_number();
        take(',');
    }
}

static void take_pairs(struct stublab_setup *setup) {
    const struct content *content = &contents[setup->way];
    uint64_t *pair = content->frame ? setup->damage : setup->words;
    expect('[');
    for (bool more = !take(']'); more && wrong == 0; more = !take(']')) {
        if (setup->count == content->pairs) {
            wrong = "there are too many pairs";
            return;
        }
        expect('{');
        for (int i = 0; i < 2; i++) {
            const bool is_offset = same(take_string(), "offset");
            expect(':');
            pair[is_offset ? 0 : 1] = take_number();
            take(',');
        }
        expect('}');
        take(',');
        pair += 2;
        setup->count++;
    }
}

static void take_words(struct stublab_setup *setup) {
    uint32_t count = 0;
    expect('[');
    for (bool more = !take(']'); more && wrong == 0; more = !take(']')) {
        if (count < contents[setup->way].words)
            setup->words[count++] = take_number();
        else
            wrong = "there are too many words";
        take(',');
    }
}

static void take_frame(struct stublab_setup *setup) {
    expect('{');
    for (bool more = !take('}'); more && wrong == 0; more = !take('}')) {
        const char *name = take_string();
        const bool is_flags = same(name, "uc_flags"), is_image = same(name, "image");
        expect(':');
        if (is_flags)
            setup->uc_flags = (uint32_t)take_number();
        else if (is_image) {
            setup->image = take_number();
            setup->fpstate = STUBLAB_FPSTATE_IMAGE;
        } else if (take_word("true"))
            setup->fpstate =
                setup->fpstate == STUBLAB_FPSTATE_NONE ? STUBLAB_FPSTATE_LAST : setup->fpstate;
        else if (!take_word("false"))
            wrong = "fpstate is not true or false";
        take(',');
    }
}

static void take_step(struct stublab_setup *setup);

/** The last step of a document while it is read, and those before it. */
static struct stublab_setup last, before[STUBLAB_MOST_STEPS - 1];
static uint32_t before_count;

static void take_before(void) {
    expect('[');
    for (bool more = !take(']'); more && wrong == 0; more = !take(']')) {
        if (before_count < STUBLAB_MOST_STEPS - 1)
            take_step(&before[before_count++]);
        else
            wrong = "there are too many steps";
        take(',');
    }
}

static void take_start(struct stublab_setup *setup) {
    setup->from = (uint8_t)take_name(from_names);
    if (is_further_step(setup) && wrong == 0)
        wrong = "a name is unknown";
}

static void take_member(struct stublab_setup *setup) {
    char name[MOST_NAME];
    memcpy(name, take_string(), sizeof name);
    expect(':');
    if (same(name, "schema")) {
        if (!same(take_string(), "stublab.case/1") && wrong == 0)
            wrong = "it is not a stublab.case/1";
    } else if (same(name, "arch"))
        is_own = same(take_string(), case_arch);
    else if (same(name, "before") && setup == &last)
        take_before();
    else if (same(name, "from"))
        take_start(setup);
    else if (same(name, "way")) {
        setup->way = (uint8_t)take_name(way_names);
        // Ways without a block have other words there.
        if (!contents[setup->way].block)
            memset(setup->words, 0, sizeof setup->words);
    } else if (same(name, "on"))
        setup->on = (uint8_t)take_name(on_names);
    else if (same(name, "signal"))
        take_signal(setup);
    else if (same(name, "code"))
        take_code(setup);
    else if (same(name, "registers"))
        take_registers(setup);
    else if (same(name, "pairs"))
        take_pairs(setup);
    else if (same(name, "words"))
        take_words(setup);
    else if (same(name, "length"))
        setup->length = (uint32_t)take_number();
    else if (same(name, "frame"))
        take_frame(setup);
    else
        wrong = "it has an unknown member";
    take(',');
}

static bool is_handled(uint32_t signal) {
    const struct handled *each = handled;
    while (each->signal != 0 && each->signal != signal)
        each++;
    return each->signal != 0;
}

/** Reads a step; `way` and its like come before what depends on them, as formatCase in case.ts
 * writes them. */
static void take_step(struct stublab_setup *setup) {
    memset(setup, 0, sizeof *setup);
    memcpy(setup->words, baseline, sizeof setup->words);
    setup->on = STUBLAB_ON_CONT;
    // Unless it has another: then it is the first.
    setup->from = STUBLAB_FROM_LAST;
    expect('{');
    for (bool more = !take('}'); more && wrong == 0; more = !take('}'))
        take_member(setup);
    setup->wants = STUBLAB_WANT_WRITTEN | STUBLAB_WANT_INFO;
    if (is_handled(setup->signal))
        setup->wants |= STUBLAB_WANT_FRAME;
}

/** Reads a document. Returns the number of its steps. */
static uint32_t take_case(struct stublab_setup *steps) {
    wrong = 0;
    is_own = same(case_arch, usual_case_arch);
    before_count = 0;
    take_step(&last);
    memcpy(steps, before, before_count * sizeof *steps);
    steps[before_count] = last;
    if (is_further_step(steps))
        steps->from = STUBLAB_FROM_SIGNAL;
    for (uint32_t i = 1; i <= before_count && wrong == 0; i++)
        if (!is_further_step(&steps[i]))
            wrong = "a further step has a start";
    for (uint32_t i = 0; i <= before_count && before_count > 0 && wrong == 0; i++)
        if (contents[steps[i].way].frame)
            wrong = "a return from a signal handler is a case by itself";
    if (!is_own && wrong == 0)
        wrong = "it is for another architecture";
    return before_count + 1;
}

/** Whether a text ends with a word before `end`. */
static bool ends_with(const char *begin, const char *end, const char *word) {
    uint32_t length = 0;
    while (word[length] != 0)
        length++;
    return end - begin >= length && memcmp(end - length, word, length) == 0;
}

/** Moves to the next document that is not a header of a log. */
static void find_document(const char *begin) {
    while (*at != 0) {
        const bool is_header =
            ends_with(begin, at, "# machine ") || ends_with(begin, at, "# outcomes ");
        if (*at == '{' && !is_header)
            return;
        if (is_header)
            while (*at != 0 && *at != '\n')
                at++;
        else
            at++;
    }
}

int replay(const char *path) {
    struct stublab_setup *steps = module_memory(reserve(STUBLAB_MOST_STEPS * sizeof *steps));
    struct stublab_outcome *outcomes =
        module_memory(reserve(STUBLAB_MOST_STEPS * sizeof *outcomes));
    uint32_t number = 0, counts[SKIPPED + 1] = {0};
    bool interrupted = false;
    const char *const text = read_all(path);
    at = text;
    say("KTAP version 1\n");
    for (;;) {
        find_document(text);
        interrupted = *at != 0 && is_interrupted();
        if (*at == 0 || interrupted)
            break;
        const uint32_t count = take_case(steps);
        number++;
        if (wrong != 0) {
            say("Bail out! document %u: %s\n", number, wrong);
            return 2;
        }
        counts[examine(number, steps, outcomes, count)]++;
    }
    renew();
    if (number == 0 && !interrupted) {
        say("Bail out! there is no case in %s\n", path);
        return 2;
    }
    say("1..%u\n", number);
    if (interrupted)
        return INTERRUPTED;
    return counts[DIFFERENT] > 0 ? 1 : counts[HELD] > 0 ? 0 : CANNOT;
}
