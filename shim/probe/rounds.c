// Tries the cases of a run, and keeps what is new in them. `rounds` is for Node.js, whose child the
// probe is then: src/labs/fuzz/run/crew.ts. It obeys lines on standard input, "FROM TO", each with
// a line of JSON, of which the first, before any request, is the machine. A kind of outcome, and a
// kind of contradiction, is named in the first line in which it occurs: requests have to ascend.
#include "check.h"
#include "trying.h"
#include <asm/signal.h>
#include <linux/prctl.h>

enum { RECENT = 4096, KNOWN = 1 << 20 };
enum { MOST_SIGNATURES = 1 << 14, MOST_FINDINGS = 64 };

/** The signatures that are known, by their low bits, and those that were there lately. */
static uint64_t *known;
static uint32_t known_count;
static double *recent;
static uint32_t *news;

/** A case that is the first with its signature. */
static struct named { uint64_t number, signature; } named[MOST_SIGNATURES];
static uint32_t named_count;
/** Cases that contradict their predictions, each with the steps up to the one that does: the first
 * of each kind, and those whose outcome did not occur again. */
static struct cases {
    uint32_t count; /* with those that there is no room for */
    struct found {
        uint64_t number;
        struct comparison it;
        struct stublab_setup steps[STUBLAB_MOST_STEPS];
        uint32_t count;
    } first[MOST_FINDINGS];
} findings, unconfirmed;
/** Run.tell: cases are said at once, and not put into the line of the round. */
static void (*tell)(uint64_t number, const struct stublab_setup *, const struct stublab_outcome *,
                    const struct comparison *once);
/** The attempts at a case that contradict its prediction. */
static struct comparison contradicting[MOST_ATTEMPTS];
static uint32_t contradicting_count;

static uint64_t *slot_of(uint64_t signature) {
    uint64_t slot = signature % KNOWN;
    while (known[slot] != 0 && known[slot] != signature + 1)
        slot = (slot + 1) % KNOWN;
    return &known[slot];
}

static bool add_known(uint64_t number, uint64_t signature) {
    uint64_t *slot = slot_of(signature);
    recent[signature % RECENT] = (double)signature;
    if (*slot != 0)
        return false;
    *slot = signature + 1;
    if (++known_count > KNOWN / 2)
        fail("there are too many signatures", known_count);
    if (named_count < MOST_SIGNATURES)
        named[named_count++] = (struct named){number, signature};
    return true;
}

static uint64_t signature_of(const struct stublab_setup *setup,
                             const struct stublab_outcome *outcome) {
    const struct comparison it = compare(setup, outcome);
    if (it.agreement >= DIFFERS)
        contradicting[contradicting_count++] = it;
    return it.signature;
}

static void keep(struct cases *cases, uint64_t number, uint32_t i, const struct comparison *it) {
    if (cases->count < MOST_FINDINGS) {
        struct found *found = &cases->first[cases->count];
        const struct stublab_setup *first = first_step(&chunk.setups[i]);
        found->number = number;
        found->it = *it;
        found->count = (uint32_t)(&chunk.setups[i] - first) + 1;
        memcpy(found->steps, first, found->count * sizeof *first);
    }
    cases->count++;
    if (tell != 0)
        tell(number, &chunk.setups[i], &chunk.outcomes[i], cases == &unconfirmed ? it : 0);
}

/** Tries a case again. Returns whether two attempts have the same signature. */
static bool is_confirmed(uint64_t number, uint32_t i, struct comparison *it) {
    contradicting_count = 0;
    const uint64_t first = signature_of(&chunk.setups[i], &chunk.outcomes[i]);
    const int32_t others = confirm_case(&chunk.setups[i], &chunk.outcomes[i],
                                        it->agreement >= DIFFERS, first, signature_of);
    if (others >= 0)
        *it = compare(&chunk.setups[i], &chunk.outcomes[i]);
    for (uint32_t k = 0; k < contradicting_count; k++)
        if (others < 0 || contradicting[k].signature != it->signature)
            keep(&unconfirmed, number, i, &contradicting[k]);
    return others >= 0;
}

/** Takes a case whose outcome differs, or has a signature that was not there lately. Returns
 * whether it differs. */
static bool take(uint64_t number, uint32_t i) {
    struct comparison it = compare(&chunk.setups[i], &chunk.outcomes[i]);
    const bool is_known = it.agreement == AGREES ? false : *slot_of(it.signature) != 0;
    const bool confirmed = it.agreement == AGREES || is_known || is_confirmed(number, i, &it);
    w2c_fuzz_count(&module, module_address(&chunk.outcomes[i]));
    const bool differs = it.agreement >= DIFFERS;
    const bool is_new = confirmed && add_known(number, it.signature);
    // Of several processes none knows the findings of the others: their causes are Node.js's.
    if (differs &&
        (tell == 0 ? is_new && is_new_kind(it.kind)
                   : confirmed && !is_explained(&chunk.setups[i], &chunk.outcomes[i], &it)))
        keep(&findings, number, i, &it);
    return differs;
}

int64_t try_cases(uint64_t from, uint32_t count) {
    w2c_fuzz_generate(&module, module_address(chunk.setups), count, (double)from);
    int64_t result = -ESRCH;
    // Another process may kill all stubs.
    for (int tries = 0; result == -ESRCH && tries < MOST_ATTEMPTS; tries++)
        result = try_setups(chunk.setups, chunk.outcomes, count);
    if (result < 0)
        return result;
    const uint32_t some =
        w2c_fuzz_assess(&module, module_address(chunk.setups), module_address(chunk.outcomes),
                        module_address(recent), module_address(news), count);
    const struct stublab_setup *differing = 0;
    for (uint32_t k = 0; k < some; k++) {
        const uint32_t i = news[k];
        const struct stublab_setup *first = first_step(&chunk.setups[i]);
        // A step after one that differs does not begin where its prediction does.
        if (first == differing) {
            w2c_fuzz_predictOne(&module, module_address(&chunk.setups[i]));
            w2c_fuzz_count(&module, module_address(&chunk.outcomes[i]));
        } else if (take(from + i, i))
            differing = first;
    }
    return 0;
}

void begin_run(const struct run *run) {
    known = zero_memory(KNOWN * sizeof *known);
    recent = module_memory(reserve(RECENT * sizeof *recent));
    for (int i = 0; i < RECENT; i++)
        recent[i] = -1;
    news = module_memory(reserve(chunk_cases * sizeof *news));
    tell = run->tell;
    draw_cases(run);
    w2c_fuzz_survey(&module, run->focus);
    plant(&run->plant);
}

void draw_cases(const struct run *run) {
    w2c_fuzz_begin(&module, (uint32_t)run->seed, (uint32_t)(run->seed >> 32), run->path,
                   machine.xstate_length, machine.frame_length, machine.xcr0, has_feature("ia32"));
}

struct totals totals(void) {
    struct totals all = {
        .signatures = known_count, .findings = findings.count, .unconfirmed = unconfirmed.count};
    const uint32_t *counts = module_memory(*w2c_fuzz_unpredicted(&module));
    for (int i = 0; i < 256; i++)
        all.unpredicted += counts[i];
    memcpy(&all, module_memory(*w2c_fuzz_tally(&module)), 3 * sizeof(uint32_t));
    // The sum of the hashes of signatures: digestOf in src/labs/fuzz/predict/signature.ts.
    for (uint32_t i = 0; i < KNOWN; i++) {
        if (known[i] == 0)
            continue;
        uint64_t it = known[i] - 1;
        it = (it ^ it >> 33) * 0xff51afd7ed558ccdULL;
        it = (it ^ it >> 33) * 0xc4ceb9fe1a85ec53ULL;
        all.digest += it ^ it >> 33;
    }
    return all;
}

// ---- lines of JSON ----

/** Says the counts of rules that are not 0, and clears them. */
static void say_rules(const char *name, uint32_t at) {
    uint32_t *counts = module_memory(at);
    say(",\"%s\":{", name);
    for (int i = 0, some = 0; rule_ids[i] != 0; i++) {
        if (counts[i + 1] != 0)
            say("%s\"%s\":%u", some++ > 0 ? "," : "", rule_ids[i], counts[i + 1]);
        counts[i + 1] = 0;
    }
    say("}");
}

/** The same for what cases could not be given. */
static void say_obstacles(void) {
    uint32_t *counts = module_memory(*w2c_fuzz_untried(&module));
    const int32_t *errors = module_memory(*w2c_fuzz_untriedErrors(&module));
    say(",\"untried\":{");
    for (unsigned int i = 0, some = 0; obstacle_texts[i] != 0; i++) {
        if (counts[i] != 0) {
            say("%s\"", some++ > 0 ? "," : "");
            say_obstacle(i, errors[i]);
            say("\":%u", counts[i]);
        }
        counts[i] = 0;
    }
    say("}");
}

/** Says the cases, and forgets them. */
static void say_cases(const char *name, struct cases *cases) {
    say(",\"%s\":[", name);
    for (uint32_t i = 0; i < cases->count && i < MOST_FINDINGS; i++) {
        const struct found *found = &cases->first[i];
        const struct difference *first = &found->it.first;
        const struct stublab_setup *last = &found->steps[found->count - 1];
        say("%s{\"index\":%lu,\"kind\":\"0x%lx\",\"rule\":", i > 0 ? "," : "", found->number,
            found->it.kind % (1UL << 52));
        say_quoted(rule_of_cause(&found->it));
        say(",\"field\":\"");
        say_field(last->way, first->place);
        say("\",\"predicted\":\"0x%lx\",\"seen\":\"0x%lx\",\"case\":", first->predicted,
            first->seen);
        say_case(last);
        say("}");
    }
    say("]");
    cases->count = 0;
}

static void say_round(uint64_t from, uint64_t to) {
    struct totals *all = module_memory(*w2c_fuzz_tally(&module));
    say("{\"from\":%lu,\"to\":%lu,\"cases\":%u,\"deaths\":%u,\"hangs\":%u", from, to, all->cases,
        all->deaths, all->hangs);
    memset(all, 0, 3 * sizeof(uint32_t));
    say_rules("unpredicted", *w2c_fuzz_unpredicted(&module));
    say_rules("exercised", *w2c_fuzz_exercised(&module));
    say_obstacles();
    say(",\"signatures\":[");
    for (uint32_t i = 0; i < named_count; i++)
        say("%s[\"0x%lx\",%lu]", i > 0 ? "," : "", named[i].signature, named[i].number);
    say("],\"unconfirmed\":%u", unconfirmed.count);
    say_cases("once", &unconfirmed);
    say_cases("findings", &findings);
    say("}\n");
    named_count = 0;
}

/** Reads a line with two numbers. Returns whether there was one. */
static bool read_request(uint64_t numbers[2]) {
    char line[64] = {0};
    uint32_t length = 0;
    while (length < sizeof line - 1 && syscall3(__NR_read, 0, (long)&line[length], 1) == 1 &&
           line[length] != '\n')
        length++;
    line[length] = 0;
    const char *rest = read_number(line, &numbers[0]);
    return *rest == ' ' && *read_number(&rest[1], &numbers[1]) == 0;
}

int rounds(const struct run *run) {
    enum { PATIENCE = 2000000 }; /* microseconds: nothing that is drawn runs on */
    // A parent that has ended before this has closed the pipe.
    syscall6(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
    trial.timeout = PATIENCE;
    begin_run(run);
    say("{\"machine\":");
    say_machine_document();
    say("}\n");
    for (uint64_t range[2]; read_request(range);) {
        for (uint64_t at = range[0]; at < range[1]; at += chunk_cases) {
            const uint64_t left = range[1] - at;
            const int64_t result = try_cases(at, left < chunk_cases ? (uint32_t)left : chunk_cases);
            if (result < 0)
                fail(refused_step, result);
        }
        say_round(range[0], range[1]);
    }
    renew();
    return 0;
}
