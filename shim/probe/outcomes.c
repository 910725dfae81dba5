// The outcomes of a run as a log that other machines are compared with: src/labs/fuzz/against/.
#include "trying.h"

enum { MARK = 4096, MOST_FRESH = 4096 };

/** A member of a document. */
static void say_member(const char *name, const char *text) {
    say(",\"%s\":", name);
    say_quoted(text);
}

static void say_header(const struct run *run) {
    say("# outcomes {\"schema\":\"stublab.outcomes/1\",\"generator\":%u,\"seed\":\"0x%lx\"",
        generator_version, run->seed);
    say_member("path", path_names[run->path]);
    if (run->cases == ~0ULL)
        say(",\"cases\":null");
    else
        say(",\"cases\":%lu", run->cases);
    say_member("planted", run->plant.text);
    // A file has names of facts: the model does not know them.
    const bool is_list = run->known != 0 && run->known->changes != 0;
    say_member("known", is_list ? run->known->name : 0);
    say(",\"machine\":");
    say_machine_document();
    say("}\n");
}

/** An outcome next to its prediction. */
struct look {
    uint64_t hash;
    struct differences differing; /* none: it is the predicted one */
};

static struct look look_at(const struct stublab_setup *setup,
                           const struct stublab_outcome *outcome) {
    struct look it = {0};
    if (outcome->obstacle != STUBLAB_OBSTACLE_NONE)
        it.hash = UNTRIED;
    else
        it.differing = contradictions(setup, outcome);
    if (it.differing.count > 0)
        it.hash =
            (uint64_t)w2c_fuzz_hashOutcome(&module, module_address(setup), module_address(outcome));
    return it;
}

static uint64_t hash_of(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    return look_at(setup, outcome).hash;
}

/** Tries a case again. Returns whether two attempts have the same outcome, which `*it` is then. */
static bool is_confirmed(const struct stublab_setup *setup, struct stublab_outcome *outcome,
                         struct look *it) {
    static uint32_t fresh_count;
    const bool is_new = is_new_kind(kind_of(it->differing.rows));
    const bool fresh = fresh_count++ < MOST_FRESH || is_new;
    const bool confirmed = confirm_case(setup, outcome, fresh, it->hash, hash_of) >= 0;
    if (confirmed)
        *it = look_at(setup, outcome);
    return confirmed;
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
        say("# %lu untried: ", index);
        say_obstacle(outcome->obstacle, outcome->obstacle_error);
        say("\n");
        return;
    }
    const bool confirmed = it.differing.count > 0 && is_confirmed(setup, outcome, &it);
    const struct differences *all = &it.differing;
    if (all->count == 0)
        return;
    lines->differ++;
    if (confirmed)
        say("# %lu 0x%lx %u", index, it.hash, all->count);
    else
        say("# %lu - %u", index, all->count);
    for (uint32_t i = 0; i < all->count; i++) {
        say(" ");
        say_field(setup->way, all->rows[i].place);
        say(" 0x%lx 0x%lx", all->rows[i].predicted, all->rows[i].seen);
    }
    say("\n");
}

static void say_mark(uint64_t done, const struct lines *lines) {
    say("# at %lu: %lu differ", done, lines->differ);
    if (lines->untried > 0)
        say(", %lu untried", lines->untried);
    say("\n");
}

int record_outcomes(const struct run *run) {
    const uint64_t started = milliseconds();
    uint64_t done = 0;
    struct lines lines = {0};
    // Without a survey: on another machine other rules hold, and the cases of both are to be the
    // same.
    draw_cases(run);
    plant(&run->plant);
    int64_t result = 0;
    say("KTAP version 1\n1..1\n");
    say_header(run);
    for (uint32_t count = 0; result >= 0 && (count = next_chunk(run, started, done)) > 0;) {
        w2c_fuzz_generate(&module, module_address(chunk.setups), count, (double)done);
        result = try_setups(chunk.setups, chunk.outcomes, count);
        for (uint32_t i = 0; result >= 0 && i < count; i++)
            say_outcome(done + i, &chunk.setups[i], &chunk.outcomes[i], &lines);
        done += result >= 0 ? count : 0;
        if (done % MARK == 0 && done < run->cases && result >= 0)
            say_mark(done, &lines);
    }
    say_mark(done, &lines);
    renew();
    return end_fuzz(done > 0 && lines.untried == done, result, lines.differ > 0);
}
