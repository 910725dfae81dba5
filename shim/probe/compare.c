// Compares an outcome with what the module predicts.
#include "check.h"
#include "trying.h"

/** What is known of a prediction: Known in assembly/model/prediction.ts. */
struct known {
    uint32_t fields, written, stopped, frame;
    uint32_t reason; /* the rule because of which the stop is not predicted; 0 if it is */
};

static const struct known *known(void) {
    return module_memory(*w2c_fuzz_prediction(&module));
}

static const struct stublab_outcome *predicted(void) {
    return module_memory(*w2c_fuzz_predictedOutcome(&module));
}

struct differences differences(const struct stublab_setup *setup,
                               const struct stublab_outcome *outcome) {
    struct differences all = {
        w2c_fuzz_differences(&module, module_address(setup), module_address(outcome)), {{0}}};
    const uint32_t *places = module_memory(*w2c_fuzz_differencePlaces(&module));
    for (uint32_t i = 0; i < all.count; i++)
        all.rows[i] = (struct difference){places[i], field(predicted(), places[i]),
                                          field(outcome, places[i])};
    return all;
}

uint64_t kind_of(const struct difference *it) {
    const uint64_t kind = it->place + 1;
    if ((it->place & HALF) == 0)
        return kind;
    return kind ^ (it->predicted * 0x9e3779b97f4a7c15ULL) ^ (it->seen * 0xc2b2ae3d27d4eb4fULL);
}

struct comparison compare(const struct stublab_setup *setup,
                          const struct stublab_outcome *outcome) {
    struct comparison it = {AGREES, 0, 0};
    const uint32_t at = module_address(outcome);
    w2c_fuzz_predictOne(&module, module_address(setup));
    struct differences found = {0};
    if (w2c_fuzz_differsFrom(&module, at) != 0)
        found = differences(setup, outcome);
    if (found.count > 0) {
        it.kind = kind_of(found.rows);
        it.agreement = DIFFERS + (uint32_t)(it.kind % 0xffff);
    } else if (known()->reason != 0)
        it.agreement = UNPREDICTED;
    it.signature = (uint64_t)w2c_fuzz_sign(&module, module_address(setup), at, (double)it.agreement,
                                           known()->stopped);
    return it;
}

static void say_rules(void) {
    const uint32_t count = w2c_fuzz_usedRules(&module);
    say("# rules");
    for (uint32_t k = 0; k < count; k++)
        say(" %s", rule_ids[w2c_fuzz_usedRule(&module, k) - 1]);
    say("\n");
}

void say_differences(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    const struct differences all = differences(setup, outcome);
    for (uint32_t i = 0; i < all.count; i++) {
        const struct difference *it = &all.rows[i];
        say("# ");
        say_field(setup->way, it->place);
        say(": predicted ");
        say_value(it->place, it->predicted);
        say(", got ");
        say_value(it->place, it->seen);
        say("\n");
    }
    say_rules();
}

enum verdict examine(uint32_t number, const struct stublab_setup *setup,
                     struct stublab_outcome *outcome) {
    memset(outcome, 0, sizeof *outcome);
    int64_t result = try_setups(setup, outcome, 1);
    const bool tried = result >= 0 && outcome->obstacle == STUBLAB_OBSTACLE_NONE;
    const bool differs = tried && compare(setup, outcome).agreement >= DIFFERS;
    if (differs)
        say_differences(setup, outcome);
    say_result(differs, number, "case");
    if (!tried) {
        say(" # SKIP it cannot be tried: ");
        if (result < 0)
            say("%s", errno_name(result));
        else
            say_obstacle(outcome->obstacle, outcome->obstacle_error);
    } else if (!differs && known()->reason != 0)
        say(", not predicted because of %s", rule_ids[known()->reason - 1]);
    say("\n");
    return differs ? DIFFERENT : tried ? HELD : SKIPPED;
}
