// What the build writes for the fuzzer's module, and for stubs in which setups are tried.
#ifndef STUBLAB_PROBE_MODULE_DATA_H
#define STUBLAB_PROBE_MODULE_DATA_H

#include "data.h"
#include "fuzz.h"

/** What the host puts into the memory of the module, from its heap on. */
extern const struct section section_memory;
/** The set-up of a target, and of a stub that tries setups by itself. */
extern const struct section section_target, section_loop;

/** Where areas begin in the memory of the module, and where stubs have the same memory. */
extern const uint32_t module_areas;
extern const uint64_t records_address, scratch_address, scratch_size;
extern const uint64_t loop_address, kept_fs_base, kept_gs_base;
extern const uint32_t kept_ds, kept_es;
extern const uint32_t round_cases, chunk_cases, generator_version;
extern const uint64_t place_syscall, place_int80;
extern const uint64_t baseline[];

/** Names; 0 ends each list. */
extern const char *const dispatch_names[],
    *const register_names[], *const from_names[], *const way_names[], *const on_names[],
                                                                          *const processor_flags[],
                                                                              *const frame_names[];

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

/** What a word of the frame is added to. */
enum frame_base { AS_IT_IS, TO_FRAME, TO_SYSCALL };
/** FRAME_WORDS in src/fuzz/try/machine.ts; the list ends with a word and offset of 0. */
struct frame_word {
    uint32_t offset;
    enum frame_base base;
    uint64_t word;
};
extern const struct frame_word frame_words_of_trial[];
extern const uint32_t frame_fpstate, frame_magic2;

/** Why setups are not tried, by enum stublab_obstacle. */
extern const char *const obstacle_texts[];
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
