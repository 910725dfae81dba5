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

/** What the module finds: rules below, then features and alterations (assembly/fuzz/cause.ts). */
enum { FIRST_FEATURE = 256, FIRST_ALTERATION = 512 };

/** The place of the rule that a cause is about; 0: it is a feature, or none. */
static uint32_t rule_at(uint32_t cause) {
    if (cause >= FIRST_ALTERATION)
        return alterations[cause - FIRST_ALTERATION].rule;
    return cause < FIRST_FEATURE ? cause : 0;
}

/** Of several rules the last that was used says most. */
static uint32_t main_cause(const struct comparison *it) {
    uint32_t cause = it->cause_count > 0 ? it->causes[0] : 0;
    for (uint32_t i = 0; i < it->cause_count; i++)
        if (rule_at(it->causes[i]) > 0)
            cause = it->causes[i];
    return cause;
}

const char *rule_of_cause(const struct comparison *it) {
    const uint32_t rule = rule_at(main_cause(it));
    return rule > 0 ? rule_ids[rule - 1] : 0;
}

struct comparison compare(const struct stublab_setup *setup,
                          const struct stublab_outcome *outcome) {
    struct comparison it = {.agreement = AGREES};
    const uint32_t at = module_address(outcome);
    const struct differences found = contradictions(setup, outcome);
    if (found.count > 0) {
        it.first = found.rows[0];
        it.cause_count = w2c_fuzz_findCauses(&module, module_address(setup), at, 0);
        if (it.cause_count > MOST_CAUSES)
            it.cause_count = MOST_CAUSES;
        memcpy(it.causes, module_memory(*w2c_fuzz_causes(&module)),
               it.cause_count * sizeof *it.causes);
        const uint64_t cause = main_cause(&it);
        it.kind = cause > 0 ? cause << 16 | it.first.place : kind_of(&it.first);
        it.agreement = DIFFERS + (uint32_t)(it.kind % 0xffff);
    } else if (known()->reason != 0)
        it.agreement = UNPREDICTED;
    it.signature =
        (uint64_t)w2c_fuzz_sign(&module, module_address(setup), at, (double)it.agreement);
    return it;
}

static void say_feature(const char *name) {
    const char *lack = has_feature(name) ? "" : "not ";
    say("# The outcome is as predicted %s %s, which was %sfound here: its trial may be wrong, and "
        "not the processor.\n",
        *lack == 0 ? "without" : "with", name, lack);
}

/** What explains a difference: explanations in src/labs/fuzz/tell/attribution.ts. */
void say_explanations(const struct comparison *it) {
    uint32_t rules = 0;
    if (it->cause_count == 0)
        say("# No single rule explains the difference.\n");
    while (rules < it->cause_count && it->causes[rules] < FIRST_FEATURE)
        rules++;
    for (uint32_t i = 0; i < rules; i++)
        say("%s%s",
            i == 0           ? "# The difference vanishes without "
            : i == rules - 1 ? " or "
                             : ", ",
            rule_ids[it->causes[i] - 1]);
    say(rules > 0 ? ".\n" : "");
    for (uint32_t i = rules; i < it->cause_count; i++)
        if (it->causes[i] >= FIRST_ALTERATION)
            say("# The difference vanishes without the alteration %s.\n",
                alterations[it->causes[i] - FIRST_ALTERATION].text);
        else
            say_feature(feature_names[it->causes[i] - FIRST_FEATURE]);
    const char *sentence = (const char *)&data[section_rules.at];
    const uint32_t rule = rule_at(main_cause(it));
    for (uint32_t left = rule; left > 1; sentence++)
        left -= *sentence == 0;
    if (rule > 0)
        say("# rule %s: %s\n", rule_ids[rule - 1], sentence);
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
    say_explanations(it);
}

void say_differences(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    const struct differences all = differences(setup, outcome);
    for (uint32_t i = 0; i < all.count; i++)
        say_difference(setup, &all.rows[i]);
    const struct comparison it = compare(setup, outcome);
    say_explanations(&it);
    say_rules();
}

enum verdict examine(uint32_t number, uint32_t steps) {
    const struct stublab_outcome *outcome = chunk.outcomes;
    memset(chunk.outcomes, 0, steps * sizeof *outcome);
    int64_t result = try_setups(chunk.setups, chunk.outcomes, steps);
    bool tried = false, differs = false;
    // The first step that differs decides, or that cannot be tried.
    for (uint32_t i = 0; i == 0 || (i < steps && tried && !differs); i++) {
        outcome = &chunk.outcomes[i];
        tried = result >= 0 && outcome->obstacle == STUBLAB_OBSTACLE_NONE;
        differs = tried && compare(&chunk.setups[i], outcome).agreement >= DIFFERS;
        if (differs && steps > 1)
            say("# step %u of %u:\n", i + 1, steps);
        if (differs)
            say_differences(&chunk.setups[i], outcome);
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
