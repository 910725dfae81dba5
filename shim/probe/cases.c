// Facts and features that are cases; src/labs/fuzz/probe/facts.ts has the format of the data.
#include "facilities.h"
#include "facts.h"
#include "trying.h"
#include <linux/ptrace.h>

/** PTRACE_SYSEMU_SINGLESTEP, which is a name of amd64 alone in the headers. */
enum { SYSEMU_STEP = 32 };
enum { MOST_FIELDS = 96 };

/** A check: the setups of its case, and what is expected of the last outcome. */
struct check {
    const char *name;
    uint64_t needs;
    bool is_filtered;
    uint32_t steps;
    struct stublab_setup setups[STUBLAB_MOST_STEPS];
    uint32_t expected;
    uint32_t places[MOST_FIELDS];
    uint64_t words[MOST_FIELDS];
};

/** The next byte of the data. */
static const uint8_t *at;
/** That of the last case. */
static struct stublab_outcome *outcome;

static uint64_t take_word(void) {
    uint64_t word = 0;
    int shift = 0;
    for (; *at >= 0x80; shift += 7)
        word |= (uint64_t)(*at++ & 0x7f) << shift;
    return word | (uint64_t)*at++ << shift;
}

static uint32_t take_number(void) {
    return (uint32_t)take_word();
}

static const char *take_text(void) {
    const char *text = (const char *)at;
    while (*at++ != 0)
        ;
    return text;
}

uint32_t load_setup_facts(struct fact *facts, uint32_t most) {
    uint32_t count = 0;
    at = &data[section_facts.at];
    for (const uint8_t *end = at + section_facts.length; at < end; count++) {
        if (count == most)
            fail("there are too many facts", count);
        struct fact *fact = &facts[count];
        fact->group = take_text();
        fact->name = take_text();
        fact->source = take_text();
        const uint64_t length = take_word();
        fact->cases = at;
        at += length;
    }
    return count;
}

static void take_setup(struct stublab_setup *setup) {
    memset(setup, 0, sizeof *setup);
    memcpy(setup->words, baseline, sizeof setup->words);
    for (uint32_t count = take_number(); count > 0; count--) {
        uint32_t index = take_number();
        ((uint64_t *)setup)[index] = take_word();
    }
}

/** Without PTRACE_GETSIGINFO only checks that expect nothing of it can be made. */
static void want_no_info(struct check *check) {
    if (lacks(A_REQUEST, PTRACE_GETSIGINFO) == 0)
        return;
    for (uint32_t i = 0; i < check->expected; i++) {
        const uint32_t offset = check->places[i] & ~(uint32_t)HALF;
        if (offset == OUTCOME_SIGNAL || offset == OUTCOME_CODE || offset == OUTCOME_ADDRESS)
            return;
    }
    for (uint32_t i = 0; i < check->steps; i++)
        check->setups[i].wants &= (uint8_t)~STUBLAB_WANT_INFO;
}

static void take_check(struct check *check) {
    check->name = take_text();
    check->needs = take_word();
    check->is_filtered = take_number() != 0;
    check->steps = take_number();
    for (uint32_t i = 0; i < check->steps; i++)
        take_setup(&check->setups[i]);
    check->expected = take_number();
    for (uint32_t i = 0; i < check->expected; i++) {
        const uint32_t place = take_number();
        check->places[i] = place / 2 | (place % 2 != 0 ? HALF : 0);
        check->words[i] = take_word();
    }
    want_no_info(check);
}

/** The first need of a set that the machine lacks; 0: it has all. */
static const struct need *lack_of(uint64_t set) {
    for (int32_t i = 0; needs[i].name != 0; i++)
        if ((set >> i & 1) != 0 && !meets(&needs[i]))
            return &needs[i];
    return 0;
}

/** Whether a field is as expected, but for flags that are not compared. */
static bool is_met(uint32_t place, uint64_t word) {
    const bool is_flags = place == OUTCOME_WRITTEN + 8 * WORD_FLAGS ||
                          place == OUTCOME_STOPPED + 8 * WORD_FLAGS ||
                          place == OUTCOME_FRAME + 8 * FRAME_FLAGS;
    const uint64_t ignored = is_flags ? *w2c_fuzz_ignoredFlags(&module) : 0;
    return ((field(outcome, place) ^ word) & ~ignored) == 0;
}

/** Whether a case got to where a field is read: readFields in src/labs/fuzz/case/fields.ts. */
static bool is_reached(uint32_t place) {
    const uint32_t offset = place & ~(uint32_t)HALF;
    const bool tried = outcome->resumed != -1, runs = outcome->resumed == 0;
    const bool stops = runs && (outcome->status & 0xff) == 0x7f;
    if (offset == OUTCOME_RESUMED)
        return tried;
    if (offset == OUTCOME_STATUS)
        return runs;
    if (offset == OUTCOME_CODE || offset == OUTCOME_ADDRESS)
        return stops && outcome->signal != 0;
    return offset == OUTCOME_SIGNAL || offset >= OUTCOME_STOPPED ? stops : true;
}

/** The first field from one on that is not as expected; the number of all if there is no other. */
static uint32_t next_unmet(const struct check *check, uint32_t i) {
    while (i < check->expected && is_reached(check->places[i]) &&
           is_met(check->places[i], check->words[i]))
        i++;
    return i;
}

static void compare_outcome(const struct check *check) {
    for (uint32_t i = 0; (i = next_unmet(check, i)) < check->expected; i++) {
        const uint32_t place = check->places[i];
        struct unmet *it = add_unmet();
        say_to(it->field);
        say_field(check->setups[check->steps - 1].way, place);
        say_to(it->expected);
        say_value(place, check->words[i]);
        say_to(it->seen);
        say_value(place, field(outcome, place));
        say_to(0);
        it->is_seen = is_reached(place);
    }
}

/** Whether a call does without a filter what it does with one. */
static bool is_harmless(uint64_t number) {
    /** No kernel has so many calls; those of x32 have bit 30. Without a filter -1 is skipped. */
    enum { MOST_CALLS = 4096 };
    const uint32_t call = (uint32_t)number;
    for (const int32_t *it = harmless_calls; *it != 0; it++)
        if (call == (uint32_t)*it)
            return true;
    return call >= MOST_CALLS && call >> 30 != 1 && call != ~0U;
}

static bool is_near(uint64_t counter, uint64_t place) {
    enum { NEAR = 8, AROUND = 16 };
    return place != 0 && counter - (place - NEAR) <= AROUND;
}

/** Whether a setup may make a call that is not harmless, unless a filter refuses it. */
static bool may_call(const struct stublab_setup *setup) {
    const struct content *it = &contents[setup->way];
    const uint64_t *words = setup->words;
    const bool at_call = setup->from != STUBLAB_FROM_SIGNAL && setup->from != STUBLAB_FROM_GROUP &&
                         setup->from != STUBLAB_FROM_LAST;
    // Without a filter, stubs that return from signal handlers make no call.
    if (setup->on == STUBLAB_ON_NONE || it->frame)
        return false;
    if (at_call || it->words > 1)
        return true;
    for (uint64_t i = 0; i < setup->count; i++)
        if (words[2 * i] == 8UL * WORD_NUMBER || words[2 * i] == 8UL * WORD_RESTARTED ||
            words[2 * i] == 8UL * WORD_COUNTER)
            return true;
    if (!it->block || is_near(words[WORD_COUNTER], place_call32))
        return it->block;
    return is_near(words[WORD_COUNTER], place_call) &&
           !(is_harmless(words[WORD_NUMBER]) &&
             (is_harmless(words[WORD_RESTARTED]) || words[WORD_RESTARTED] == ~0ULL));
}

/** Skips a check if the kernel lacks the request that writes a setup, a call whose number it has,
 * or the stops of calls. */
static void need_calls(const struct check *check) {
    for (uint32_t i = 0; i < check->steps; i++) {
        const struct stublab_setup *it = &check->setups[i];
        need_request(way_names[it->way]);
        for (uint32_t k = 0; k < STUBLAB_REGISTERS; k++)
            need_alone(A_CALL, (uint32_t)it->words[k]);
        if (it->on != STUBLAB_ON_NONE && it->on != STUBLAB_ON_CONT &&
            it->on != STUBLAB_ON_SINGLESTEP)
            need_alone(AN_OPTION, PTRACE_O_TRACESYSGOOD);
        if (it->on == STUBLAB_ON_SYSEMU_SINGLESTEP)
            need_alone(A_REQUEST, SYSEMU_STEP);
    }
}

/** Whether a check needs a filter, and the kernel lacks it. */
static bool lacks_filter(const struct check *check) {
    bool calls = false;
    for (uint32_t i = 0; i < check->steps; i++)
        calls = calls || may_call(&check->setups[i]);
    return calls && check->is_filtered && lacks(A_CALL, __NR_seccomp) < 0;
}

/** Tries the case of a check in a stub that no other was tried in. Returns 0, or why it cannot be
 * tried. */
static int64_t try_check(const struct check *check) {
    renew();
    memcpy(chunk.setups, check->setups, sizeof check->setups);
    memset(chunk.outcomes, 0, check->steps * sizeof *outcome);
    outcome = &chunk.outcomes[check->steps - 1];
    targets_are_filtered = check->is_filtered &&
                           (lacks(A_CALL, __NR_seccomp) == 0 || contents[check->setups->way].frame);
    const int64_t result = try_setups(chunk.setups, chunk.outcomes, check->steps);
    if (!targets_are_filtered)
        renew();
    targets_are_filtered = true;
    return result;
}

static void make_check(const struct check *check) {
    const struct need *lack = lack_of(check->needs);
    if (lack != 0)
        skip(lack->name, lack->reason, 0);
    if (lacks_filter(check))
        need_alone(A_CALL, __NR_seccomp);
    need_calls(check);
    if (!goes_on())
        return;
    const int64_t result = try_check(check);
    if (result < 0)
        skip(0, "cases cannot be tried", result);
    else if (outcome->obstacle != STUBLAB_OBSTACLE_NONE)
        skip(0, obstacle_texts[outcome->obstacle], -outcome->obstacle_error);
    else
        compare_outcome(check);
}

void look_at_cases(const uint8_t *checks) {
    static struct check check;
    at = checks;
    for (uint32_t count = take_number(); count > 0; count--) {
        take_check(&check);
        CHECK (check.name)
            make_check(&check);
    }
}

/** Whether a case shows a feature. If nothing can be traced, a stub that returns from a signal
 * handler tries it; a feature that no such stub can show is assumed, as new kernels have it. */
static bool shows(struct check *check, uint32_t *assumed) {
    if (birth_error < 0 && (check->steps > 1 || !HAS_RETURNER || !make_return(check->setups))) {
        say("%s %s", (*assumed)++ == 0 ? "# assumed, as nothing can be traced:" : "", check->name);
        return true;
    }
    return try_check(check) == 0 && outcome->obstacle == STUBLAB_OBSTACLE_NONE &&
           next_unmet(check, 0) == check->expected;
}

void try_features(void) {
    static struct check check;
    uint32_t assumed = 0;
    at = &data[section_features.at];
    for (uint32_t count = take_number(); count > 0; count--) {
        take_check(&check);
        if (lack_of(check.needs) == 0 && !lacks_filter(&check) && shows(&check, &assumed))
            note_feature(check.name);
    }
    if (assumed > 0)
        say("\n");
}
