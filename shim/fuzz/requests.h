// The contract of shim/fuzz/requests.c with src/labs/fuzz/facts/read/look.ts and with the probe:
// facts about requests are lists of verbs, which every host has carried out here. The build writes
// the records and enums from src/labs/fuzz/case/requests.ts, which has the meanings.
#ifndef STUBLAB_REQUESTS_H
#define STUBLAB_REQUESTS_H

#include "records.h"
#include "shim.h"

/**
 * Carries out a verb (enum stublab_verb) with at most STUBLAB_MOST_WORDS words. The caller has set
 * `pid` and `xstate_length`, and zeroed everything before the first verb. Returns an enum
 * stublab_followed.
 */
STUBLAB_EXPORT uint32_t stublab_follow(struct stublab_look *look, uint32_t verb,
                                       const uint64_t *words, uint32_t number);

/** Resumes a task, and again at each stop, until it ends or turns out not to be traced. */
STUBLAB_EXPORT int64_t stublab_drain(int32_t tid);

/**
 * Compares what was seen at a place (enum stublab_place) with a word that is expected, and stores
 * both in `words`. Returns 0 if they are the same, 1 if they differ, and 2 if nothing was written
 * there.
 */
STUBLAB_EXPORT uint32_t stublab_see(const struct stublab_look *look, uint32_t place,
                                    uint32_t offset, uint64_t expected, uint64_t *words);

#endif
