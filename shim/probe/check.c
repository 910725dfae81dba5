#include "check.h"

void say_plan(const char *indent, uint32_t tests) {
    say("%sKTAP version 1\n%s1..%u\n", indent, indent, tests);
}

void say_result(bool failed, uint32_t number, const char *name) {
    say("%s %u %s", failed ? "not ok" : "ok", number, name);
}

void skip_check(struct fact *fact, const char *need, const char *text, int64_t error) {
    struct reason *reason = fact->reasons;
    const struct reason *end = &reason[fact->reason_count];
    while (reason < end &&
           (reason->need != need || reason->error != error || !same(reason->text, text)))
        reason++;
    if (reason == &fact->reasons[MOST_REASONS])
        return;
    if (reason == end)
        fact->reasons[fact->reason_count++] = (struct reason){need, text, error, 0};
    reason->checks++;
}

static void say_reason(const struct reason *reason) {
    if (reason->need != 0)
        say("it needs %s: ", reason->need);
    say("%s", reason->text);
    if (reason->error != 0)
        say(": %s", errno_name(reason->error));
}

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

/** Whether a fact, or its check, is known not to hold. */
static bool is_known(const struct known_list *known, const char *fact, const char *check) {
    for (const char *line = known == 0 ? "" : known->facts; *line != 0;) {
        const char *rest = after(line, fact);
        if (ends_line(rest) || (*check != 0 && ends_line(after(after(rest, ": "), check))))
            return true;
        while (*line != 0 && *line++ != '\n')
            ;
    }
    return false;
}

void begin_failure(struct fact *fact, const char *check) {
    if (is_known(fact->known, fact->name, check))
        fact->excused++;
    else
        fact->failed++;
    say("  # ");
    if (*check != 0)
        say("%s: ", check);
}

void end_failure(uint32_t more) {
    if (more > 0)
        say("; %u more field%s", more, more == 1 ? "" : "s");
    say("\n");
}

void conclude(const struct fact *fact, struct counts *counts) {
    const bool failed = fact->failed > 0, excused = !failed && fact->excused > 0;
    const bool held = !failed && !excused && fact->held > 0;
    const bool skipped = !failed && !excused && !held;
    counts->failed += failed;
    counts->known += excused;
    counts->held += held;
    counts->skipped += skipped;
    for (uint32_t i = 0; i < fact->reason_count && !skipped; i++) {
        const uint32_t checks = fact->reasons[i].checks;
        say("  # %u check%s skipped: ", checks, checks == 1 ? "" : "s");
        say_reason(&fact->reasons[i]);
        say("\n");
    }
    say("  ");
    say_result(failed, fact->number, fact->name);
    // As ksft_test_result_xfail says it.
    if (excused)
        say(" # XFAIL known: %s", fact->known->name);
    for (uint32_t i = 0; i < fact->reason_count && skipped; i++) {
        say("%s", i == 0 ? " # SKIP " : "; ");
        say_reason(&fact->reasons[i]);
    }
    say("\n");
}
