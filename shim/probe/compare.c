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

/** How an outcome differs from the last prediction. */
static struct differences differences(const struct stublab_setup *setup,
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

bool is_new_kind(uint64_t kind) {
    enum { MOST_KINDS = 1024 };
    static uint64_t kinds[MOST_KINDS];
    static uint32_t count;
    for (uint32_t i = 0; i < count; i++)
        if (kinds[i] == kind)
            return false;
    if (count == MOST_KINDS)
        return false;
    kinds[count++] = kind;
    return true;
}

struct differences contradictions(const struct stublab_setup *setup,
                                  const struct stublab_outcome *outcome) {
    w2c_fuzz_predictOne(&module, module_address(setup));
    if (w2c_fuzz_differsFrom(&module, module_address(outcome)) == 0)
        return (struct differences){0};
    return differences(setup, outcome);
}

/** The place of a field in the order of events: what is written is read back before the resume. */
static uint32_t order_of(uint32_t place) {
    const uint32_t offset = place & ~(uint32_t)HALF;
    const bool is_early =
        offset < OUTCOME_RESUMED || (offset >= OUTCOME_WRITTEN && offset < OUTCOME_STOPPED);
    return is_early ? offset : offset + OUTCOME_SIZE;
}

/** Whether the prediction without a rule has the first difference otherwise, and no earlier one. */
static bool decides(const struct difference *first, const struct differences *without) {
    if (known()->reason != 0 || field(predicted(), first->place) == first->predicted)
        return false;
    return without->count == 0 || order_of(without->rows[0].place) >= order_of(first->place);
}

/** Whether the steps before a setup are predicted as they were seen. */
static bool agrees_before(const struct stublab_setup *setup,
                          const struct stublab_outcome *outcome) {
    for (; is_further_step(setup); setup--, outcome--) {
        w2c_fuzz_predictOne(&module, module_address(setup - 1));
        if (w2c_fuzz_differsFrom(&module, module_address(outcome - 1)) != 0)
            return false;
    }
    return true;
}

/** The index of the rule that decides the first difference. Of several it is one without which
 * nothing differs, and the last that was used; -1 if no rule decides it. The case that was
 * predicted last is predicted again. */
static int32_t deciding_rule(const struct stublab_setup *setup,
                             const struct stublab_outcome *outcome,
                             const struct difference *first) {
    int32_t last = -1, sole = -1;
    for (uint32_t k = 0; k < w2c_fuzz_usedRules(&module); k++) {
        const int32_t used = (int32_t)w2c_fuzz_usedRule(&module, k) - 1;
        // A rule about what is not predicted contradicts nothing.
        if (rule_ids[used][0] == 'U')
            continue;
        uint32_t *const rule = rule_of(&module, used), number = *rule;
        *rule = 0;
        const struct differences without = contradictions(setup, outcome);
        const bool decided = decides(first, &without) && agrees_before(setup, outcome);
        *rule = number;
        contradictions(setup, outcome);
        if (!decided)
            continue;
        last = used;
        if (without.count == 0)
            sole = last;
    }
    return sole >= 0 ? sole : last;
}

struct comparison compare(const struct stublab_setup *setup,
                          const struct stublab_outcome *outcome) {
    struct comparison it = {.agreement = AGREES, .rule = -1};
    const uint32_t at = module_address(outcome);
    const struct differences found = contradictions(setup, outcome);
    if (found.count > 0) {
        it.first = found.rows[0];
        it.rule = deciding_rule(setup, outcome, &it.first);
        it.kind =
            it.rule >= 0 ? (uint64_t)(it.rule + 1) << 16 | it.first.place : kind_of(&it.first);
        it.agreement = DIFFERS + (uint32_t)(it.kind % 0xffff);
    } else if (known()->reason != 0)
        it.agreement = UNPREDICTED;
    it.signature =
        (uint64_t)w2c_fuzz_sign(&module, module_address(setup), at, (double)it.agreement);
    return it;
}

/** The sentence of a rule, and its source. */
static void say_rule(int32_t rule) {
    const char *sentence = (const char *)&data[section_rules.at];
    if (rule < 0) {
        say("# rule: no single rule decides it\n");
        return;
    }
    for (int32_t left = rule; left > 0; sentence++)
        left -= *sentence == 0;
    say("# rule %s: %s\n", rule_ids[rule], sentence);
}

static void say_rules(void) {
    const uint32_t count = w2c_fuzz_usedRules(&module);
    say("# rules");
    for (uint32_t k = 0; k < count; k++)
        say(" %s", rule_ids[w2c_fuzz_usedRule(&module, k) - 1]);
    say("\n");
}

static void say_difference(const struct stublab_setup *setup, const struct difference *it) {
    say("# ");
    say_field(setup->way, it->place);
    say(": predicted ");
    say_value(it->place, it->predicted);
    say(", got ");
    say_value(it->place, it->seen);
    say("\n");
}

void say_cause(const struct stublab_setup *setup, const struct comparison *it) {
    say_difference(setup, &it->first);
    say_rule(it->rule);
}

void say_differences(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    const struct differences all = differences(setup, outcome);
    for (uint32_t i = 0; i < all.count; i++)
        say_difference(setup, &all.rows[i]);
    say_rule(all.count > 0 ? deciding_rule(setup, outcome, all.rows) : -1);
    say_rules();
}

enum verdict examine(uint32_t number, const struct stublab_setup *setups,
                     struct stublab_outcome *outcomes, uint32_t steps) {
    memset(outcomes, 0, steps * sizeof *outcomes);
    int64_t result = try_setups(setups, outcomes, steps);
    const struct stublab_outcome *outcome = outcomes;
    bool tried = false, differs = false;
    // The first step that differs decides, or that cannot be tried.
    for (uint32_t i = 0; i == 0 || (i < steps && tried && !differs); i++) {
        outcome = &outcomes[i];
        tried = result >= 0 && outcome->obstacle == STUBLAB_OBSTACLE_NONE;
        differs = tried && compare(&setups[i], outcome).agreement >= DIFFERS;
        if (differs && steps > 1)
            say("# step %u of %u:\n", i + 1, steps);
        if (differs)
            say_differences(&setups[i], outcome);
    }
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
