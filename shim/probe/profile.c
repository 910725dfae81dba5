// Whether the kernel is enough for a tool: src/labs/fuzz/facts/profiles.jsonl.
#include "facilities.h"
#include "facts.h"

bool relies_on(const char *tool, const char *fact) {
    for (const struct tool_need *it = tool_needs; it->tool != 0; it++)
        if (same(it->tool, tool) && (fact == 0 || index_of(fact, it->facts) >= 0))
            return true;
    return false;
}

static bool tolerates(const struct tool_need *need, int64_t error) {
    return index_of("any", need->tolerated) >= 0 ||
           index_of(errno_name(error), need->tolerated) >= 0;
}

/** Whether a need matters on this kernel: a tool may do with another facility. UNTRIED: the trial
 * of that is missing. */
static enum known matters(const struct tool_need *need) {
    enum known result = PRESENT;
    for (const char *const *it = need->when; *it != 0; it++) {
        const bool lacks = **it == '!';
        const struct facility *other = facility_of(*it + lacks);
        if (!was_tried(other))
            result = UNTRIED;
        else if ((other->error != 0) != lacks)
            return LACKING;
    }
    return result;
}

/** What is missing of a need: its facility, or else a fact. */
struct missing {
    const struct tool_need *need;
    const struct facility *facility;
    const char *fact;
};
enum { MOST_MISSING = 64, MOST_LIMITS = 8 };
static struct missing missing[MOST_MISSING];
static uint32_t count;

static void add(const struct tool_need *need, const struct facility *facility, const char *fact) {
    if (count == MOST_MISSING)
        fail("there are too many needs", count);
    missing[count++] = (struct missing){need, facility, fact};
}

/** Collects what is in a set of states, LACKING and UNTRIED, of the needs that every use of a tool
 * has, or that some uses have. Returns whether there is any. */
static bool collect(const char *tool, bool limited, uint32_t wanted,
                    enum known (*known)(const char *fact)) {
    count = 0;
    for (const struct tool_need *it = tool_needs; it->tool != 0; it++) {
        const enum known need = matters(it);
        if (!same(it->tool, tool) || need == LACKING || (*it->limits != 0) != limited)
            continue;
        const struct facility *facility = it->facility == 0 ? 0 : facility_of(it->facility);
        const bool tried = facility == 0 || was_tried(facility);
        const int64_t error = facility == 0 ? 0 : facility->error;
        // Whether it is missed is as uncertain as whether the need matters.
        const enum known lack = need == PRESENT ? LACKING : UNTRIED;
        if ((!tried || (error != 0 && !tolerates(it, error))) && wanted & (tried ? lack : UNTRIED))
            add(it, facility, 0);
        for (const char *const *fact = it->facts; tried && error == 0 && *fact != 0; fact++) {
            const enum known state = known(*fact);
            if (wanted & (state == LACKING ? lack : state))
                add(it, 0, *fact);
        }
    }
    return count > 0;
}

/** Says of which uses the needs are, each once. */
static void say_limits(void) {
    const char *said[MOST_LIMITS + 1] = {0};
    uint32_t limits = 0;
    for (uint32_t i = 0; i < count; i++)
        for (const char *const *limit = missing[i].need->limits; *limit != 0; limit++) {
            if (index_of(*limit, said) >= 0 || limits == MOST_LIMITS)
                continue;
            say("%s%s", limits == 0 ? " " : ", ", *limit);
            said[limits++] = *limit;
        }
}

int say_verdict(const char *tool, enum known (*known)(const char *fact)) {
    enum { ENOUGH, NOT_ENOUGH, UNKNOWN = 3 } status = ENOUGH;
    say("# for %s: ", tool);
    if (collect(tool, false, LACKING, known)) {
        say("not enough");
        status = NOT_ENOUGH;
    } else if (collect(tool, false, UNTRIED, known)) {
        say("unknown");
        status = UNKNOWN;
    } else if (collect(tool, true, LACKING, known)) {
        collect(tool, true, LACKING | UNTRIED, known);
        say("enough");
        say_limits();
        status = NOT_ENOUGH;
    } else {
        status = collect(tool, true, UNTRIED, known) ? UNKNOWN : ENOUGH;
        say("%s", status == ENOUGH ? "enough" : "unknown");
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct facility *facility = missing[i].facility;
        say("%s", i == 0 ? ": " : ", then ");
        if (facility == 0)
            say_quoted(missing[i].fact);
        else
            say("%s (%s)", missing[i].need->facility,
                was_tried(facility) ? errno_name(facility->error) : "not tried");
    }
    say("\n");
    return status;
}
