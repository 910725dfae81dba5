#include "check.h"

void say_plan(const char *indent, uint32_t tests) {
    say("%sKTAP version 1\n%s1..%u\n", indent, indent, tests);
}

void say_result(bool failed, uint32_t number, const char *name) {
    say("%s %u %s", failed ? "not ok" : "ok", number, name);
}

void note_reason(struct results *results, const struct reason *why) {
    struct reason *reason = results->reasons;
    const struct reason *end = &reason[results->reason_count];
    while (reason < end && (reason->need != why->need || reason->error != why->error ||
                            !same(reason->text, why->text)))
        reason++;
    if (reason == end && results->reason_count < MOST_REASONS)
        results->reasons[results->reason_count++] = *why;
}

void say_reason(const struct reason *reason) {
    // "no LA57": a feature that the machine must lack.
    const char *lack = after(reason->need, "no ");
    if (lack != 0)
        say("it needs a machine without %s: ", lack);
    else if (reason->need != 0)
        say("it needs %s: ", reason->need);
    say("%s", reason->text);
    if (reason->error != 0)
        say(": %s", errno_name(reason->error));
}

/** What another process may have disturbed is attempted again. */
int32_t confirm(uint64_t first, uint64_t (*attempt)(void *), void *with) {
    uint64_t seen[MOST_ATTEMPTS] = {first};
    for (int32_t count = 1; count < MOST_ATTEMPTS; count++) {
        seen[count] = attempt(with);
        for (int32_t i = 0; i < count; i++)
            if (seen[i] == seen[count])
                return count - 1;
    }
    return -1;
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

void conclude(const struct results *results, uint32_t number, const char *name,
              const struct known_list *known, struct counts *counts) {
    const bool failed = results->failed > 0, excused = !failed && results->excused > 0;
    const bool held = !failed && !excused && results->held > 0;
    const bool skipped = !failed && !excused && !held;
    counts->failed += failed;
    counts->known += excused;
    counts->held += held;
    counts->skipped += skipped;
    say("  ");
    say_result(failed, number, name);
    // As ksft_test_result_xfail says it.
    if (excused)
        say(" # XFAIL known: %s", known->name);
    for (uint32_t i = 0; i < results->reason_count && skipped; i++) {
        say("%s", i == 0 ? " # SKIP " : "; ");
        say_reason(&results->reasons[i]);
    }
    say("\n");
}
