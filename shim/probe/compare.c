// Compares an outcome with what the module predicts.
#include "check.h"
#include "trying.h"

/** Bits of the fields of a prediction: KNOWS in src/fuzz/case/fields.ts. */
enum { KNOWS_ERROR = 1, KNOWS_STATUS = 2, KNOWS_INFO = 4, KNOWS_ADDRESS = 8 };
enum { HALF = 0x8000 };

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

/** Calls `tell` with each field that differs, until it returns false. */
static void each_difference(const struct stublab_outcome *seen,
                            bool (*tell)(uint32_t place, uint64_t predicted, uint64_t seen)) {
    static const uint32_t fields[][2] = {
        {OUTCOME_ERROR | HALF, KNOWS_ERROR},    {OUTCOME_REFUSED_AT | HALF, KNOWS_ERROR},
        {OUTCOME_RESUMED | HALF, KNOWS_STATUS}, {OUTCOME_STATUS | HALF, KNOWS_STATUS},
        {OUTCOME_SIGNAL | HALF, KNOWS_INFO},    {OUTCOME_CODE | HALF, KNOWS_INFO},
        {OUTCOME_ADDRESS, KNOWS_ADDRESS},
    };
    const uint32_t words[][2] = {{OUTCOME_WRITTEN, known()->written},
                                 {OUTCOME_STOPPED, known()->stopped},
                                 {OUTCOME_FRAME, known()->frame}};
    const bool stops_by_signal = field(predicted(), OUTCOME_SIGNAL | HALF) != 0;
    for (uint32_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        /* Without siginfo the code of an outcome is that of an earlier case. */
        if (fields[i][0] == (OUTCOME_CODE | HALF) && !stops_by_signal)
            continue;
        const uint64_t is = field(seen, fields[i][0]), was = field(predicted(), fields[i][0]);
        if ((known()->fields & fields[i][1]) != 0 && is != was && !tell(fields[i][0], was, is))
            return;
    }
    for (uint32_t i = 0; i < sizeof words / sizeof *words; i++)
        for (uint32_t k = 0; k < 32; k++) {
            const uint32_t place = words[i][0] + 8 * k;
            const uint64_t is = field(seen, place), was = field(predicted(), place);
            if ((words[i][1] >> k & 1) != 0 && is != was && !tell(place, was, is))
                return;
        }
}

static uint64_t kind;

/** The first difference counts: its field and both values. */
static bool take_kind(uint32_t place, uint64_t was, uint64_t is) {
    kind = place ^ (was * 0x9e3779b97f4a7c15ULL) ^ (is * 0xc2b2ae3d27d4eb4fULL);
    return false;
}

struct comparison compare(const struct stublab_setup *setup,
                          const struct stublab_outcome *outcome) {
    struct comparison it = {AGREES, 0, 0};
    const uint32_t at = module_address(outcome);
    w2c_fuzz_predictOne(&module, module_address(setup));
    if (w2c_fuzz_differsFrom(&module, at) != 0) {
        each_difference(outcome, take_kind);
        it.kind = kind;
        it.agreement = DIFFERS + (uint32_t)(kind % 0xffff);
    } else if (known()->reason != 0)
        it.agreement = UNPREDICTED;
    it.signature = (uint64_t)w2c_fuzz_sign(&module, module_address(setup), at, (double)it.agreement,
                                           known()->stopped);
    return it;
}

static unsigned int way;

static bool say_difference(uint32_t place, uint64_t was, uint64_t is) {
    say("# ");
    say_field(way, place);
    say(": predicted ");
    say_value(place, was);
    say(", got ");
    say_value(place, is);
    say("\n");
    return true;
}

static void say_rules(void) {
    const uint32_t count = w2c_fuzz_usedRules(&module);
    say("# rules");
    for (uint32_t k = 0; k < count; k++) {
        say(" ");
        say(rule_ids[w2c_fuzz_usedRule(&module, k) - 1]);
    }
    say("\n");
}

void say_differences(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    way = setup->way;
    each_difference(outcome, say_difference);
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
            say_errno(result);
        else
            say_obstacle(outcome->obstacle, outcome->obstacle_error);
    } else if (!differs && known()->reason != 0) {
        say(", not predicted because of ");
        say(rule_ids[known()->reason - 1]);
    }
    say("\n");
    return differs ? DIFFERENT : tried ? HELD : SKIPPED;
}
