// Looks at the facts; src/labs/fuzz/probe/facts.ts has the format of the data.
#include "facts.h"

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

static bool is_excepted(const char *name, const char *const *except) {
    for (; *except != 0; except++)
        if (same(name, *except))
            return true;
    return false;
}

/** Looks at a fact, unless it is excepted. */
static void look_at(struct fact *fact, enum fact_kind kind, const char *const *except) {
    if (is_excepted(fact->name, except))
        skip_check(fact, 0, "--except", 0);
    else if (kind == FACT_CASES)
        look_at_cases(fact);
    else
        look_at_requests(fact);
}

/** Whether the facts of a group are looked at. */
static bool is_wanted(const char *group, const char *only, const char *const *except) {
    return (only == 0 || same(only, group)) && !is_excepted(group, except);
}

int conformance(const char *only, const char *const *except, const struct known_list *known) {
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
                look_at(&fact, kind, except);
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
