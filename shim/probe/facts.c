// Looks at the facts, those that are cases itself; src/fuzz/probe/facts.ts has the format of the
// data.
#include "facts.h"

enum entry { ENTRY_END, ENTRY_GROUP, ENTRY_FACT, ENTRY_REQUESTS };
enum { MOST_FIELDS = 96, MOST_ATTEMPTS = 5, HALF = 0x8000 };

/** A check: its setup, and what is expected of its outcome. */
struct check {
    const char *name;
    uint32_t needs;
    struct stublab_setup *setup;
    struct stublab_outcome *outcome;
    uint32_t expected;
    uint32_t places[MOST_FIELDS];
    uint64_t words[MOST_FIELDS];
};

const uint8_t *fact_data;

uint32_t take8(void) {
    return *fact_data++;
}

uint32_t take16(void) {
    fact_data += 2;
    return fact_data[-2] | (uint32_t)fact_data[-1] << 8;
}

uint64_t take_word(void) {
    uint64_t word = 0;
    int shift = 0;
    for (; *fact_data >= 0x80; shift += 7)
        word |= (uint64_t)(take8() & 0x7f) << shift;
    return word | (uint64_t)take8() << shift;
}

const char *take_text(void) {
    const char *text = (const char *)fact_data;
    while (take8() != 0)
        ;
    return text;
}

static void take_check(struct check *check) {
    check->name = take_text();
    check->needs = take16();
    memset(check->setup, 0, sizeof *check->setup);
    memcpy(check->setup->words, baseline, BLOCK_SIZE);
    for (uint32_t count = take8(); count > 0; count--) {
        uint32_t index = take8();
        ((uint64_t *)check->setup)[index] = take_word();
    }
    check->expected = take8();
    for (uint32_t i = 0; i < check->expected; i++) {
        check->places[i] = take16();
        check->words[i] = take_word();
    }
}

/** The first thing that the machine lacks: an index of `needs`; -1. */
static int32_t missing(uint32_t set) {
    for (int32_t i = 0; needs[i].name != 0; i++)
        if ((set >> i & 1) != 0 && !meets(&needs[i]))
            return i;
    return -1;
}

/** Whether a field is as expected, but for flags that are not compared. */
static bool meets_check(const struct check *check, uint32_t i) {
    const uint32_t place = check->places[i];
    const bool is_flags = place == OUTCOME_WRITTEN + 8 * REG_EFLAGS ||
                          place == OUTCOME_STOPPED + 8 * REG_EFLAGS ||
                          place == OUTCOME_FRAME + 8 * FRAME_EFLAGS;
    const uint64_t ignored = is_flags ? *w2c_fuzz_ignoredFlags(&module) : 0;
    return ((field(check->outcome, place) ^ check->words[i]) & ~ignored) == 0;
}

/** The fields that are not as expected, hashed; 0 if all are. */
static uint64_t unmet(const struct check *check) {
    uint64_t key = 0;
    for (uint32_t i = 0; i < check->expected; i++)
        if (!meets_check(check, i))
            key = key * 1099511628211ULL + check->places[i] + 1;
    return key;
}

/** The check has an obstacle in its outcome. */
enum { NOT_TRIED = 2 };

/** Tries a check until it holds, or two attempts have the same result. Returns 1, 0 or NOT_TRIED,
 * or why no case can be tried. */
static int64_t holds(const struct check *check) {
    uint64_t seen[MOST_ATTEMPTS];
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        renew();
        memset(check->outcome, 0, sizeof *check->outcome);
        int64_t result = try_setups(check->setup, check->outcome, 1);
        if (result < 0)
            return result;
        if (check->outcome->obstacle != STUBLAB_OBSTACLE_NONE)
            return NOT_TRIED;
        uint64_t key = unmet(check);
        if (attempt == 0 && key == 0)
            return 1;
        for (int i = 0; i < attempt; i++)
            if (seen[i] == key)
                return key == 0;
        seen[attempt] = key;
    }
    return 0;
}

static void say_failure(const struct check *check) {
    uint32_t more = 0;
    say("  # ");
    if (*check->name != 0) {
        say(check->name);
        say(": ");
    }
    for (uint32_t i = 0; i < check->expected; i++) {
        const uint64_t seen = field(check->outcome, check->places[i]);
        if (meets_check(check, i) || more++ > 0)
            continue;
        say_field(check->setup->way, check->places[i]);
        say(": expected ");
        say_value(check->places[i], check->words[i]);
        say(", got ");
        say_value(check->places[i], seen);
    }
    if (more > 1) {
        say("; ");
        say_number(more - 1);
        say(more == 2 ? " more field" : " more fields");
    }
    say("\n");
}

/** What became of the facts of a group, or of all. */
struct counts {
    uint32_t held, failed, known, skipped;
};

/** Whether `text` begins with these words; if so, returns what follows them. */
static const char *after(const char *text, const char *words) {
    while (text != 0 && *words != 0)
        if (*text++ != *words++)
            return 0;
    return text;
}

static bool ends_line(const char *text) {
    return text != 0 && (*text == '\n' || *text == 0);
}

bool is_known(const struct known_list *known, const char *fact, const char *check) {
    for (const char *line = known == 0 ? "" : known->facts; *line != 0;) {
        const char *rest = after(line, fact);
        if (ends_line(rest) || (*check != 0 && ends_line(after(after(rest, ": "), check))))
            return true;
        while (*line != 0 && *line++ != '\n')
            ;
    }
    return false;
}

static void say_result(bool failed, uint32_t number, const char *name) {
    say(failed ? "not ok " : "ok ");
    say_number(number);
    say(" ");
    say(name);
}

/** What checks of a fact lack, in the order in which that shows, and in how many checks each. */
struct lacks {
    uint32_t count, needs[32], checks[32];
};

static void add_lack(struct lacks *lacks, uint32_t need) {
    uint32_t i = 0;
    while (i < lacks->count && lacks->needs[i] != need)
        i++;
    if (i == lacks->count)
        lacks->needs[lacks->count++] = need;
    lacks->checks[i]++;
}

static void say_lack(uint32_t need) {
    say("it needs ");
    say(needs[need].name);
    say(": ");
    say(needs[need].reason);
}

static void say_partly_skipped(const struct lacks *lacks) {
    for (uint32_t i = 0; i < lacks->count; i++) {
        say("  # ");
        say_number(lacks->checks[i]);
        say(lacks->checks[i] == 1 ? " check skipped: " : " checks skipped: ");
        say_lack(lacks->needs[i]);
        say("\n");
    }
}

static bool is_excepted(const char *name, const char *const *except) {
    for (; *except != 0; except++)
        if (same(name, *except))
            return true;
    return false;
}

/** Prints the result of a fact, and counts it. Returns whether all of it was skipped. */
static bool conclude(uint32_t number, const char *name, const struct tally *tally,
                     struct counts *counts, const struct known_list *known) {
    const bool failed = tally->failed > 0;
    const bool excused = !failed && tally->excused > 0;
    const bool held = !failed && !excused && tally->held > 0;
    say("  ");
    say_result(failed, number, name);
    counts->failed += failed;
    counts->known += excused;
    counts->held += held;
    if (excused) {
        // As ksft_test_result_xfail says it.
        say(" # XFAIL known: ");
        say(known->name);
    }
    if (failed || excused || held)
        return false;
    counts->skipped++;
    say(" # SKIP ");
    return true;
}

/** Looks at the checks of a fact, unless it is skipped: cases. */
static void look_at_cases(uint32_t number, const char *name, struct check *check,
                          struct counts *counts, bool excepted, const struct known_list *known) {
    struct tally tally = {0};
    uint32_t untried = 0;
    struct lacks lacks = {0};
    int32_t errors[STUBLAB_MOST_OBSTACLES] = {0};
    int64_t obstacle = 0;
    for (uint32_t checks = take16(); checks > 0; checks--) {
        take_check(check);
        if (excepted)
            continue;
        int32_t need = missing(check->needs);
        int64_t result = need >= 0 ? -1 : holds(check);
        if (need >= 0)
            add_lack(&lacks, (uint32_t)need);
        else if (result < 0)
            obstacle = result;
        else if (result == NOT_TRIED) {
            untried |= 1U << check->outcome->obstacle;
            errors[check->outcome->obstacle] = check->outcome->obstacle_error;
        } else if (result > 0)
            tally.held++;
        else {
            const bool excuses = is_known(known, name, check->name);
            tally.excused += excuses;
            tally.failed += !excuses;
            say_failure(check);
        }
    }
    if (tally.failed + tally.held > 0)
        say_partly_skipped(&lacks);
    if (conclude(number, name, &tally, counts, known)) {
        const char *separator = "";
        for (uint32_t i = 0; i < lacks.count; i++) {
            say(separator);
            separator = "; ";
            say_lack(lacks.needs[i]);
        }
        for (unsigned int i = 0; obstacle_texts[i] != 0; i++)
            if ((untried >> i & 1) != 0) {
                say(separator);
                separator = "; ";
                say_obstacle(i, errors[i]);
            }
        if (excepted)
            say("--except");
        if (obstacle < 0) {
            say(separator);
            say("cases cannot be tried: ");
            say_errno(obstacle);
        }
    }
    say("\n");
}

/** Passes over the checks of a fact. */
static void pass_over(enum entry entry, struct check *check) {
    if (entry == ENTRY_REQUESTS) {
        const uint64_t length = take_word();
        fact_data += length;
    } else
        for (uint32_t checks = take16(); checks > 0; checks--)
            take_check(check);
}

static void look_at_request_fact(uint32_t number, const char *name, struct counts *counts,
                                 bool excepted, const struct known_list *known) {
    struct tally tally = {0};
    const uint64_t length = take_word();
    const uint8_t *end = &fact_data[length];
    if (!excepted)
        look_at_requests(name, known, &tally);
    fact_data = end;
    if (conclude(number, name, &tally, counts, known)) {
        if (excepted)
            say("--except");
        else
            say_request_reasons();
    }
    say("\n");
}

/** Whether a name is that of a group, and not of a fact. */
static bool is_group(const char *name) {
    const uint8_t *start = fact_data;
    bool found = false;
    static struct stublab_setup setup;
    struct check check = {.setup = &setup};
    for (enum entry entry = take8(); entry != ENTRY_END; entry = take8()) {
        const bool same_name = same(name, take_text());
        found = found || (entry == ENTRY_GROUP && same_name);
        if (entry == ENTRY_GROUP) {
            take16();
            continue;
        }
        take_text(); // the source
        take_text(); // the rules
        pass_over(entry, &check);
    }
    fact_data = start;
    return found;
}

int conformance(const char *only, const char *const *except, const struct known_list *known) {
    static struct check check;
    check.setup = module_memory(reserve(sizeof *check.setup));
    check.outcome = module_memory(reserve(sizeof *check.outcome));
    struct counts all = {0}, before = {0};
    fact_data = &data[section_facts.at];
    const uint32_t groups = take8();
    uint32_t number = 0, fact = 0;
    bool skips = false;
    const char *group = 0;
    say("KTAP version 1\n1..");
    uint32_t fewer = 0;
    for (const char *const *name = except; *name != 0; name++)
        fewer += is_group(*name);
    say_number(only == 0 ? groups - fewer : 1);
    say("\n");
    while (!is_interrupted()) {
        const enum entry entry = take8();
        if ((entry == ENTRY_GROUP || entry == ENTRY_END) && group != 0 && !skips) {
            say_result(all.failed > before.failed, ++number, group);
            say("\n");
        }
        if (entry == ENTRY_END)
            break;
        if (entry == ENTRY_GROUP) {
            group = take_text();
            const uint32_t facts = take16();
            skips = (only != 0 && !same(only, group)) || is_excepted(group, except);
            before = all;
            fact = 0;
            if (skips)
                continue;
            say("  KTAP version 1\n  1..");
            say_number(facts);
            say("\n");
            continue;
        }
        const char *name = take_text();
        take_text(); // the source
        take_text(); // the rules
        fact++;
        if (skips)
            pass_over(entry, &check);
        else if (entry == ENTRY_FACT)
            look_at_cases(fact, name, &check, &all, is_excepted(name, except), known);
        else
            look_at_request_fact(fact, name, &all, is_excepted(name, except), known);
    }
    renew();
    say("# ");
    say_number(all.held);
    say(" of ");
    say_number(all.held + all.failed);
    say(" facts hold, ");
    if (all.known > 0) {
        say_number(all.known);
        say(" known not to, ");
    }
    say_number(all.skipped);
    say(" skipped\n");
    if (is_interrupted())
        return INTERRUPTED;
    if (number == 0)
        return 2;
    return all.failed > 0 ? 1 : all.held + all.known == 0 ? 4 : 0;
}
