// Rounds of the fuzzer, as one worker of src/labs/fuzz/run/ makes them: the same cases, verdicts
// and signatures.
#include "trying.h"

enum { MOST_ATTEMPTS = 5, RECENT = 4096 };
enum { KNOWN = 1 << 20, MOST_FINDINGS = 64 };

/** The signatures that are known, by their low bits; and those of a round that are new, in their
 * order. */
static uint64_t *known;
static uint32_t known_count;
static double *recent;
static struct stublab_setup *setups;
static struct stublab_outcome *outcomes;
static uint32_t *news;
static uint64_t finding_keys[MOST_FINDINGS];
static uint32_t finding_count, unconfirmed;

static uint64_t *slot_of(uint64_t signature) {
    uint64_t slot = signature % KNOWN;
    while (known[slot] != 0 && known[slot] != signature + 1)
        slot = (slot + 1) % KNOWN;
    return &known[slot];
}

static bool add_known(uint64_t signature) {
    uint64_t *slot = slot_of(signature);
    recent[signature % RECENT] = (double)signature;
    if (*slot != 0)
        return false;
    *slot = signature + 1;
    if (++known_count > KNOWN / 2)
        fail("there are too many signatures", known_count);
    return true;
}

/** Tries a case again until two attempts have the same signature. */
static bool confirm(uint32_t i, struct comparison *it) {
    uint64_t seen[MOST_ATTEMPTS] = {it->signature};
    bool fresh = it->agreement >= DIFFERS;
    for (int count = 1; count < MOST_ATTEMPTS; count++) {
        if (fresh)
            renew();
        fresh = true;
        // What could be tried once says nothing if it cannot be again.
        if (try_setups(&setups[i], &outcomes[i], 1) < 0 ||
            outcomes[i].obstacle != STUBLAB_OBSTACLE_NONE)
            break;
        *it = compare(&setups[i], &outcomes[i]);
        for (int k = 0; k < count; k++)
            if (seen[k] == it->signature) {
                unconfirmed += (uint32_t)count - 1;
                return true;
            }
        seen[count] = it->signature;
    }
    unconfirmed += MOST_ATTEMPTS;
    return false;
}

static void say_finding(uint64_t number, uint32_t i) {
    say("# finding %u: case %lu\n", finding_count, number);
    say_differences(&setups[i], &outcomes[i]);
    say("# case ");
    say_case(&setups[i]);
    say("\n");
}

/** Notes a difference, unless one like it was found. */
static void find(uint64_t number, uint32_t i, const struct comparison *it) {
    for (uint32_t k = 0; k < finding_count; k++)
        if (finding_keys[k] == it->kind)
            return;
    if (finding_count == MOST_FINDINGS)
        return;
    finding_keys[finding_count++] = it->kind;
    say_finding(number, i);
}

static void take(uint64_t number, uint32_t i) {
    struct comparison it = compare(&setups[i], &outcomes[i]);
    const bool is_known = it.agreement == AGREES ? false : *slot_of(it.signature) != 0;
    const bool confirmed = it.agreement == AGREES || is_known || confirm(i, &it);
    w2c_fuzz_count(&module, module_address(&outcomes[i]));
    if (!confirmed || !add_known(it.signature))
        return;
    if (it.agreement >= DIFFERS)
        find(number, i, &it);
}

static int64_t chunk(uint64_t from, uint32_t count) {
    w2c_fuzz_generate(&module, module_address(setups), count, (double)from);
    int64_t result = try_setups(setups, outcomes, count);
    if (result < 0)
        return result;
    uint32_t found = w2c_fuzz_assess(&module, module_address(setups), module_address(outcomes),
                                     module_address(recent), module_address(news), count);
    for (uint32_t k = 0; k < found; k++)
        take(from + news[k], news[k]);
    return 0;
}

/** The signatures of a run as one number, whatever their order: digestOf in
 * src/labs/fuzz/predict/signature.ts. */
static uint64_t digest(void) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < KNOWN; i++) {
        if (known[i] == 0)
            continue;
        uint64_t it = known[i] - 1;
        it = (it ^ it >> 33) * 0xff51afd7ed558ccdULL;
        it = (it ^ it >> 33) * 0xc4ceb9fe1a85ec53ULL;
        sum += it ^ it >> 33;
    }
    return sum;
}

/** Reports the cases that were not tried, by their reasons. Returns their number. */
static uint64_t report_untried(void) {
    const uint32_t *counts = module_memory(*w2c_fuzz_untried(&module));
    const int32_t *errors = module_memory(*w2c_fuzz_untriedErrors(&module));
    uint64_t all = 0;
    for (unsigned int i = 0; obstacle_texts[i] != 0; i++) {
        all += counts[i];
        if (counts[i] == 0)
            continue;
        say("# %u cases not tried: ", counts[i]);
        say_obstacle(i, errors[i]);
        say("\n");
    }
    return all;
}

static void report(uint64_t cases, uint64_t started) {
    struct tally {
        uint32_t cases, deaths, hangs;
    };
    const struct tally *tally = module_memory(*w2c_fuzz_tally(&module));
    const uint32_t *counts = module_memory(*w2c_fuzz_unpredicted(&module));
    uint64_t unpredicted = 0;
    for (int i = 0; i < 256; i++)
        unpredicted += counts[i];
    const uint64_t spent = milliseconds() - started;
    say("# %lu cases, %lu a second, %u signatures, digest 0x%lx, %lu not predicted, "
        "%u stubs ended, %u hung, %u not confirmed, %u findings\n",
        cases, cases * 1000 / (spent > 0 ? spent : 1), known_count, digest(), unpredicted,
        tally->deaths, tally->hangs, unconfirmed, finding_count);
}

int end_fuzz(bool untried, int64_t result, bool failed) {
    if (untried)
        say("ok 1 fuzz # SKIP no case could be tried\n");
    else if (result < 0)
        say("ok 1 fuzz # SKIP cases cannot be tried: %s\n", errno_name(result));
    else
        say("%s 1 fuzz\n", failed ? "not ok" : "ok");
    return untried || result < 0 ? 4 : failed;
}

int fuzz(const struct run *run) {
    enum { REPORT = 10000 };
    known = zero_memory(KNOWN * sizeof *known);
    recent = module_memory(reserve(RECENT * sizeof *recent));
    for (int i = 0; i < RECENT; i++)
        recent[i] = -1;
    setups = module_memory(reserve(chunk_cases * sizeof *setups));
    outcomes = module_memory(reserve(chunk_cases * sizeof *outcomes));
    news = module_memory(reserve(chunk_cases * sizeof *news));
    const uint64_t started = milliseconds();
    uint64_t reported = started;
    int64_t result = 0;
    uint64_t done = 0;
    say("KTAP version 1\n1..1\n# seed %lu\n", run->seed);
    while (result == 0 && !is_interrupted() && done < run->cases &&
           milliseconds() - started < run->seconds * 1000) {
        uint64_t size = run->cases - done < chunk_cases ? run->cases - done : chunk_cases;
        result = chunk(done, (uint32_t)size);
        done += result == 0 ? size : 0;
        if (milliseconds() - reported > REPORT) {
            report(done, started);
            reported = milliseconds();
        }
    }
    renew();
    report(done, started);
    const bool untried = report_untried() == done && done > 0;
    return end_fuzz(untried, result, finding_count > 0);
}

/** Lets the module draw the cases of a run. */
static void begin(const struct run *run) {
    w2c_fuzz_begin(&module, (uint32_t)run->seed, (uint32_t)(run->seed >> 32), run->path,
                   machine.xstate_length, machine.frame_length, machine.xcr0, has_feature("ia32"));
}

int start_run(const struct run *asked, bool outcomes) {
    struct run run = *asked;
    if (run.cases == ~0ULL && run.seconds == FOREVER)
        run.cases = 1000000;
    begin(&run);
    // On another machine other rules hold, and the cases of both are to be the same.
    if (!outcomes)
        w2c_fuzz_survey(&module, 0);
    if (run.plant != 0)
        *rule_of(&module, index_of(run.plant, rule_ids)) = 0;
    return outcomes ? record_outcomes(&run) : fuzz(&run);
}
