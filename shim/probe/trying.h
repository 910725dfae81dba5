// How setups of registers are tried, compared and told. The build writes the records from
// src/labs/fuzz/case/records.ts.
#ifndef STUBLAB_PROBE_TRYING_H
#define STUBLAB_PROBE_TRYING_H

#include "module_data.h"
#include "probe.h"
#include "setups.h"

/** The fuzzer's module. */
extern w2c_fuzz module;

// ---- trier.c, ARCH/returner.c ----

/** Tries setups, each as its way says, of whole cases. Returns 0, or why they cannot be tried. */
int64_t try_setups(const struct stublab_setup *setups, struct stublab_outcome *outcomes,
                   uint32_t count);
/** The same for setups that stubs take from frames by themselves. */
int64_t try_returns(const struct stublab_setup *setups, struct stublab_outcome *outcomes,
                    uint32_t count);
/** Makes a setup one of those, if there is one with the same outcome; returns whether there is. */
bool make_return(struct stublab_setup *setup);
/** Notes that a setup was not tried, and -errno. */
void hinder(struct stublab_outcome *outcome, unsigned int obstacle, int64_t result);
/** The first step of the case that a setup is of, which lies side by side with the others. */
const struct stublab_setup *first_step(const struct stublab_setup *setup);
void renew_returner(void);
/** Gives the module its memory and settings, if it does not have them. */
void start_module(void);
/** Moves the module's memory, whose areas are empty, to where stubs have it, too. */
void share_memory(void);
/** Areas of the module's memory. */
uint32_t reserve(uint32_t size);
void *module_memory(uint32_t address);
uint32_t module_address(const void *at);
extern struct stublab_canary canary;
/** The parameters of stubs that are traced; the timeout of all. */
extern struct stublab_trial trial;
/** Room for chunk_cases setups and their outcomes, in the module's memory. */
extern struct chunk {
    struct stublab_setup *setups;
    struct stublab_outcome *outcomes;
} chunk;

// ---- corruption.c ----

/** A result, as those of an injection: floating point has changed that a case must not change. */
enum { CORRUPTED = -10003 };
extern bool is_corrupted;
/** Lets the stub run that tries nothing, and compares its floating point. Returns 0, CORRUPTED, or
 * what losing a stub results in. */
int64_t look_at_idle(void);
void end_idle(void);
/** What has changed. */
const char *describe_corruption(void);

// ---- plant.c ----

enum { MOST_ALTERATIONS = 64 };
/** The bugs that are planted in the model. */
extern struct plant alterations[MOST_ALTERATIONS];
/** Lets the model be that of the machine. */
void forget_plants(void);

// ---- compare.c ----

/** How an outcome compares with its prediction. */
enum { AGREES = 0, UNPREDICTED = 1, DIFFERS = 2 };
/** A field that differs from its prediction. */
struct difference {
    uint32_t place;
    uint64_t predicted, seen;
};
enum { MOST_CAUSES = 8 };
struct comparison {
    uint32_t agreement; /* from DIFFERS on: the same for outcomes that differ in the same way */
    uint64_t kind;      /* the same for those whose first difference has one cause */
    uint64_t signature;
    /** If it differs: where first, and what explains it, as assembly/fuzz/cause.ts has it. */
    struct difference first;
    uint32_t cause_count;
    uint16_t causes[MOST_CAUSES];
};
/** The rule that explains a difference best; 0: none does. */
const char *rule_of_cause(const struct comparison *it);
struct comparison compare(const struct stublab_setup *setup, const struct stublab_outcome *outcome);
/** The first of them, in the order of events, up to where the case goes another way. */
struct differences {
    uint32_t count;
    struct difference rows[16]; /* MOST_PLACES in assembly/fuzz/difference.ts */
};
/** Predicts a setup, and returns how its outcome differs. */
struct differences contradictions(const struct stublab_setup *setup,
                                  const struct stublab_outcome *outcome);
/** The same for differences of one bug: kindOf in src/labs/fuzz/predict/differences.ts. */
uint64_t kind_of(const struct difference *it);
/** Whether no other was of this kind. After the first 1,024 kinds none is new. */
bool is_new_kind(uint64_t kind);
/** What explains a difference. */
void say_explanations(const struct comparison *it);
/** The first field that differs, and what explains it. */
void say_cause(const struct stublab_setup *setup, const struct comparison *it);
/** The fields in which the outcome of the case that was compared last differs, what explains it,
 * and the rules that were used. */
void say_differences(const struct stublab_setup *setup, const struct stublab_outcome *outcome);
enum verdict { HELD, DIFFERENT, SKIPPED };
/** Tries the case with which the chunk begins, and reports it as a test. */
enum verdict examine(uint32_t number, uint32_t steps);

// ---- clusters.c ----

/** Whether the cause of an earlier finding explains a case that differs. If not, it is a finding.
 */
bool is_explained(const struct stublab_setup *setup, const struct stublab_outcome *outcome,
                  const struct comparison *compared);
/** Says how many cases each finding has, and what explains them. */
void say_clusters(void);

// ---- rounds.c ----

/** Lets the module draw the cases of a run. */
void draw_cases(const struct run *run);
/** The same, with cases near rules; and prepares for what is new in them. */
void begin_run(const struct run *run);
/** Tries cases of the run, and keeps what is new in them. Returns 0, or why they cannot be tried.
 */
int64_t try_cases(uint64_t from, uint32_t count);
/** What the cases of a run came to so far; the first three as in assembly/fuzz/assess.ts. */
struct totals {
    uint32_t cases, deaths, hangs, unpredicted, signatures, findings, unconfirmed;
    uint64_t digest; /* of the signatures, whatever their order */
};
struct totals totals(void);

// ---- fuzz.c, outcomes.c ----

/** How many cases of a run come next, after so many; 0: it is over. */
uint32_t next_chunk(const struct run *run, uint64_t started, uint64_t done);
/** Says how a run ended: `untried`, no case could be tried; `result`, why it could not go on.
 * Returns the exit status. */
int end_fuzz(bool untried, int64_t result, bool failed);
/** Tries cases that depend on the seed and the machine only, and logs which contradict their
 * predictions. */
int record_outcomes(const struct run *run);

// ---- confirm.c ----

/** The same for outcomes of a setup that are the same. */
typedef uint64_t key_of_outcome(const struct stublab_setup *setup,
                                const struct stublab_outcome *outcome);
/** Instead of a key: the setup could not be tried. */
#define UNTRIED (~0ULL)
/**
 * Tries a setup again, with the steps before it, in new stubs, until two attempts have the same
 * key; the first one only if it is to be `fresh`. Returns how many others there were; -1: no two
 * outcomes have the same.
 */
int32_t confirm_case(const struct stublab_setup *setup, struct stublab_outcome *outcome, bool fresh,
                     uint64_t first, key_of_outcome *key_of);

// ---- fields.c ----

/** Marks the place of a field of 32 bits; that of another one is its offset. */
enum { HALF = 0x8000 };
/** The name of a field of an outcome. */
void say_field(unsigned int way, uint32_t place);
void say_value(uint32_t place, uint64_t word);
uint64_t field(const struct stublab_outcome *outcome, uint32_t place);

// ---- case.c ----

/** Why a setup was not tried, as text: of an enum stublab_obstacle and an errno. */
void say_obstacle(unsigned int obstacle, int32_t error);
/** A setup, and the steps before it, as a document "stublab.case/1" in one line. */
void say_case(const struct stublab_setup *setup);

#endif
