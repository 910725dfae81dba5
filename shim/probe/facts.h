// Facts about ptrace, each a sentence with checks: docs/conformance.md.
#ifndef STUBLAB_PROBE_FACTS_H
#define STUBLAB_PROBE_FACTS_H

#include "check.h"

struct fact {
    const char *name, *group;
    const char *source;    /* the kernel's function and its file */
    void (*look)(void);    /* makes the checks; 0: they are cases */
    const uint8_t *checks; /* the cases: src/labs/fuzz/probe/facts.ts */
};

/**
 * Defines a fact about requests, and registers it: a function that makes its checks, with a new
 * stub. `group` is a variable of the file.
 */
#define FACT(id, sentence, place)                                                                  \
    static void id(void);                                                                          \
    static const struct fact fact_##id = {sentence, group, place, id, 0};                          \
    __attribute__((used, retain, section("facts"))) static const struct fact *const its_##id =     \
        &fact_##id;                                                                                \
    static void id(void)

/**
 * A check of a fact: its name, as printf has it, and then what is done and expected. Stubs that it
 * creates are its own.
 */
#define CHECK(...) for (bool made = begin_check(__VA_ARGS__); made; made = end_check())
/** The only check of a fact. */
#define ONE_CHECK CHECK("%s", "")

// ---- facts.c ----

__attribute__((format(printf, 1, 2))) bool begin_check(const char *format, ...);
/** Returns false. */
bool end_check(void);
/** Whether what follows is done: neither the check nor the rest of the fact is skipped. */
bool goes_on(void);
/** Skips what is left of the check, or of the fact outside of one: see struct reason. */
void skip(const char *need, const char *text, int64_t error);
/** Skips the same unless the machine has something: a name of `needs`. */
void require(const char *need);
/** Ends the fact: a stub is not where it should be. */
void lose(void);

/** A field that is not as the check expects, as text. */
struct unmet {
    char field[48], expected[64], seen[160];
    bool is_seen; /* else the check did not get there */
};
/** One more such field of the check, whose texts the caller writes. */
struct unmet *add_unmet(void);

// ---- cases.c ----

/** Adds the facts about setups to a list. Returns how many there are. */
uint32_t load_setup_facts(struct fact *facts, uint32_t most);
/** Makes checks that are cases. */
void look_at_cases(const uint8_t *checks);

// ---- facts/request.c ----

/** Creates the first stub of a fact about requests. */
void begin_requests(void);
/** How many stubs there are; kills those that were created after the first ones. */
uint32_t stub_count(void);
void close_stubs_after(uint32_t count);
/** Why the fact is lost. */
void say_lost(void);

#endif
