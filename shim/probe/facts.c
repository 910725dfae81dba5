// Looks at the facts, those that are cases itself; src/fuzz/probe/facts.ts has the format of the
// data.
#include "facts.h"

enum { MOST_FIELDS = 96, MOST_ATTEMPTS = 5 };

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

static void say_failure(struct fact *fact, const struct check *check) {
    uint32_t differing = 0;
    begin_failure(fact, check->name);
    for (uint32_t i = 0; i < check->expected; i++) {
        if (meets_check(check, i) || differing++ > 0)
            continue;
        say_field(check->setup->way, check->places[i]);
        say(": expected ");
        say_value(check->places[i], check->words[i]);
        say(", got ");
        say_value(check->places[i], field(check->outcome, check->places[i]));
    }
    end_failure(differing > 1 ? differing - 1 : 0);
}

static bool is_excepted(const char *name, const char *const *except) {
    for (; *except != 0; except++)
        if (same(name, *except))
            return true;
    return false;
}

/** Looks at the checks of a fact: cases. */
static void look_at_cases(struct fact *fact, struct check *check) {
    for (uint32_t checks = take16(); checks > 0; checks--) {
        take_check(check);
        const int32_t need = missing(check->needs);
        const int64_t result = need < 0 ? holds(check) : 0;
        const struct stublab_outcome *outcome = check->outcome;
        if (need >= 0)
            skip_check(fact, needs[need].name, needs[need].reason, 0);
        else if (result < 0)
            skip_check(fact, 0, "cases cannot be tried", result);
        else if (result == NOT_TRIED)
            skip_check(fact, 0, obstacle_texts[outcome->obstacle], -outcome->obstacle_error);
        else if (result > 0)
            fact->held++;
        else
            say_failure(fact, check);
    }
}

/** Looks at a fact, unless it is excepted. */
static void look_at(struct fact *fact, enum fact_kind kind, struct check *check,
                    const char *const *except) {
    if (is_excepted(fact->name, except))
        skip_check(fact, 0, "--except", 0);
    else if (kind == FACT_CASES)
        look_at_cases(fact, check);
    else
        look_at_requests(fact);
}

/** Whether the facts of a group are looked at. */
static bool is_wanted(const char *group, const char *only, const char *const *except) {
    return (only == 0 || same(only, group)) && !is_excepted(group, except);
}

int conformance(const char *only, const char *const *except, const struct known_list *known) {
    static struct check check;
    check.setup = module_memory(reserve(sizeof *check.setup));
    check.outcome = module_memory(reserve(sizeof *check.outcome));
    struct counts all = {0};
    uint32_t planned = 0, number = 0;
    for (const struct group *group = groups; group->name != 0; group++)
        planned += is_wanted(group->name, only, except);
    say_plan("", planned);
    fact_data = &data[section_facts.at];
    for (const struct group *group = groups; group->name != 0 && !is_interrupted(); group++) {
        const bool wanted = is_wanted(group->name, only, except);
        const uint32_t failed = all.failed;
        if (wanted)
            say_plan("  ", group->facts);
        for (uint32_t i = 1; i <= group->facts && !is_interrupted(); i++) {
            const enum fact_kind kind = take8();
            struct fact fact = {.number = i, .name = take_text(), .known = known};
            const uint64_t length = take_word();
            const uint8_t *end = fact_data + length;
            if (wanted) {
                look_at(&fact, kind, &check, except);
                conclude(&fact, &all);
            }
            fact_data = end;
        }
        if (!wanted || is_interrupted())
            continue;
        say_result(all.failed > failed, ++number, group->name);
        say("\n");
    }
    renew();
    say("# %u of %u facts hold, ", all.held, all.held + all.failed);
    if (all.known > 0)
        say("%u known not to, ", all.known);
    say("%u skipped\n", all.skipped);
    if (is_interrupted())
        return INTERRUPTED;
    if (number == 0)
        return 2;
    return all.failed > 0 ? 1 : all.held + all.known == 0 ? 4 : 0;
}
