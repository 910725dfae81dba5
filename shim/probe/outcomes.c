// The outcomes of a run as a log that other machines are compared with: src/fuzz/against/.
#include "trying.h"

enum {
    MOST_ATTEMPTS = 5,
    MOST_KINDS = 1024,
    MARK = 4096,
    MOST_FRESH = 4096,
    MOST_PLACES = 16,
    HALF = 0x8000
};
/** In the place of the hash of an outcome, which has 52 bits. */
#define UNTRIED (~0ULL)

static void say_header(const struct run *run) {
    say("# outcomes {\"schema\":\"stublab.outcomes/1\"");
    say_count("generator", generator_version);
    say(",\"seed\":\"");
    say_hex(run->seed);
    say("\",");
    say_string("path", path_names[run->path]);
    if (run->cases == ~0ULL)
        say(",\"cases\":null");
    else
        say_count("cases", run->cases);
    say(",\"planted\":");
    if (run->plant == 0)
        say("null");
    else {
        say("\"");
        say(run->plant);
        say("\"");
    }
    say(",\"known\":");
    // A file has names of facts: the model does not know them.
    if (run->known == 0 || run->known->apply == 0)
        say("null");
    else {
        say("\"");
        say(run->known->name);
        say("\"");
    }
    say(",\"machine\":");
    say_machine_document();
    say("}\n");
}

/** An outcome next to its prediction. */
struct look {
    uint64_t hash;
    uint32_t count; /* of fields that differ; 0: it is the predicted one */
    uint32_t places[MOST_PLACES];
    uint64_t predicted[MOST_PLACES], seen[MOST_PLACES];
};

static struct look look_at(const struct stublab_setup *setup,
                           const struct stublab_outcome *outcome) {
    const uint32_t at = module_address(setup), to = module_address(outcome);
    struct look it = {0};
    if (outcome->obstacle != STUBLAB_OBSTACLE_NONE) {
        it.hash = UNTRIED;
        return it;
    }
    w2c_fuzz_predictOne(&module, at);
    if (w2c_fuzz_differsFrom(&module, to) == 0)
        return it;
    it.count = w2c_fuzz_differences(&module, at, to);
    if (it.count == 0)
        return it;
    memcpy(it.places, module_memory(*w2c_fuzz_differencePlaces(&module)), sizeof it.places);
    for (uint32_t i = 0; i < it.count; i++) {
        it.predicted[i] = field(module_memory(*w2c_fuzz_predictedOutcome(&module)), it.places[i]);
        it.seen[i] = field(outcome, it.places[i]);
    }
    it.hash = (uint64_t)w2c_fuzz_hashOutcome(&module, at, to);
    return it;
}

/** Whether a way to differ was there before: kindOf in src/fuzz/predict/differences.ts. */
static bool is_known(const struct look *it) {
    static uint64_t kinds[MOST_KINDS];
    static uint32_t count;
    uint64_t kind = it->places[0] + 1;
    if ((it->places[0] & HALF) != 0)
        kind ^= (it->predicted[0] * 0x9e3779b97f4a7c15ULL) ^ (it->seen[0] * 0xc2b2ae3d27d4eb4fULL);
    for (uint32_t i = 0; i < count; i++)
        if (kinds[i] == kind)
            return true;
    if (count < MOST_KINDS)
        kinds[count++] = kind;
    return count == MOST_KINDS;
}

/** Tries a case again until two attempts have the same outcome. Returns whether they have. */
static bool confirm(const struct stublab_setup *setup, struct stublab_outcome *outcome,
                    struct look *it) {
    uint64_t seen[MOST_ATTEMPTS] = {it->hash};
    static uint32_t fresh_count;
    const bool known = is_known(it);
    bool fresh = fresh_count++ < MOST_FRESH || !known;
    const struct look first = *it;
    for (int count = 1; count < MOST_ATTEMPTS; count++) {
        if (fresh)
            renew();
        fresh = true;
        if (try_setups(setup, outcome, 1) < 0)
            break;
        *it = look_at(setup, outcome);
        bool is_again = false;
        for (int k = 0; k < count; k++)
            is_again = is_again || seen[k] == it->hash;
        // What could be tried once says nothing if it cannot be again.
        if (is_again && it->hash == UNTRIED)
            break;
        if (is_again)
            return true;
        seen[count] = it->hash;
    }
    *it = first;
    return false;
}

/** Lines of the log so far. */
struct lines {
    uint64_t differ, untried;
};

/** Says the line of a case, unless its outcome is the predicted one. */
static void say_outcome(uint64_t index, const struct stublab_setup *setup,
                        struct stublab_outcome *outcome, struct lines *lines) {
    struct look it = look_at(setup, outcome);
    if (it.hash == UNTRIED) {
        lines->untried++;
        say("# ");
        say_number(index);
        say(" untried: ");
        say_obstacle(outcome->obstacle, outcome->obstacle_error);
        say("\n");
        return;
    }
    const bool confirmed = it.count > 0 && confirm(setup, outcome, &it);
    if (it.count == 0)
        return;
    lines->differ++;
    say("# ");
    say_number(index);
    say(" ");
    if (confirmed)
        say_hex(it.hash);
    else
        say("-");
    say(" ");
    say_number(it.count);
    for (uint32_t i = 0; i < it.count; i++) {
        say(" ");
        say_field(setup->way, it.places[i]);
        say(" ");
        say_hex(it.predicted[i]);
        say(" ");
        say_hex(it.seen[i]);
    }
    say("\n");
}

static void say_mark(uint64_t done, const struct lines *lines) {
    say("# at ");
    say_number(done);
    say(": ");
    say_number(lines->differ);
    say(" differ");
    if (lines->untried > 0) {
        say(", ");
        say_number(lines->untried);
        say(" untried");
    }
    say("\n");
}

int record_outcomes(const struct run *run) {
    struct stublab_setup *setups = module_memory(reserve(chunk_cases * sizeof *setups));
    struct stublab_outcome *outcomes = module_memory(reserve(chunk_cases * sizeof *outcomes));
    const uint64_t started = milliseconds();
    uint64_t done = 0;
    struct lines lines = {0};
    int64_t result = 0;
    say("KTAP version 1\n1..1\n");
    say_header(run);
    while (result >= 0 && !is_interrupted() && done < run->cases &&
           milliseconds() - started < run->seconds * 1000) {
        const uint64_t left = run->cases - done;
        const uint32_t count = left < chunk_cases ? (uint32_t)left : chunk_cases;
        w2c_fuzz_generate(&module, module_address(setups), count, (double)done, (uint32_t)run->seed,
                          (uint32_t)(run->seed >> 32), run->path, machine.xstate_length,
                          has_feature("ia32"), 0, 0, 0, 0);
        result = try_setups(setups, outcomes, count);
        for (uint32_t i = 0; result >= 0 && i < count; i++)
            say_outcome(done + i, &setups[i], &outcomes[i], &lines);
        done += result >= 0 ? count : 0;
        if (done % MARK == 0 && done < run->cases && result >= 0)
            say_mark(done, &lines);
    }
    say_mark(done, &lines);
    renew();
    return end_fuzz(done > 0 && lines.untried == done, result, lines.differ > 0);
}
