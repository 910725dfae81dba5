// What facts.c, requests.c and places.c share: how the facts are read, and looked at.
#ifndef STUBLAB_PROBE_FACTS_H
#define STUBLAB_PROBE_FACTS_H

#include "check.h"

// ---- facts.c ----

/** The next byte of the facts (src/labs/fuzz/probe/facts.ts), and functions that take what is
 * there. */
extern const uint8_t *fact_data;
uint32_t take8(void);
uint32_t take16(void);
uint64_t take_word(void);
const char *take_text(void);

// ---- cases.c ----

/** Looks at the checks of a fact that are cases: they are next. */
void look_at_cases(struct fact *fact);

// ---- requests.c ----

/** Looks at a fact about requests: its steps are next. */
void look_at_requests(struct fact *fact);

// ---- places.c ----

/** Values: the status of a stop that did not come, and the byte at which nothing differs. */
enum { NO_STOP = -1, NOWHERE = -1 };

/** Prints what a field of an answer has. */
void say_seen(enum stublab_place place, uint64_t seen);

#endif
