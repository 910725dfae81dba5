// What the build writes for arm64 only.
#ifndef STUBLAB_PROBE_OWN_DATA_H
#define STUBLAB_PROBE_OWN_DATA_H

#include "data.h"

/** A feature that a bit of pstate shows; a bit of 0 ends the list. */
struct pstate_bit {
    int32_t feature;
    uint64_t bit;
};
extern const struct pstate_bit pstate_bits[];

#endif
