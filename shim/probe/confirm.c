// A case that another process may have disturbed is tried again: confirm().
#include "check.h"
#include "trying.h"

/** A case that is tried again. */
struct retrial {
    const struct stublab_setup *setup;
    struct stublab_outcome *outcome;
    key_of_outcome *key_of;
    bool fresh;
    bool untried; /* whether the last attempt could not be made */
};

static uint64_t try_again(void *with) {
    struct retrial *it = with;
    if (it->fresh)
        renew();
    it->fresh = true;
    const struct stublab_setup *first = first_step(it->setup);
    const uint32_t before = (uint32_t)(it->setup - first);
    const int64_t result = try_setups(first, it->outcome - before, before + 1);
    it->untried = result < 0 || it->outcome->obstacle != STUBLAB_OBSTACLE_NONE;
    return it->untried ? UNTRIED : it->key_of(it->setup, it->outcome);
}

int32_t confirm_case(const struct stublab_setup *setup, struct stublab_outcome *outcome, bool fresh,
                     uint64_t first, key_of_outcome *key_of) {
    struct retrial it = {setup, outcome, key_of, fresh, false};
    const int32_t others = confirm(first, try_again, &it);
    // What could be tried once says nothing if it cannot be again.
    return it.untried ? -1 : others;
}
