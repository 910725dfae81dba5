// Looks at the facts; src/fuzz/probe/facts.ts has the format of the data.
#include "facts.h"

enum entry { ENTRY_END, ENTRY_GROUP, ENTRY_FACT, ENTRY_REQUESTS };
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

/** Passes over the checks of a fact. */
static void pass_over(enum entry entry) {
    if (entry == ENTRY_REQUESTS) {
        const uint64_t length = take_word();
        fact_data += length;
    } else
        pass_over_cases();
}

/** Whether a name is that of a group, and not of a fact. */
static bool is_group(const char *name) {
    const uint8_t *start = fact_data;
    bool found = false;
    for (enum entry entry = take8(); entry != ENTRY_END; entry = take8()) {
        const bool same_name = same(name, take_text());
        found = found || (entry == ENTRY_GROUP && same_name);
        if (entry == ENTRY_GROUP) {
            take16();
            continue;
        }
        take_text(); // the source
        take_text(); // the rules
        pass_over(entry);
    }
    fact_data = start;
    return found;
}

int conformance(const char *only, const char *const *except, const struct known_list *known) {
    struct counts all = {0}, before = {0};
    fact_data = &data[section_facts.at];
    const uint32_t groups = take8();
    uint32_t number = 0, facts = 0;
    bool skips = false;
    const char *group = 0;
    uint32_t fewer = 0;
    for (const char *const *name = except; *name != 0; name++)
        fewer += is_group(*name);
    say_plan("", only == 0 ? groups - fewer : 1);
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
            const uint32_t tests = take16();
            skips = (only != 0 && !same(only, group)) || is_excepted(group, except);
            before = all;
            facts = 0;
            if (!skips)
                say_plan("  ", tests);
            continue;
        }
        struct fact fact = {.number = ++facts, .name = take_text(), .known = known};
        take_text(); // the source
        take_text(); // the rules
        if (skips) {
            pass_over(entry);
            continue;
        }
        if (is_excepted(fact.name, except)) {
            pass_over(entry);
            skip_check(&fact, 0, "--except", 0);
        } else if (entry == ENTRY_FACT)
            look_at_cases(&fact);
        else
            look_at_requests(&fact);
        conclude(&fact, &all);
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
