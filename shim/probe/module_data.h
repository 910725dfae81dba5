// What the build writes for the fuzzer's module, and for setups: src/labs/fuzz/case/.
#ifndef STUBLAB_PROBE_MODULE_DATA_H
#define STUBLAB_PROBE_MODULE_DATA_H

#include "data.h"
#include "fuzz.h"

/** What the host puts into the memory of the module, from its heap on. */
extern const struct section section_memory;

/** Where areas begin in the memory of the module. */
extern const uint32_t module_areas;
extern const uint32_t chunk_cases, generator_version;
extern const uint64_t place_call, place_call32;

/** Names; 0 ends each list. */
extern const char *const way_names[], *const frame_names[];

/** What setups of a way have, by its number: CONTENTS in src/labs/fuzz/case/ARCH/kinds.ts. */
struct content {
    bool block, frame;
    uint32_t words;
    const char *const *written; /* what is read back; 0: a word for each pair */
};
extern const struct content contents[];

/** The architecture of cases, and that of a document that names none. */
extern const char *const case_arch, *const usual_case_arch;

/** Why setups are not tried, by enum stublab_obstacle. */
extern const char *const obstacle_texts[];
/** Sets what the host sets in the module. */
void configure_module(w2c_fuzz *module);
/** The numbers of rules by their names, such as "W7.mask", in the order of their places; 0 ends
 * them. */
extern const char *const rule_values[];

#endif
