// What the checks of facts result in, as KTAP: src/labs/fuzz/facts/ktap.ts prints the same.
#ifndef STUBLAB_PROBE_CHECK_H
#define STUBLAB_PROBE_CHECK_H

#include "probe.h"

enum { MOST_REASONS = 32 };

/** A fact, and what its checks result in. */
struct fact {
    uint32_t number;
    const char *name;
    const struct known_list *known;
    /** How many checks hold, do not, and are known not to. */
    uint32_t held, failed, excused;
    /** Why checks were skipped, and how many. */
    uint32_t reason_count;
    struct reason {
        const char *need; /* what they need; 0: it is not that */
        const char *text;
        int64_t error; /* 0: none */
        uint32_t checks;
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
void skip_check(struct fact *fact, const char *need, const char *text, int64_t error);
/** Counts a check that fails, and begins its line; what differs follows. */
void begin_failure(struct fact *fact, const char *check);
/** Ends that line. `more`: how many further fields differ. */
void end_failure(uint32_t more);
/** Prints the result of a fact, and counts it. */
void conclude(const struct fact *fact, struct counts *counts);

#endif
