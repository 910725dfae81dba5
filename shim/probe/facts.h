// Facts about ptrace, each a sentence with checks: docs/conformance.md.
#ifndef STUBLAB_PROBE_FACTS_H
#define STUBLAB_PROBE_FACTS_H

#include "check.h"

struct fact {
    const char *name, *group;
    const char *source; /* the kernel's function and its file */
    /** What its checks are: cases (src/labs/fuzz/probe/facts.ts), requests or scenes. */
    const uint8_t *cases;
    const char *requests;
    const struct permission *scenes;
};

/**
 * A check of a fact: its name, which is empty if there is no other, and then what is done and
 * expected. Stubs that it creates are its own.
 */
#define CHECK(name) for (bool made = begin_check(name); made; made = end_check())
/** The name of a check that has values, as printf has it, until the next one. */
__attribute__((format(printf, 1, 2))) const char *named(const char *format, ...);
// ---- facts.c ----

bool begin_check(const char *name);
/** Returns false. */
bool end_check(void);
/** Whether what follows is done: neither the check nor the rest of the fact is skipped. */
bool goes_on(void);
/** Skips what is left of the check, or of the fact outside of one: see struct reason. */
void skip(const char *need, const char *text, int64_t error);
/** The same, and the rest of the fact unless the check has a stub of its own: it would begin
 * elsewhere. */
void skip_lack(const char *text, int64_t error);
/** Skips the same unless the machine has something: a name of `needs`. */
void require(const char *need);
/** Whether the fact is asked for by its name, not by that of its group. */
bool is_named(void);
/** Ends the fact: a stub is not where it should be, for a reason. */
void lose(const char *reason);

/** A field that is not as the check expects, as text. */
struct unmet {
    char field[48], expected[64], seen[160];
    bool is_seen; /* else the check did not get there */
};
/** One more such field of the check, whose texts the caller writes. */
struct unmet *add_unmet(void);

// ---- profile.c ----

/** Whether there is a tool of this name that relies on a fact; 0: on anything. */
bool relies_on(const char *tool, const char *fact);
/** What is known of a facility, or whether a fact holds. */
enum known { PRESENT = 0, LACKING = 1, UNTRIED = 2 };
/** Says whether the kernel is enough for a tool, or what is missing. Returns the exit status. */
int say_verdict(const char *tool, enum known (*known)(const char *fact));

// ---- cases.c ----

/** Adds the facts about setups to a list. Returns how many there are. */
uint32_t load_setup_facts(struct fact *facts, uint32_t most);
/** Makes checks that are cases. */
void look_at_cases(const uint8_t *checks);

// ---- facts/permission.c ----

/** Makes checks that are scenes. */
void look_at_scenes(const struct permission *it);

// ---- facts/requests.c ----

/** Makes checks that are requests. */
void look_at_requests(const char *rows);

// ---- facts/stubs.c ----

/** Creates the first stub of a fact about requests. */
void begin_requests(void);
/** How many stubs there are; kills those that were created after the first ones. */
uint32_t stub_count(void);
void close_stubs_after(uint32_t count);

#endif
