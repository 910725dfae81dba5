// Looks at the facts that are cases.
#include "facts.h"
#include "trying.h"

enum { MOST_FIELDS = 96, MOST_ATTEMPTS = 5 };

/** A check: its setup, and what is expected of its outcome. */
struct check {
    const char *name;
    uint64_t needs;
    struct stublab_setup *setup;
    struct stublab_outcome *outcome;
    uint32_t expected;
    uint32_t places[MOST_FIELDS];
    uint64_t words[MOST_FIELDS];
};

static void take_check(struct check *check) {
    check->name = take_text();
    check->needs = take_word();
    memset(check->setup, 0, sizeof *check->setup);
    memcpy(check->setup->words, baseline, sizeof check->setup->words);
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
static int32_t missing(uint64_t set) {
    for (int32_t i = 0; needs[i].name != 0; i++)
        if ((set >> i & 1) != 0 && !meets(&needs[i]))
            return i;
    return -1;
}

/** Whether a field is as expected, but for flags that are not compared. */
static bool meets_check(const struct check *check, uint32_t i) {
    const uint32_t place = check->places[i];
    const bool is_flags = place == OUTCOME_WRITTEN + 8 * WORD_FLAGS ||
                          place == OUTCOME_STOPPED + 8 * WORD_FLAGS ||
                          place == OUTCOME_FRAME + 8 * FRAME_FLAGS;
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

/** Looks at the checks of a fact: cases. */
void look_at_cases(struct fact *fact) {
    static struct check its;
    struct check *check = &its;
    if (check->setup == 0) {
        check->setup = module_memory(reserve(sizeof *check->setup));
        check->outcome = module_memory(reserve(sizeof *check->outcome));
    }
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
