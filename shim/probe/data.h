// What the build writes from the tables of src/ (src/fuzz/probe/source.ts): tables in C, and data
// that is compressed.
#ifndef STUBLAB_PROBE_DATA_H
#define STUBLAB_PROBE_DATA_H

#include "enums.h"
#include "fuzz.h"
#include <stdbool.h>
#include <stdint.h>

/** A part of the data. */
struct section {
    uint32_t at, length;
};
/** What the host puts into the memory of the module, from its heap on. */
extern const struct section section_memory;
/** The set-up of a target, and of a stub that tries setups by itself: enum operation. */
extern const struct section section_target, section_loop;
/** The same of a stub to which requests are made. */
extern const struct section section_pages;
/** The facts, group by group: src/fuzz/probe/facts.ts. */
extern const struct section section_facts;
/** A group, and how many facts it has; a name of 0 ends the list. */
struct group {
    const char *name;
    uint32_t facts;
};
extern const struct group groups[];
extern const uint32_t data_size;

/** Stands for the file that is shared with stubs. */
extern const uint64_t shared_file;

/** Where areas begin in the memory of the module, and where stubs have the same memory. */
extern const uint32_t module_areas;
extern const uint64_t records_address, scratch_address, scratch_size;
extern const uint64_t loop_address, kept_fs_base, kept_gs_base;
extern const uint32_t kept_ds, kept_es;
extern const uint32_t round_cases, chunk_cases, generator_version;
extern const uint64_t place_syscall, place_int80;
extern const uint64_t baseline[];

/** Names; 0 ends each list. */
extern const char *const path_names[], *const dispatch_names[];
extern const char *const register_names[],
    *const from_names[],
        *const way_names[], *const on_names[], *const feature_names[],
                                                   *const processor_flags[],
                                                       *const frame_names[],
                                                           *const rule_ids[], *const signal_names[];

/** What a case has beside its kinds, by its way: CONTENTS in src/fuzz/case/case_members.ts. */
struct content {
    bool block, frame, length;
    uint32_t pairs, words; /* the most of them */
};
extern const struct content contents[];

/** What a check needs: a feature, the lack of a feature, or components of the XSAVE area. A name of
 * 0 ends the list. */
struct need {
    const char *name, *reason;
    int32_t feature; /* -1: none */
    bool lacks;
    uint32_t components;
};
extern const struct need needs[];

/** A field of checks of requests, and where it is found: PLACES of src/fuzz/facts/read/places.ts.
 */
struct request_field {
    const char *name;
    uint32_t place, offset;
};
extern const struct request_field request_fields[];
/** An event of ptrace; a name of 0 ends the list. */
struct event {
    int32_t number;
    const char *name;
};
extern const struct event events[];

/** A piece of code that RIP may be set to; a name of 0 ends the list. */
struct piece {
    const char *name;
    uint64_t address;
};
extern const struct piece pieces[];

enum trial_kind { BY_CALL, BY_REQUEST, BY_CODE, BY_EXIT, BY_FPREGS };
/** The call does not get to its breakpoint. */
enum { RESULT_STOPS = 1 };
/** What shows that a kernel has a feature (OF_KERNEL in src/fuzz/try/machine.ts); a feature of -1
 * ends the list. */
struct trial {
    int32_t feature;
    enum trial_kind kind;
    int64_t number;
    int64_t result;
    uint32_t count;
    uint64_t words[11];
};
extern const struct trial trials[];

/** FRAME_WORDS in src/fuzz/try/machine.ts; the list ends with a word and offset of 0. */
struct frame_word {
    uint32_t offset;
    enum frame_base base; /* what the word is added to */
    uint64_t word;
};
extern const struct frame_word frame_words_of_trial[];
extern const uint32_t frame_fpstate, frame_magic2;

/** Why setups are not tried, by enum stublab_obstacle. */
extern const char *const obstacle_texts[];
/** Known deviations: facts, one a line, and what the model predicts then. A name of 0 ends the
 * list. */
struct known_list {
    const char *name, *facts;
    void (*apply)(w2c_fuzz *module);
};
extern const struct known_list known_lists[];

/** Whether targets have a handler for a signal. */
bool is_handled(uint32_t signal);
/** Sets what the host sets in the module. */
void configure_module(w2c_fuzz *module);
/** The global that selects a rule, by its index in `rule_ids`. */
uint32_t *rule_of(w2c_fuzz *module, int32_t rule);
/** Selects the rules of a machine with a set of features: a bit each, in the order of
 * `feature_names`. */
void configure_rules(w2c_fuzz *module, uint64_t features);

#endif
