// Lines of KTAP, and what the checks of a fact result in: src/labs/fuzz/facts/ktap.ts prints the
// same.
#ifndef STUBLAB_PROBE_CHECK_H
#define STUBLAB_PROBE_CHECK_H

#include "probe.h"

enum { MOST_REASONS = 32 };

/** What the checks of a fact result in. */
struct results {
    /** How many checks hold, do not, and are known not to. */
    uint32_t held, failed, excused;
    /** Why checks were skipped. */
    uint32_t reason_count;
    struct reason {
        const char *need; /* what they need; 0: it is not that */
        const char *text;
        int64_t error; /* 0: none */
    } reasons[MOST_REASONS];
};

/** How many facts hold, and do not. */
struct counts {
    uint32_t held, failed, known, skipped;
};

/** The head of a group of tests. */
void say_plan(const char *indent, uint32_t tests);
/** A line without its end. */
void say_result(bool failed, uint32_t number, const char *name);
/** Adds a reason, once. */
void note_reason(struct results *results, const struct reason *why);
void say_reason(const struct reason *reason);
/** Whether a fact, or its check, is known not to hold; a list of 0 has none. */
bool is_known(const struct known_list *known, const char *fact, const char *check);
/**
 * Attempts something again until two attempts have the same key; `first` is that of the first.
 * Returns how many others there were; -1: no two of all have the same.
 */
enum { MOST_ATTEMPTS = 5 };
int32_t confirm(uint64_t first, uint64_t (*attempt)(void *with), void *with);
/** Prints the result of a fact, and counts it. */
void conclude(const struct results *results, uint32_t number, const char *name,
              const struct known_list *known, struct counts *counts);

#endif
