// Findings by their causes. A later case is first explained by the cause of an earlier finding: one
// bug shows in thousands of cases, and in many fields.
#include "trying.h"

enum { MOST_CLUSTERS = 64, MOST_SYMPTOMS = 32, FEW = 8 };

/** The cases that one bug may explain. */
struct cluster {
    uint32_t cases, cause_count, symptom_count;
    /* what explains each of those cases that anything explains */
    uint16_t causes[MOST_CAUSES];
    /* how they differ */
    uint64_t symptoms[MOST_SYMPTOMS];
    /* the rules that all of their predictions use: a bit for each */
    uint64_t used[4];
};

static struct cluster clusters[MOST_CLUSTERS];
static uint32_t cluster_count;

/** The same for differences that one bug makes: a field, and what it is if it has 32 bits. */
static uint64_t symptom_of(const struct stublab_setup *setup, const struct difference *it) {
    if ((it->place & HALF) != 0)
        return it->place | it->seen << 32;
    const bool is_pair = contents[setup->way].written == 0 && it->place >= OUTCOME_WRITTEN &&
                         it->place < OUTCOME_STOPPED;
    return is_pair ? OUTCOME_WRITTEN : it->place;
}

static bool is_used(const struct cluster *it, uint32_t rule) {
    return (it->used[rule / 64] >> rule % 64 & 1) != 0;
}

/** Leaves those causes in one that another has, too. Returns whether there are any. */
static bool share_causes(struct cluster *one, const struct cluster *other) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < one->cause_count; i++)
        for (uint32_t k = 0; k < other->cause_count; k++)
            if (one->causes[i] == other->causes[k])
                one->causes[count++] = one->causes[i];
    one->cause_count = count > 0 ? count : one->cause_count;
    return count > 0;
}

static bool share_symptoms(const struct cluster *one, const struct cluster *other) {
    for (uint32_t i = 0; i < one->symptom_count; i++)
        for (uint32_t k = 0; k < other->symptom_count; k++)
            if (one->symptoms[i] == other->symptoms[k])
                return true;
    return false;
}

/** Whether a case uses a rule that explains others, and that few use. */
static bool uses_cause(const struct cluster *one, const struct cluster *other) {
    const uint32_t *exercised = module_memory(*w2c_fuzz_exercised(&module));
    const struct totals *all = module_memory(*w2c_fuzz_tally(&module));
    for (uint32_t i = 0; i < one->cause_count; i++)
        if (one->causes[i] < 256 && is_used(other, one->causes[i]) &&
            exercised[one->causes[i]] < all->cases / FEW)
            return true;
    return false;
}

/** Whether what explains one explains a case for which no cause is the same; notes what explains
 * both. */
static bool explains(struct cluster *one, const struct cluster *it) {
    const bool same = share_symptoms(one, it), uses = uses_cause(one, it);
    if (one->cause_count > 0 && it->cause_count > 0)
        return same && uses;
    if (!same && !uses)
        return false;
    if (one->cause_count == 0)
        memcpy(one->causes, it->causes, sizeof one->causes);
    if (one->cause_count == 0)
        one->cause_count = it->cause_count;
    return true;
}

static void join(struct cluster *one, const struct cluster *it) {
    one->cases++;
    for (uint32_t i = 0; i < 4; i++)
        one->used[i] &= it->used[i];
    for (uint32_t i = 0; i < it->symptom_count && one->symptom_count < MOST_SYMPTOMS; i++) {
        const struct cluster single = {.symptom_count = 1, .symptoms = {it->symptoms[i]}};
        if (!share_symptoms(one, &single))
            one->symptoms[one->symptom_count++] = it->symptoms[i];
    }
}

bool is_explained(const struct stublab_setup *setup, const struct stublab_outcome *outcome,
                  const struct comparison *compared) {
    const struct differences all = contradictions(setup, outcome);
    struct cluster it = {.cases = 1, .cause_count = compared->cause_count};
    memcpy(it.causes, compared->causes, sizeof it.causes);
    for (uint32_t i = 0; i < all.count; i++)
        it.symptoms[it.symptom_count++] = symptom_of(setup, &all.rows[i]);
    for (uint32_t k = w2c_fuzz_usedRules(&module); k-- > 0;) {
        const uint32_t rule = w2c_fuzz_usedRule(&module, k);
        it.used[rule / 64] |= 1ULL << rule % 64;
    }
    bool (*const ways[])(struct cluster *, const struct cluster *) = {share_causes, explains};
    for (uint32_t way = 0; way < 2; way++)
        for (uint32_t i = 0; i < cluster_count; i++)
            if (ways[way](&clusters[i], &it)) {
                join(&clusters[i], &it);
                return true;
            }
    if (cluster_count < MOST_CLUSTERS)
        clusters[cluster_count++] = it;
    return false;
}

void say_clusters(void) {
    for (uint32_t i = 0; i < cluster_count; i++) {
        const struct cluster *one = &clusters[i];
        struct comparison it = {.cause_count = one->cause_count};
        memcpy(it.causes, one->causes, sizeof it.causes);
        say("# finding %u has %u case%s\n", i + 1, one->cases, one->cases == 1 ? "" : "s");
        say_explanations(&it);
        if (one->cause_count > 0)
            continue;
        say("# all of them use");
        for (uint32_t rule = 1; rule < 256; rule++)
            if (is_used(one, rule))
                say(" %s", rule_ids[rule - 1]);
        say("\n");
    }
}
