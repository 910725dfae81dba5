// What facts.c and requests.c share: how the facts are read, and their results.
#ifndef STUBLAB_PROBE_FACTS_H
#define STUBLAB_PROBE_FACTS_H

#include "probe.h"

// ---- facts.c ----

/** The next byte of the facts (src/fuzz/probe/facts.ts), and functions that take what is there. */
extern const uint8_t *fact_data;
uint32_t take8(void);
uint32_t take16(void);
uint64_t take_word(void);
const char *take_text(void);
/** Whether a fact, or its check, is known not to hold. */
bool is_known(const struct known_list *known, const char *fact, const char *check);

// ---- requests.c ----

/** How many checks of a fact hold, do not, and are known not to. */
struct tally {
    uint32_t held, failed, excused;
};
/** Looks at a fact about requests: its steps are next. */
void look_at_requests(const char *fact, const struct known_list *known, struct tally *tally);
/** Why checks of the last one were skipped. */
void say_request_reasons(void);

#endif
