// A run of the fuzzer on a console, as KTAP.
#include "facts.h"
#include "trying.h"

static void tell_case(uint64_t number, const struct stublab_setup *setup,
                      const struct stublab_outcome *outcome, const struct comparison *once) {
    if (once != 0) {
        say("# not confirmed %u: case %lu\n", totals().unconfirmed, number);
        say_cause(setup, once);
    } else {
        say("# finding %u: case %lu\n", totals().findings, number);
        say_differences(setup, outcome);
    }
    say("# case ");
    say_case(setup);
    say("\n");
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
    const struct totals all = totals();
    const uint64_t spent = milliseconds() - started;
    say("# %lu cases, %lu a second, %u signatures, digest 0x%lx, %u not predicted, "
        "%u stubs ended, %u hung, %u not confirmed, %u findings\n",
        cases, cases * 1000 / (spent > 0 ? spent : 1), all.signatures, all.digest, all.unpredicted,
        all.deaths, all.hangs, all.unconfirmed, all.findings);
}

int end_fuzz(bool untried, int64_t result, bool failed) {
    if (untried)
        say("ok 1 fuzz # SKIP no case could be tried\n");
    else if (result < 0)
        say("ok 1 fuzz # SKIP cases cannot be tried: %s\n", errno_name(result));
    else
        say("%s 1 fuzz\n", failed ? "not ok" : "ok");
    return untried || result < 0 ? CANNOT : failed;
}

uint32_t next_chunk(const struct run *run, uint64_t started, uint64_t done) {
    if (is_interrupted() || done >= run->cases || milliseconds() - started >= run->seconds * 1000)
        return 0;
    return run->cases - done < chunk_cases ? (uint32_t)(run->cases - done) : chunk_cases;
}

static int fuzz(const struct run *run) {
    enum { REPORT = 10000 };
    const uint64_t started = milliseconds();
    uint64_t reported = started;
    int64_t result = 0;
    uint64_t done = 0;
    uint32_t complaints = 0;
    say("KTAP version 1\n1..1\n# seed %lu\n", run->seed);
    begin_run(run);
    for (uint32_t size = 0; result == 0 && (size = next_chunk(run, started, done)) > 0;) {
        result = try_cases(done, size);
        complaints += say_complaints(named(", cases %lu to %lu", done, done + size - 1));
        done += result == 0 ? size : 0;
        if (milliseconds() - reported > REPORT) {
            report(done, started);
            reported = milliseconds();
        }
    }
    renew();
    say_clusters();
    report(done, started);
    const bool untried = report_untried() == done && done > 0;
    return end_fuzz(untried, result, totals().findings + complaints > 0);
}

int start_run(const struct run *asked, bool outcomes) {
    struct run run = *asked;
    if (run.cases == ~0ULL && run.seconds == FOREVER)
        run.cases = 1000000;
    run.tell = tell_case;
    return outcomes ? record_outcomes(&run) : fuzz(&run);
}
