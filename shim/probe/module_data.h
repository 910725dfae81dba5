// What the build writes for the fuzzer's module, and for stubs in which setups are tried:
// src/labs/fuzz/case/.
#ifndef STUBLAB_PROBE_MODULE_DATA_H
#define STUBLAB_PROBE_MODULE_DATA_H

#include "data.h"
#include "fuzz.h"

/** What the host puts into the memory of the module, from its heap on. */
extern const struct section section_memory;

/** Where areas begin in the memory of the module. */
extern const uint32_t module_areas;
extern const uint32_t chunk_cases, generator_version;
extern const uint64_t place_call, place_call32, place_handler;
/** The numbers of the calls that are harmless with any arguments; 0 ends them. */
extern const int32_t harmless_calls[];
/** The signals that targets have a handler for; 0 ends them. */
struct handled {
    uint32_t signal;
    bool restarts; /* whether interrupted calls do */
};
extern const struct handled handled[];
extern const uint64_t baseline[];

/** Names; 0 ends each list. */
extern const char *const register_names[],
    *const from_names[], *const way_names[], *const on_names[], *const frame_names[];

/** What setups of a way have, by its number: CONTENTS in src/labs/fuzz/case/ARCH/kinds.ts. */
struct content {
    bool block, frame, length;
    uint32_t pairs, words;      /* the most of them */
    const char *const *written; /* what is read back; 0: a word for each pair */
};
extern const struct content contents[];

/** The architecture of cases, and that of a document that names none. */
extern const char *const case_arch, *const usual_case_arch;

/** A piece of code that the program counter may be set to; a name of 0 ends the list. */
struct piece {
    const char *name;
    uint64_t address;
};
extern const struct piece pieces[];

/** The memory of stubs: src/labs/fuzz/case/ARCH/code.ts. */
struct memory {
    uint64_t code, hole, constants, constant, scratch, scratch_size, feature_code;
};
extern const struct memory memory;

/** Why setups are not tried, by enum stublab_obstacle. */
extern const char *const obstacle_texts[];
/** Sets what the host sets in the module. */
void configure_module(w2c_fuzz *module);
/** The global that selects a rule, by its index in `rule_ids`. */
uint32_t *rule_of(w2c_fuzz *module, int32_t rule);
/** The numbers of rules by their names, such as "W7.mask"; 0 ends them. */
extern const char *const rule_values[];
void set_value(w2c_fuzz *module, int32_t value, uint64_t word);
/** Selects the rules of a machine with a set of features: a bit each, in the order of
 * `feature_names`. */
void configure_rules(w2c_fuzz *module, uint64_t features);

#endif
